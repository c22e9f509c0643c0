/**
 * The dialects of sstabledump: the same rows look a little different in the JSON of each release. What
 * an SSTable's own release prints is chosen by its version; `--shape` names another one.
 *
 *   3.0      every value and clustering is a string, as in keys
 *   3.11.3   first row and static row stand where the first row ends (the tool has read it already)
 *   3.11     as 3.11.4 to 3.11.19 print it
 *   4.0-rc1  timestamps before 1582 still in the Julian calendar
 *   4.0      as 4, but clusterings in `text` are not CQL literals
 *   4        4.0 and 4.1
 *   5.0-alpha "table kind", the other positions as before
 *   5        a partition's position is that behind its key and deletion
 *   6        values without a JSON form are named so instead of stopping the tool
 */
import type { FormatVersion } from '../../components/index.js';
import { type ReservedWords, TEXT_4_1, type TextDialect } from '../../cql/index.js';

export interface DumpDialect {
  readonly texts: TextDialect;
  /** Values and clusterings are strings, as keys are. */
  readonly stringsOnly: boolean;
  /** Each partition says what kind of table it is of. */
  readonly tableKind: boolean;
  /** A partition's position: where it begins, or what follows its key and deletion. */
  readonly partitionPosition: 'start' | 'behind-head';
  /** The position of the static row and of the first row is the end of the first row. */
  readonly firstRowIsReadAhead: boolean;
  /** Column names that stand in quotes. */
  readonly reserved: ReservedWords;
  /** Clusterings in `text` are CQL literals, not the texts of keys. */
  readonly cqlClusterings: boolean;
  /** What stands for a clustering without value. */
  readonly nullClustering: string;
}

const DUMP_4: DumpDialect = {
  texts: TEXT_4_1,
  stringsOnly: false,
  tableKind: false,
  partitionPosition: 'start',
  firstRowIsReadAhead: false,
  reserved: '4.0',
  cqlClusterings: true,
  nullClustering: 'null',
};

const DUMP_3_11: DumpDialect = { ...DUMP_4, reserved: '3.11', cqlClusterings: false };

const TEXT_4_0_RC1: TextDialect = { ...TEXT_4_1, oldCalendar: true };
const TEXT_3_11: TextDialect = { ...TEXT_4_0_RC1, wholeMinutes: true, plainYears: true };
const TEXT_3_11_3: TextDialect = { ...TEXT_3_11, plainDecimals: true, notFinite: true };

const DIALECTS = {
  '3.0': {
    ...DUMP_3_11,
    texts: TEXT_3_11_3,
    stringsOnly: true,
    reserved: 'none',
    nullClustering: '"null"',
  },
  '3.11.3': { ...DUMP_3_11, texts: TEXT_3_11_3, firstRowIsReadAhead: true },
  '3.11': { ...DUMP_3_11, texts: TEXT_3_11 },
  '4.0-rc1': { ...DUMP_4, texts: TEXT_4_0_RC1, cqlClusterings: false },
  '4.0': { ...DUMP_4, cqlClusterings: false },
  '4': DUMP_4,
  '5.0-alpha': { ...DUMP_4, texts: TEXT_4_0_RC1, tableKind: true },
  '5': { ...DUMP_4, tableKind: true, partitionPosition: 'behind-head' },
  '6': {
    ...DUMP_4,
    tableKind: true,
    partitionPosition: 'behind-head',
    nullClustering: '"unsupported conversion to JSON"',
  },
} as const satisfies Record<string, DumpDialect>;

export type DialectName = keyof typeof DIALECTS;

export function dumpDialect(name: DialectName): DumpDialect {
  return DIALECTS[name];
}

const BY_VERSION: Readonly<Record<string, DialectName>> = {
  ma: '3.0',
  mb: '3.0',
  mc: '3.11.3',
  md: '3.11',
  me: '3.11',
  na: '4.0-rc1',
  nc: '5.0-alpha',
  oa: '5',
  da: '5',
  pa: '6',
  ea: '6',
};

/** Buckets of a histogram of partition sizes that Cassandra writes from 5.0 on. */
const BUCKETS_5_0 = 156;

/**
 * The dialect of the release that wrote an SSTable; `nb` is of 4.0, 4.1 and of 5.0 in its compatibility
 * mode, whose histograms are longer.
 *
 * @param partitionSizeBuckets buckets of the histogram of partition sizes in Statistics.db
 */
export function dialectOf(version: FormatVersion, partitionSizeBuckets: number): DialectName {
  if (version.letters === 'nb') return partitionSizeBuckets >= BUCKETS_5_0 ? '5' : '4';
  return BY_VERSION[version.letters] ?? '5';
}
