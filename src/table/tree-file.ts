/**
 * A tree file: the trees of the SSTables of one or more tables (docs/tree-format.md, section 5).
 *
 *     8  magic "SSTTREES"
 *     2  format version, 2 (little-endian, as all numbers here)
 *     2  zero
 *     4  length of the directory
 *        directory: JSON {tables: [{keyspace, table, sstables: [{name, physical, state,
 *        partitioner, length, own}]}]}; own may be missing
 *        the trees in the directory's order, `length` bytes each
 *    16  XXH3-128 of everything before
 */
import { equalBytes } from '../binary/index.js';
import { xxh3_128 } from '../codec/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { parseTree, type SSTableTree, serialiseTree } from '../merkle/index.js';
import type { OwnSum } from './reconcile/own-sum.js';

export interface TreeEntry {
  /** Base name of the SSTable, `nb-1-big`. */
  readonly name: string;
  /** Digest over all component files, 32 hex digits; null when it was not computed. */
  readonly physical: string | null;
  /** What the component files were when `physical` was computed; only the cache asks for it. */
  readonly state: string | null;
  /** Class name of the partitioner. */
  readonly partitioner: string;
  readonly tree: SSTableTree;
  /** Sum of the SSTable's own normal form, where it is known for some time. */
  readonly own?: OwnSum;
}

export interface TableTrees {
  readonly keyspace: string;
  readonly table: string;
  readonly sstables: readonly TreeEntry[];
}

export const TREE_FILE_VERSION = 2;
const MAGIC = new TextEncoder().encode('SSTTREES');
const HEADER_BYTES = 16;
const CHECKSUM_BYTES = 16;

interface DirectoryEntry {
  name: string;
  physical: string | null;
  state: string | null;
  partitioner: string;
  length: number;
  own?: StoredOwn;
}

/** JSON has no infinite numbers: null stands for no bound. */
type StoredOwn = Omit<OwnSum, 'from' | 'until'> & {
  readonly from: number | null;
  readonly until: number | null;
};

interface Directory {
  tables: { keyspace: string; table: string; sstables: DirectoryEntry[] }[];
}

/** Whether `bytes`, the start of a file, are those of a tree file. */
export function isTreeFile(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
}

/** The bytes of a tree file; a copy. */
export function serialiseTrees(tables: readonly TableTrees[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Directory = {
    tables: tables.map(({ keyspace, table, sstables }) => {
      const entries = sstables.map(
        ({ name, physical, state, partitioner, tree, own }): DirectoryEntry => {
          const bytes = serialiseTree(tree);
          parts.push(bytes);
          const entry = { name, physical, state, partitioner, length: bytes.length };
          return own === undefined ? entry : { ...entry, own: storedOwn(own) };
        },
      );
      return { keyspace, table, sstables: entries };
    }),
  };
  const text = new TextEncoder().encode(JSON.stringify(directory));
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  view.setUint16(8, TREE_FILE_VERSION, true);
  view.setUint32(12, text.length, true);
  const body = Buffer.concat([header, text, ...parts]);
  return Buffer.concat([body, xxh3_128(body)]);
}

function invalid(message: string, offset: number, where: ErrorDetails): SstashError {
  return new SstashError('TREE_INVALID', message, {
    offset,
    hint: 'Make the tree file again with `sstash tree PATH --output FILE`.',
    ...where,
  });
}

function storedOwn({ from, until, ...rest }: OwnSum): StoredOwn {
  const bounded = (time: number): number | null => (Number.isFinite(time) ? time : null);
  return { ...rest, from: bounded(from), until: bounded(until) };
}

/** Null where the field is missing or is none: the sum is made again then. */
function readOwn(value: unknown): OwnSum | null {
  if (typeof value !== 'object' || value === null) return null;
  const { from, until, leaves, partitions, words } = value as Record<string, unknown>;
  const isCount = (item: unknown): item is number => Number.isSafeInteger(item);
  if (!isCount(leaves) || !isCount(partitions)) return null;
  if (!Array.isArray(words) || words.length !== 4 || !words.every(isCount)) return null;
  if (!(from === null || isCount(from)) || !(until === null || isCount(until))) return null;
  return { from: from ?? -Infinity, until: until ?? Infinity, leaves, partitions, words };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isEntry(value: unknown): value is DirectoryEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { name, physical, state, partitioner, length } = value as Record<string, unknown>;
  const size = typeof length === 'number' && Number.isSafeInteger(length) && length >= 0;
  const digests = [physical, state].every((digest) => digest === null || isText(digest));
  return isText(name) && isText(partitioner) && digests && size;
}

function isDirectory(value: unknown): value is Directory {
  if (typeof value !== 'object' || value === null) return false;
  const { tables } = value as Record<string, unknown>;
  if (!Array.isArray(tables)) return false;
  return tables.every((item: unknown) => {
    if (typeof item !== 'object' || item === null) return false;
    const { keyspace, table, sstables } = item as Record<string, unknown>;
    const list = Array.isArray(sstables) && sstables.every(isEntry);
    return isText(keyspace) && isText(table) && list;
  });
}

function parseDirectory(bytes: Uint8Array, where: ErrorDetails): Directory {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isDirectory(value)) return value;
  } catch (cause) {
    throw invalid('the directory is not JSON', HEADER_BYTES, { ...where, cause });
  }
  throw invalid('the directory lacks a field', HEADER_BYTES, where);
}

/**
 * The trees that `bytes` hold.
 *
 * @throws SstashError TREE_INVALID where magic, version, checksum, directory or a tree is wrong
 */
export function parseTrees(bytes: Uint8Array, where: ErrorDetails = {}): TableTrees[] {
  checkLimit('treeBytesMax', bytes.length, where);
  if (!isTreeFile(bytes)) throw invalid('not a tree file', 0, where);
  const body = bytes.length - CHECKSUM_BYTES;
  if (body < HEADER_BYTES) throw invalid('the file is cut short', bytes.length, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint16(8, true);
  if (version !== TREE_FILE_VERSION) throw invalid(`tree file version ${version}`, 8, where);
  if (!equalBytes(xxh3_128(bytes.subarray(0, body)), bytes.subarray(body))) {
    throw invalid('the checksum does not match', body, where);
  }
  let at = HEADER_BYTES + view.getUint32(12, true);
  if (at > body) throw invalid('the directory is longer than the file', 12, where);
  const directory = parseDirectory(bytes.subarray(HEADER_BYTES, at), where);
  const tables = directory.tables.map(({ keyspace, table, sstables }): TableTrees => {
    const entries = sstables.map(({ name, physical, state, partitioner, length, own }) => {
      if (at + length > body) throw invalid(`the tree of ${name} is cut short`, at, where);
      const tree = parseTree(bytes.subarray(at, at + length), where);
      at += length;
      const entry: TreeEntry = { name, physical, state, partitioner, tree };
      const known = readOwn(own);
      return known === null ? entry : { ...entry, own: known };
    });
    return { keyspace, table, sstables: entries };
  });
  if (at !== body) throw invalid('bytes that belong to no tree', at, where);
  return tables;
}
