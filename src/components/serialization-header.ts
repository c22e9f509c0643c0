/**
 * HEADER of Statistics.db, without which rows cannot be decoded (format reference, 6.5):
 *
 *   minTimestamp            uvint     minus 1442880000000000, modulo 2^64
 *   minLocalDeletionTime    uvint32   minus 1442880000, modulo 2^32
 *   minTTL                  uvint32
 *   keyType                 vint-string
 *   clusteringTypes         uvint n, n × vint-string
 *   staticColumns           uvint n, n × (vint-bytes name, vint-string type)
 *   regularColumns          the same
 */
import { type ByteReader, compareBytes } from '../binary/index.js';
import { type CqlType, parseType } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import { checkLimit, type LimitName } from '../limits.js';
import { bareUserTypesAreFrozen } from './user-types.js';
import type { FormatVersion } from './versions.js';

export const EPOCH_TIMESTAMP = 1442880000000000n;
export const EPOCH_LOCAL_DELETION_TIME = 1442880000;

export interface ColumnDefinition {
  /** UTF-8 of the name. */
  readonly name: Uint8Array;
  /** Name as text; bytes that are not UTF-8 show as U+FFFD. */
  readonly text: string;
  readonly type: CqlType;
  readonly typeText: string;
  /** Its values are cells with paths. */
  readonly complex: boolean;
  /** Bytes of each value, or -1 when values carry their length. */
  readonly fixedLength: number;
  /** Place in its list, in Cassandra's order. */
  readonly index: number;
  readonly kind: 'static' | 'regular';
}

export interface SerializationHeader {
  /** Bases of the deltas in Data.db: microseconds, seconds (i32), seconds. */
  readonly minTimestamp: bigint;
  readonly minLocalDeletionTime: number;
  readonly minTTL: number;
  readonly keyType: CqlType;
  readonly keyTypeText: string;
  readonly clusteringTypes: readonly CqlType[];
  readonly clusteringTypeTexts: readonly string[];
  /** Simple columns before complex ones, each group in Cassandra's order of names. */
  readonly staticColumns: readonly ColumnDefinition[];
  readonly regularColumns: readonly ColumnDefinition[];
}

/** Reads HEADER; throws SSTABLE_CORRUPT, SSTABLE_UNSUPPORTED_TYPE or LIMIT_EXCEEDED. Copies. */
export function parseSerializationHeader(
  r: ByteReader,
  version: FormatVersion,
): SerializationHeader {
  const minTimestamp = BigInt.asIntN(64, r.uvintBig() + EPOCH_TIMESTAMP);
  const minLocalDeletionTime = (r.uvint32('minLocalDeletionTime') + EPOCH_LOCAL_DELETION_TIME) | 0;
  const minTTL = r.uvint32('minTTL');
  const [keyType, keyTypeText] = readType(r, 'the partition key');
  const clusteringTypes: CqlType[] = [];
  const clusteringTypeTexts: string[] = [];
  const count = readCount(r, 'clustering columns', 'clusteringColumnsMax');
  for (let i = 0; i < count; i++) {
    const [type, text] = readType(r, `clustering column ${i}`);
    const isOld = version.sortsEmptyFirst && type.reversed;
    clusteringTypes.push(isOld ? { ...type, emptyFirst: true } : type);
    clusteringTypeTexts.push(text);
  }
  const statics = listColumns(r, 'static');
  const regulars = listColumns(r, 'regular');
  const userTypesAreFrozen = bareUserTypesAreFrozen([statics, regulars], version, compareColumns);
  return {
    minTimestamp,
    minLocalDeletionTime,
    minTTL,
    keyType,
    keyTypeText,
    clusteringTypes,
    clusteringTypeTexts,
    ...defineColumns(statics, regulars, userTypesAreFrozen),
  };
}

/**
 * The same header with the user types that it does not mark as frozen read the other way: as single
 * values instead of many cells, or the reverse. Null where there are none.
 */
export function withOtherUserTypes(header: SerializationHeader): SerializationHeader | null {
  const { staticColumns, regularColumns } = header;
  const bare = [...staticColumns, ...regularColumns].find(
    ({ type, typeText }) => type.kind === 'udt' && parseType(typeText).isMultiCell,
  );
  if (bare === undefined) return null;
  const again = (columns: readonly ColumnDefinition[]): Listed[] =>
    columns.map((column) => ({ ...column, type: parseType(column.typeText) }));
  return {
    ...header,
    ...defineColumns(again(staticColumns), again(regularColumns), bare.complex),
  };
}

function readCount(r: ByteReader, what: string, limit: LimitName): number {
  const start = r.position;
  const count = r.uvint(`number of ${what}`);
  checkLimit(limit, count, { ...r.where, offset: start });
  return count;
}

function readType(r: ByteReader, what: string): [CqlType, string] {
  const start = r.position;
  const text = r.vintString(`type of ${what}`);
  try {
    return [parseType(text), text];
  } catch (error) {
    if (!isSstashError(error)) throw error;
    throw error.with({ ...r.where, offset: start });
  }
}

type Listed = Pick<ColumnDefinition, 'name' | 'text' | 'type' | 'typeText' | 'kind'>;

/** Columns in the order of the file. */
function listColumns(r: ByteReader, kind: 'static' | 'regular'): Listed[] {
  const count = readCount(r, `${kind} columns`, 'columnsMax');
  const columns: Listed[] = [];
  for (let i = 0; i < count; i++) {
    const name = r.vintBytes(`name of ${kind} column ${i}`).slice();
    const text = Buffer.from(name).toString('utf8');
    const [type, typeText] = readType(r, `column ${text}`);
    columns.push({ name, text, type, typeText, kind });
  }
  const names = columns.map(({ name }) => name).sort(compareBytes);
  const twice = names.find(
    (name, i) => i > 0 && compareBytes(names[i - 1] as Uint8Array, name) === 0,
  );
  if (twice !== undefined) {
    throw r.corrupt(`the ${kind} column ${Buffer.from(twice).toString('utf8')} is listed twice`);
  }
  return columns;
}

function defineColumns(
  statics: readonly Listed[],
  regulars: readonly Listed[],
  userTypesAreFrozen: boolean,
): Pick<SerializationHeader, 'staticColumns' | 'regularColumns'> {
  const define = (columns: readonly Listed[]): ColumnDefinition[] =>
    columns
      .map(({ name, text, type: listed, typeText, kind }) => {
        const freeze = userTypesAreFrozen && listed.kind === 'udt' && listed.isMultiCell;
        const type = freeze ? { ...listed, isMultiCell: false } : listed;
        const complex = type.isMultiCell;
        return { name, text, type, typeText, complex, fixedLength: type.fixedLength, kind };
      })
      .sort(compareColumns)
      .map((column, index) => ({ ...column, index }));
  return { staticColumns: define(statics), regularColumns: define(regulars) };
}

type Named = Pick<ColumnDefinition, 'name' | 'complex'>;

/** Cassandra's order of columns: simple before complex, then by name. */
export function compareColumns(a: Named, b: Named): number {
  if (a.complex !== b.complex) return a.complex ? 1 : -1;
  return compareColumnNames(a.name, b.name);
}

/**
 * Cassandra's order of column names. The first six bytes are compared as one number whose top bit
 * is inverted, so that names beginning with a byte of 0x80 or more come before ASCII ones.
 */
export function compareColumnNames(a: Uint8Array, b: Uint8Array): number {
  const first = ((a[0] ?? 0) ^ 0x80) - ((b[0] ?? 0) ^ 0x80);
  if (first !== 0) return first;
  for (let i = 1; i < 6; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return compareBytes(a, b);
}
