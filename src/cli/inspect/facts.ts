/** What Statistics.db and the names of the files say about an SSTable, read without opening rows. */
import {
  type FormatVersion,
  formatVersion,
  parseStatistics,
  parseToc,
  parseUuidId,
  type Statistics,
  type StatsMetadata,
} from '../../components/index.js';
import { uuidText } from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import { readWholeFile } from '../../io/index.js';
import { LIMITS } from '../../limits.js';
import type { SSTableFiles } from '../../sstable/index.js';
import { componentFaults } from './components.js';
import { tombstoneCount } from './histogram.js';

export interface SSTableFacts {
  readonly directory: string;
  readonly sstable: string;
  readonly version: string;
  readonly format: string;
  readonly generation: string;
  /** Moment in a UUID generation, milliseconds. */
  readonly created: number | null;
  /** All components together. */
  readonly bytes: number;
  readonly components: readonly { readonly name: string; readonly bytes: number }[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly statistics: Statistics | null;
  /** Why there are no statistics. */
  readonly error: SstashError | null;
}

async function readStatistics(files: SSTableFiles, version: FormatVersion): Promise<Statistics> {
  const file = files.components.get('Statistics.db');
  if (file === undefined) {
    throw new SstashError('SSTABLE_COMPONENT_MISSING', 'Statistics.db is missing', {
      file: `${files.descriptor.directory}/${files.descriptor.base}-Statistics.db`,
      component: 'Statistics.db',
    });
  }
  const bytes = await readWholeFile(file.path, LIMITS.statisticsBytesMax);
  return parseStatistics(bytes, version, { file: file.path, component: 'Statistics.db' });
}

async function readToc(files: SSTableFiles): Promise<string[] | null> {
  const file = files.components.get('TOC.txt');
  if (file === undefined) return null;
  try {
    const names = parseToc(await readWholeFile(file.path, LIMITS.smallTextBytesMax));
    // The list of a table with a SASI index may be empty; then it says nothing about the files.
    return names.length === 0 ? null : names;
  } catch {
    return null;
  }
}

/** Facts about one SSTable; damage of Statistics.db is one of them, not an exception. */
export async function readFacts(files: SSTableFiles): Promise<SSTableFacts> {
  const { descriptor } = files;
  const { version } = descriptor;
  let statistics: Statistics | null = null;
  let error: SstashError | null = null;
  try {
    statistics = await readStatistics(files, version);
  } catch (cause) {
    if (!(cause instanceof SstashError)) throw cause;
    error = cause;
  }
  const present = [...files.components.keys()].sort();
  const hasFilter = statistics !== null && statistics.bloomFilterFpChance < 1;
  const listed = await readToc(files);
  const components = present.map((name) => ({
    name,
    bytes: files.components.get(name)?.size ?? 0,
  }));
  return {
    directory: descriptor.directory,
    sstable: descriptor.base,
    version: version.letters,
    format: version.format,
    generation: descriptor.id,
    created: parseUuidId(descriptor.id)?.timeMs ?? null,
    bytes: components.reduce((sum, { bytes }) => sum + bytes, 0),
    components,
    ...componentFaults({ version, present, listed, hasFilter }),
    statistics,
    error,
  };
}

/** What the version of an SSTable means. */
export function versionOf({
  format,
  version,
}: Pick<SSTableFacts, 'format' | 'version'>): FormatVersion {
  return formatVersion(format, version);
}

export interface RowFacts {
  readonly partitions: bigint;
  readonly rows: bigint;
  readonly cells: bigint;
  /** Deletions and expiring cells. */
  readonly tombstones: bigint;
  /** Microseconds, null when nothing was written. */
  readonly minTimestamp: bigint | null;
  readonly maxTimestamp: bigint | null;
  readonly level: number;
  /** Milliseconds, 0 = not repaired. */
  readonly repairedAt: bigint;
  readonly pendingRepair: string | null;
  readonly isTransient: boolean;
}

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** Without a write both ends of the range are there; one alone is a time that somebody wrote. */
export function hasTimes({
  minTimestamp,
  maxTimestamp,
}: Pick<StatsMetadata, 'minTimestamp' | 'maxTimestamp'>): boolean {
  return !(minTimestamp === LONG_MIN && maxTimestamp === LONG_MAX);
}

/** Counts and times of STATS, in the form in which `ls` shows and prints them. */
export function rowFacts({ stats }: Statistics, version: FormatVersion): RowFacts {
  const { minTimestamp, maxTimestamp } = stats;
  const written = hasTimes(stats);
  return {
    partitions: stats.estimatedPartitionSize.buckets.reduce((sum, count) => sum + count, 0n),
    rows: stats.totalRows,
    cells: stats.totalColumnsSet,
    tombstones: tombstoneCount(stats.estimatedTombstoneDropTime, version),
    minTimestamp: written ? minTimestamp : null,
    maxTimestamp: written ? maxTimestamp : null,
    level: stats.sstableLevel,
    repairedAt: stats.repairedAt,
    pendingRepair: stats.pendingRepair === null ? null : uuidText(stats.pendingRepair),
    isTransient: stats.isTransient,
  };
}
