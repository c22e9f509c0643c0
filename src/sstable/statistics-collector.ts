/**
 * Statistics.db as it follows from the rows (format writing reference, 14): what does not follow from
 * them (commit log, level, repair, host, share of the ring, header) is taken over.
 */
import {
  type CommitLogPosition,
  type CompressionInfo,
  type CoveredClustering,
  DropTimes,
  dropPoint,
  type EstimatedHistogram,
  type FormatVersion,
  KeySketch,
  SKETCH_ORDERED_KEYS,
  type Statistics,
  type StatsMetadata,
  type TombstoneHistogram,
} from '../components/index.js';
import { ClusteringKind, type ClusteringPrefix } from '../cql/index.js';
import {
  I64_MAX,
  I64_MIN,
  mergeTotals,
  newTotals,
  type ScanTotals,
  type TotalsOrder,
  totalsOrder,
} from './scan-totals.js';
import { type WriterRules, writerRules } from './writer-rules.js';

/** What the file Data.db adds. */
export interface DataFacts {
  /** Bytes of the file. */
  readonly dataSize: number;
  readonly compression: CompressionInfo | null;
}

export interface ExpectedStatistics {
  /** With one histogram of drop times for each way in which they may have been collected. */
  readonly stats: StatsMetadata;
  readonly dropTimes: readonly TombstoneHistogram[];
  /** Null where they could not be collected. */
  readonly cardinality: Uint8Array | null;
}

/** Takes the totals of the ranges of an SSTable, in their order. */
export class StatisticsCollector {
  readonly totals: ScanTotals;
  readonly rules: WriterRules;
  readonly #statistics: Statistics;
  readonly #version: FormatVersion;
  readonly #order: TotalsOrder;
  readonly #dropTimes: readonly DropTimes[];
  #sketch: KeySketch | null = new KeySketch();

  constructor(statistics: Statistics, version: FormatVersion) {
    this.#statistics = statistics;
    this.#version = version;
    this.totals = newTotals(statistics);
    this.rules = writerRules(statistics, version);
    this.#order = totalsOrder(statistics);
    this.#dropTimes = this.rules.dropRules.map((rule) => new DropTimes(rule));
  }

  add(range: ScanTotals): void {
    mergeTotals(this.totals, range, this.#order);
    const { drops, sketchHashes, sketchRegisters } = range;
    for (const [i, times] of this.#dropTimes.entries()) {
      const rule = this.rules.dropRules[i] ?? '5.0';
      for (let at = 0; at < drops.length; at += 2) {
        const time = drops[at] ?? 0;
        times.add(this.rules.rawDrops ? dropPoint(rule, time) : time, drops[at + 1] ?? 0);
      }
    }
    const sketch = this.#sketch;
    if (sketch === null) return;
    for (let at = 0; at < sketchHashes.length; at += 2) {
      sketch.offer(sketchHashes[at + 1] ?? 0, sketchHashes[at] ?? 0);
    }
    if (sketchRegisters === null) return;
    // Of more keys than it takes to reach the normal form, all but the first are only registers.
    if (sketch.isNormal || sketchHashes.length >= 2 * SKETCH_ORDERED_KEYS) {
      sketch.merge(sketchRegisters);
    } else this.#sketch = null;
  }

  /** To be called once, when all ranges are added. */
  expected(data: DataFacts): ExpectedStatistics {
    const { totals } = this;
    const stored = this.#statistics.stats;
    const nothing = totals.minTimestamp > totals.maxTimestamp;
    const hasTtl = totals.minTTL <= totals.maxTTL;
    const dropTimes = this.#dropTimes.map((times) => times.finish());
    const stats: StatsMetadata = {
      ...stored,
      estimatedPartitionSize: histogram(stored.estimatedPartitionSize, totals.partitionSizes),
      estimatedCellCount: histogram(stored.estimatedCellCount, totals.cellCounts),
      minTimestamp: nothing ? I64_MIN : totals.minTimestamp,
      maxTimestamp: nothing ? I64_MAX : totals.maxTimestamp,
      ...this.#localDeletionTimes(),
      minTTL: hasTtl ? totals.minTTL : 0,
      maxTTL: hasTtl ? totals.maxTTL : 0,
      compressionRatio: ratio(data),
      estimatedTombstoneDropTime: dropTimes[0] ?? stored.estimatedTombstoneDropTime,
      ...this.#clusterings(),
      hasLegacyCounterShards: totals.hasLegacyCounterShards,
      totalColumnsSet: BigInt(totals.columns),
      totalRows: BigInt(totals.rows),
      ...commitLogBounds(stored),
      hasPartitionLevelDeletions:
        stored.hasPartitionLevelDeletions === null ? null : totals.hasPartitionDeletions,
      firstKey: stored.firstKey === null ? null : totals.firstKey,
      lastKey: stored.lastKey === null ? null : totals.lastKey,
    };
    const cardinality = this.#sketch?.toBytes() ?? null;
    const paddingBytes = this.#padding(dropTimes[0]?.points.length ?? 0);
    return { stats: { ...stats, paddingBytes }, dropTimes, cardinality };
  }

  #localDeletionTimes() {
    const { minLocalDeletionTime, maxLocalDeletionTime } = this.totals;
    if (minLocalDeletionTime <= maxLocalDeletionTime) {
      return { minLocalDeletionTime, maxLocalDeletionTime };
    }
    const none = this.#version.hasUIntDeletionTime ? 0xffffffff : 0x7fffffff;
    return { minLocalDeletionTime: none, maxLocalDeletionTime: none };
  }

  #clusterings() {
    const { minClusteringValues, maxClusteringValues, coveredClustering } = this.#statistics.stats;
    const { columnExtremes } = this.totals;
    const [least, most] = this.#extremes();
    return {
      minClusteringValues:
        minClusteringValues === null ? null : upToNull(columnExtremes?.least ?? least.values),
      maxClusteringValues:
        maxClusteringValues === null ? null : upToNull(columnExtremes?.most ?? most.values),
      coveredClustering: coveredClustering === null ? null : this.#covered(least, most),
    };
  }

  /** Smallest and largest clustering; where there is none, what covers nothing. */
  #extremes(): [ClusteringPrefix, ClusteringPrefix] {
    const { minClustering, maxClustering } = this.totals;
    return [
      minClustering ?? { kind: ClusteringKind.exclStart, values: [] },
      maxClustering ?? { kind: ClusteringKind.exclEnd, values: [] },
    ];
  }

  #covered(least: ClusteringPrefix, most: ClusteringPrefix): CoveredClustering {
    const { clusteringTypeTexts } = this.#statistics.header;
    const bound = ({ kind, values }: ClusteringPrefix, ofRow: number): ClusteringPrefix => ({
      kind: kind === ClusteringKind.row ? ofRow : kind,
      values,
    });
    const { inclStart, inclEnd } = ClusteringKind;
    // Rows without clustering columns cover everything, no rows at all cover nothing.
    const has = clusteringTypeTexts.length > 0 || this.totals.rows === 0;
    return {
      typeTexts: clusteringTypeTexts,
      start: has ? bound(least, inclStart) : { kind: inclStart, values: [] },
      end: has ? bound(most, inclEnd) : { kind: inclEnd, values: [] },
    };
  }

  /** Writers reserve more bytes than they fill. */
  #padding(bins: number): number {
    if (this.#version.hasUIntDeletionTime) return 4 * bins;
    if (!this.rules.is5) return 0;
    const [least, most] = this.#extremes();
    return paddingOf(least) + paddingOf(most);
  }
}

function histogram(stored: EstimatedHistogram, counts: Float64Array): EstimatedHistogram {
  return { offsets: stored.offsets, buckets: BigInt64Array.from(counts, BigInt) };
}

/** Payloads alone, without the checksum of each block. */
function ratio({ dataSize, compression }: DataFacts): number {
  if (compression === null) return -1;
  return (dataSize - 4 * compression.chunkOffsets.length) / compression.dataLength;
}

function commitLogBounds(stored: StatsMetadata) {
  const { commitLogIntervals } = stored;
  if (commitLogIntervals === null) return {};
  const none: CommitLogPosition = { segmentId: -1n, position: 0 };
  return {
    commitLogLowerBound: commitLogIntervals[0]?.[0] ?? none,
    commitLogUpperBound: commitLogIntervals.at(-1)?.[1] ?? none,
  };
}

function upToNull(values: readonly (Uint8Array | null)[]): Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const value of values) {
    if (value === null) break;
    kept.push(value);
  }
  return kept;
}

/** Room for the values from the first null one on, each with its length. */
function paddingOf({ values }: ClusteringPrefix): number {
  const first = values.indexOf(null);
  if (first < 0) return 0;
  return values.slice(first).reduce((sum, value) => sum + 2 + (value?.length ?? 0), 0);
}
