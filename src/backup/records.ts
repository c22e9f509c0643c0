/**
 * What a backup says of tables and SSTables: JSON objects of the kinds `record` and `recipe`.
 *
 *     manifest.root → BackupRoot → TableRecord → SSTableRecord (in parts of some hundred)
 *                                                → Recipe of Data.db → chunk lists → chunks
 *                                                → chunks of every other component
 *
 * A recipe belongs to the bytes of one Data.db and is shared by all backups that have it. Everything
 * that Cassandra may rewrite under the same name (Statistics.db, Summary.db, TOC.txt …) stands in the
 * SSTable's record in each backup, never in the recipe.
 */

import { fromHex, toHex } from '../binary/index.js';
import type { DerivedParameters } from '../components/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';

export const RECORD_FORMAT = 1;
/** SSTable records in one object. */
export const RECORDS_PER_PART = 256;

/** Plain bytes: their chunks inline, or lists of them where there are many. */
export interface StreamRef {
  readonly bytes: number;
  /** Of the whole content, hex. */
  readonly sha256: string;
  readonly chunks?: readonly string[];
  readonly lists?: readonly string[];
}

/** How the native bytes are cut into the blocks of a compressed Data.db. */
export interface CompressionRef {
  readonly compressor: string;
  readonly options: readonly (readonly [string, string])[];
  readonly blockLength: number;
  /** Blocks of this many bytes or more are stored as they are; 2147483647 = none. */
  readonly maxCompressedLength: number;
  /** A last block of no bytes follows, as compactions leave it. */
  readonly emptyLastBlock: boolean;
  readonly blocks: number;
  /** Blocks whose bytes the encoder does not give. */
  readonly exceptionBlocks: number;
}

/** The ranges in which the file was read, in file order; parallel arrays. */
export interface RangeColumns {
  /** The chunk list of each range. */
  readonly lists: readonly string[];
  readonly nativeBytes: readonly number[];
  readonly leaves: readonly number[];
  /** Per number of a range that has any: its exceptional blocks (exceptions.ts). */
  readonly exceptions: Readonly<Record<string, StreamRef>>;
}

/** Sum of the digests of an SSTable's leaves (docs/tree-format.md): sums of SSTables add up. */
export interface LeafSumRecord {
  readonly leaves: number;
  /** Four words. */
  readonly words: readonly number[];
}

export interface RowsData {
  readonly form: 'rows';
  /** Size and SHA-256 of the file Data.db. */
  readonly bytes: number;
  readonly sha256: string;
  readonly nativeBytes: number;
  readonly canonicalBytes: number;
  readonly partitions: number;
  readonly rows: number;
  readonly leaves: number;
  readonly opaqueLeaves: number;
  /** Canonical bytes of those leaves; not there where there are none, nor in recipes of before. */
  readonly opaqueBytes?: number;
  /** Statistics.db as it was read then: its header is the one the rows are encoded against. */
  readonly statistics: StreamRef;
  readonly liveComplexDeletionTime: number;
  readonly compression: CompressionRef | null;
  readonly ranges: RangeColumns;
  /** Merkle tree of the SSTable, null when there is none. */
  readonly tree: string | null;
}

export interface BytesData {
  readonly form: 'bytes';
  readonly stream: StreamRef;
  /** Why the rows were not taken apart. */
  readonly reason: string;
}

export interface Recipe {
  readonly format: typeof RECORD_FORMAT;
  readonly sstable: string;
  readonly data: RowsData | BytesData;
}

export interface ComponentRecord {
  /** `Statistics.db` */
  readonly name: string;
  readonly bytes: number;
  readonly mtimeNs: string;
  /** Null for Data.db, which the recipe rebuilds, and for what follows from the rows. */
  readonly stream: StreamRef | null;
  /** SHA-256 of a component that is made again from the rows. */
  readonly derived?: string;
}

export interface DamageRecord {
  readonly code: string;
  readonly component: string | null;
  readonly offset: number | null;
  readonly message: string;
}

export interface SSTableRecord {
  /** `nb-1-big` */
  readonly base: string;
  /** Recipe of Data.db; null when the SSTable has none. */
  readonly recipe: string | null;
  readonly components: readonly ComponentRecord[];
  /** What it takes to make components again from the rows; null where none are. */
  readonly derived: DerivedParameters | null;
  /** Null where the rows are not known. */
  readonly leafSum: LeafSumRecord | null;
  /** What was found wrong; the bytes are kept all the same. */
  readonly damage: readonly DamageRecord[];
  /** Why Data.db was stored as plain bytes although nothing is wrong with it. */
  readonly note: string | null;
}

/** A file beside the SSTables: schema.cql, manifest.json of a snapshot. */
export interface FileRecord {
  readonly name: string;
  readonly bytes: number;
  readonly stream: StreamRef;
}

export interface TableRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly keyspace: string;
  readonly table: string;
  /** Where a restore puts it: `keyspace/table-id`, for a secondary index `…/.index`. */
  readonly path: string;
  readonly files: readonly FileRecord[];
  /** Objects that hold arrays of SSTableRecord. */
  readonly parts: readonly string[];
}

export interface TableEntry {
  readonly keyspace: string;
  readonly table: string;
  readonly path: string;
  readonly sstables: number;
  readonly files: number;
  readonly bytes: number;
  /** Raw root of the table's leaves, as `tree` prints it; null where some rows are not known. */
  readonly raw: string | null;
  readonly record: string;
}

export interface BackupRoot {
  readonly format: typeof RECORD_FORMAT;
  readonly tables: readonly TableEntry[];
  readonly excluded: readonly string[];
}

export function encodeRecord(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The JSON of an object; its id has proved it, its format is checked here. */
export function decodeRecord<T extends { format: number }>(
  raw: Uint8Array,
  what: string,
  where: ErrorDetails = {},
): T {
  const value = parseJson<T>(raw, what, where);
  if (value.format === RECORD_FORMAT) return value;
  throw new SstashError('REPOSITORY_UNSUPPORTED', `this ${what} has format ${value.format}`, {
    expected: String(RECORD_FORMAT),
    hint: 'Use a newer sstash.',
    ...where,
  });
}

export function decodeSSTableRecords(raw: Uint8Array, where: ErrorDetails = {}): SSTableRecord[] {
  const records = parseJson<SSTableRecord[]>(raw, 'list of SSTables', where);
  for (const record of records) {
    checkName(record.base, where);
    for (const { name } of record.components) checkName(name, where);
  }
  return records;
}

function parseJson<T>(raw: Uint8Array, what: string, where: ErrorDetails): T {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(raw));
    if (typeof value === 'object' && value !== null) return value as T;
  } catch (cause) {
    throw new SstashError('REPOSITORY_CORRUPT', `a ${what} is not JSON`, { cause, ...where });
  }
  throw new SstashError('REPOSITORY_CORRUPT', `a ${what} is not an object`, where);
}

/** Bytes of an id in a record. */
export function idOf(hex: string): Uint8Array {
  const id = fromHex(hex);
  if (id?.length === 32) return id;
  throw new SstashError('REPOSITORY_CORRUPT', `${JSON.stringify(hex)} is not an object id`);
}

export function idText(id: Uint8Array): string {
  return toHex(id);
}

/** Names become paths when a backup is restored: nothing in them may lead elsewhere. */
export function checkName(name: unknown, where: ErrorDetails = {}): void {
  if (
    typeof name === 'string' &&
    name.length <= 255 &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    !/[/\\\u0000-\u001f]/.test(name) &&
    !['', '.', '..'].includes(name)
  ) {
    return;
  }
  throw new SstashError('REPOSITORY_CORRUPT', `${JSON.stringify(name)} is not a file name`, where);
}

export function checkPath(path: string, where: ErrorDetails = {}): void {
  for (const segment of path.split('/')) checkName(segment, where);
}
