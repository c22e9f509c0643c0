/**
 * What a walk over rows adds up: the numbers that Statistics.db should have (format writing
 * reference, 14.2). Plain data, so that ranges can be scanned in worker threads and merged.
 */
import type { Statistics } from '../components/index.js';
import {
  type ClusteringComparator,
  type ClusteringPrefix,
  clusteringComparator,
} from '../cql/index.js';
import { ColumnExtremes, type Extremes } from './column-extremes.js';

export interface ScanTotals {
  /** False when damage made the scan leave something out. */
  complete: boolean;
  partitions: number;
  /** Rows and non-empty static rows. */
  rows: number;
  /** Static rows that say nothing. */
  emptyStatics: number;
  /** Columns with data, each row for itself. */
  columns: number;
  minTimestamp: bigint;
  maxTimestamp: bigint;
  /** Infinity, -Infinity: nothing recorded. */
  minLocalDeletionTime: number;
  maxLocalDeletionTime: number;
  minTTL: number;
  maxTTL: number;
  /** Deletion and expiry times in their order: runs of time and count. See drop-runs.ts. */
  drops: Uint32Array;
  /** There were so many runs that they were left out. */
  dropsLeftOut: boolean;
  /** Hashes of the first keys for the sketch, each low and high word; registers of the others. */
  sketchHashes: Uint32Array;
  sketchRegisters: Uint8Array | null;
  /** Counts by bucket of the histograms in Statistics.db. */
  partitionSizes: Float64Array;
  cellCounts: Float64Array;
  hasPartitionDeletions: boolean;
  hasLegacyCounterShards: boolean;
  /** Smallest and largest clustering of a row or bound; a row has kind 4. */
  minClustering: ClusteringPrefix | null;
  maxClustering: ClusteringPrefix | null;
  /** Only where the writer took them column by column. */
  columnExtremes: Extremes | null;
  firstKey: Uint8Array | null;
  lastKey: Uint8Array | null;
}

export const I64_MIN = -(2n ** 63n);
export const I64_MAX = 2n ** 63n - 1n;

export function newTotals(statistics: Statistics): ScanTotals {
  const { estimatedPartitionSize, estimatedCellCount } = statistics.stats;
  return {
    complete: true,
    partitions: 0,
    rows: 0,
    emptyStatics: 0,
    columns: 0,
    minTimestamp: I64_MAX,
    maxTimestamp: I64_MIN,
    minLocalDeletionTime: Infinity,
    maxLocalDeletionTime: -Infinity,
    minTTL: Infinity,
    maxTTL: -Infinity,
    drops: new Uint32Array(0),
    dropsLeftOut: false,
    sketchHashes: new Uint32Array(0),
    sketchRegisters: null,
    partitionSizes: new Float64Array(estimatedPartitionSize.buckets.length),
    cellCounts: new Float64Array(estimatedCellCount.buckets.length),
    hasPartitionDeletions: false,
    hasLegacyCounterShards: false,
    minClustering: null,
    maxClustering: null,
    columnExtremes: null,
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

/** The orders that totals are merged by. */
export interface TotalsOrder {
  readonly compare: ClusteringComparator;
  readonly columns: ColumnExtremes;
}

export function totalsOrder({ header }: Statistics): TotalsOrder {
  return {
    compare: clusteringComparator(header.clusteringTypes),
    columns: new ColumnExtremes(header.clusteringTypes),
  };
}

/** Adds `more`, of the range behind, to `all`; not the drop times and the sketch. */
export function mergeTotals(all: ScanTotals, more: ScanTotals, order: TotalsOrder): void {
  all.complete &&= more.complete;
  all.partitions += more.partitions;
  all.rows += more.rows;
  all.emptyStatics += more.emptyStatics;
  all.dropsLeftOut ||= more.dropsLeftOut;
  all.columns += more.columns;
  if (more.minTimestamp < all.minTimestamp) all.minTimestamp = more.minTimestamp;
  if (more.maxTimestamp > all.maxTimestamp) all.maxTimestamp = more.maxTimestamp;
  all.minLocalDeletionTime = Math.min(all.minLocalDeletionTime, more.minLocalDeletionTime);
  all.maxLocalDeletionTime = Math.max(all.maxLocalDeletionTime, more.maxLocalDeletionTime);
  all.minTTL = Math.min(all.minTTL, more.minTTL);
  all.maxTTL = Math.max(all.maxTTL, more.maxTTL);
  more.partitionSizes.forEach((count, i) => {
    all.partitionSizes[i] = (all.partitionSizes[i] ?? 0) + count;
  });
  more.cellCounts.forEach((count, i) => {
    all.cellCounts[i] = (all.cellCounts[i] ?? 0) + count;
  });
  all.hasPartitionDeletions ||= more.hasPartitionDeletions;
  all.hasLegacyCounterShards ||= more.hasLegacyCounterShards;
  addClusterings(all, order.compare, more.minClustering, more.maxClustering);
  if (more.columnExtremes !== null) {
    all.columnExtremes ??= order.columns.none();
    order.columns.merge(all.columnExtremes, more.columnExtremes);
  }
  all.firstKey ??= more.firstKey;
  all.lastKey = more.lastKey ?? all.lastKey;
}
