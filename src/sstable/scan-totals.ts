/**
 * What a walk over rows adds up: the numbers that Statistics.db should have (format writing
 * reference, 14.2). Plain data, so that ranges can be scanned in worker threads and merged.
 */
import type { Statistics } from '../components/index.js';
import type { ClusteringComparator, ClusteringPrefix } from '../cql/index.js';

export interface ScanTotals {
  /** False when damage made the scan leave something out. */
  complete: boolean;
  partitions: number;
  /** Rows and non-empty static rows. */
  rows: number;
  /** Columns with data, each row for itself. */
  columns: number;
  minTimestamp: bigint;
  maxTimestamp: bigint;
  /** Infinity, -Infinity: nothing recorded. */
  minLocalDeletionTime: number;
  maxLocalDeletionTime: number;
  minTTL: number;
  maxTTL: number;
  /** Deletion and expiry times, rounded up to minutes, and how many. */
  dropTimes: Map<number, number>;
  dropCount: number;
  /** Counts by bucket of the histograms in Statistics.db. */
  partitionSizes: Float64Array;
  cellCounts: Float64Array;
  hasPartitionDeletions: boolean;
  hasLegacyCounterShards: boolean;
  /** Smallest and largest clustering of a row or bound; a row has kind 4. */
  minClustering: ClusteringPrefix | null;
  maxClustering: ClusteringPrefix | null;
  firstKey: Uint8Array | null;
  lastKey: Uint8Array | null;
}

/** Distinct minutes that are kept; above, only their number is known. */
export const DROP_TIMES_MAX = 4096;

export const I64_MIN = -(2n ** 63n);
export const I64_MAX = 2n ** 63n - 1n;

export function newTotals(statistics: Statistics): ScanTotals {
  const { estimatedPartitionSize, estimatedCellCount } = statistics.stats;
  return {
    complete: true,
    partitions: 0,
    rows: 0,
    columns: 0,
    minTimestamp: I64_MAX,
    maxTimestamp: I64_MIN,
    minLocalDeletionTime: Infinity,
    maxLocalDeletionTime: -Infinity,
    minTTL: Infinity,
    maxTTL: -Infinity,
    dropTimes: new Map(),
    dropCount: 0,
    partitionSizes: new Float64Array(estimatedPartitionSize.buckets.length),
    cellCounts: new Float64Array(estimatedCellCount.buckets.length),
    hasPartitionDeletions: false,
    hasLegacyCounterShards: false,
    minClustering: null,
    maxClustering: null,
    firstKey: null,
    lastKey: null,
  };
}

/** Adds a value to the bucket of the first offset that is not below it. */
export function addToHistogram(counts: Float64Array, offsets: Float64Array, value: number): void {
  let low = -1;
  let high = offsets.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? Infinity) >= value) high = middle;
    else low = middle;
  }
  counts[high] = (counts[high] ?? 0) + 1;
}

export function addDropTime(totals: ScanTotals, point: number, count: number): void {
  totals.dropCount += count;
  const { dropTimes } = totals;
  const before = dropTimes.get(point);
  if (before === undefined && dropTimes.size >= DROP_TIMES_MAX) return;
  dropTimes.set(point, (before ?? 0) + count);
}

/** Takes a clustering into account, as a row or bound of the file. */
export function addClusterings(
  totals: ScanTotals,
  compare: ClusteringComparator,
  smallest: ClusteringPrefix | null,
  largest: ClusteringPrefix | null,
): void {
  if (smallest !== null) {
    const { minClustering } = totals;
    if (minClustering === null || compare(smallest, minClustering) < 0) {
      totals.minClustering = smallest;
    }
  }
  if (largest !== null) {
    const { maxClustering } = totals;
    if (maxClustering === null || compare(largest, maxClustering) > 0) {
      totals.maxClustering = largest;
    }
  }
}

/** Adds `more`, of the range behind, to `all`. */
export function mergeTotals(
  all: ScanTotals,
  more: ScanTotals,
  compare: ClusteringComparator,
): void {
  all.complete &&= more.complete;
  all.partitions += more.partitions;
  all.rows += more.rows;
  all.columns += more.columns;
  if (more.minTimestamp < all.minTimestamp) all.minTimestamp = more.minTimestamp;
  if (more.maxTimestamp > all.maxTimestamp) all.maxTimestamp = more.maxTimestamp;
  all.minLocalDeletionTime = Math.min(all.minLocalDeletionTime, more.minLocalDeletionTime);
  all.maxLocalDeletionTime = Math.max(all.maxLocalDeletionTime, more.maxLocalDeletionTime);
  all.minTTL = Math.min(all.minTTL, more.minTTL);
  all.maxTTL = Math.max(all.maxTTL, more.maxTTL);
  const dropCount = all.dropCount + more.dropCount;
  for (const [point, count] of more.dropTimes) addDropTime(all, point, count);
  all.dropCount = dropCount;
  more.partitionSizes.forEach((count, i) => {
    all.partitionSizes[i] = (all.partitionSizes[i] ?? 0) + count;
  });
  more.cellCounts.forEach((count, i) => {
    all.cellCounts[i] = (all.cellCounts[i] ?? 0) + count;
  });
  all.hasPartitionDeletions ||= more.hasPartitionDeletions;
  all.hasLegacyCounterShards ||= more.hasLegacyCounterShards;
  addClusterings(all, compare, more.minClustering, more.maxClustering);
  all.firstKey ??= more.firstKey;
  all.lastKey = more.lastKey ?? all.lastKey;
}
