/** Statistics.db against the rows (format writing reference, 14.2 to 14.5). */
import { equalBytes, toHex } from '../binary/index.js';
import type { EstimatedHistogram, Statistics, StatsMetadata } from '../components/index.js';
import { type ClusteringPrefix, clusteringComparator } from '../cql/index.js';
import type { Faults } from './check-faults.js';
import { samePrefix } from './check-promoted.js';
import { DROP_TIMES_MAX, type ScanTotals } from './scan-totals.js';
import type { SSTable } from './sstable.js';

const ROW_KIND = 4;
/** Bins of the drop-time histogram; from there on Cassandra merges neighbours. */
const DROP_BINS_MAX = 100;
/** Local deletion times from here on were negative to those who wrote them. */
const SIGNED_END = 0x80000000;

/** Compares the totals of all rows, which must be complete, with Statistics.db. */
export function checkStatistics(sstable: SSTable, totals: ScanTotals, faults: Faults): void {
  new StatisticsCheck(sstable, totals, faults).run();
}

class StatisticsCheck {
  readonly #sstable: SSTable;
  readonly #statistics: Statistics;
  readonly #stats: StatsMetadata;
  readonly #totals: ScanTotals;
  readonly #faults: Faults;

  constructor(sstable: SSTable, totals: ScanTotals, faults: Faults) {
    this.#sstable = sstable;
    this.#statistics = sstable.statistics;
    this.#stats = sstable.statistics.stats;
    this.#totals = totals;
    this.#faults = faults;
  }

  run(): void {
    const [stats, totals] = [this.#stats, this.#totals];
    this.#equal('totalRows', stats.totalRows, BigInt(totals.rows));
    this.#equal('totalColumnsSet', stats.totalColumnsSet, BigInt(totals.columns));
    this.#times();
    this.#histogram('estimatedPartitionSize', stats.estimatedPartitionSize, totals.partitionSizes);
    this.#histogram('estimatedCellCount', stats.estimatedCellCount, totals.cellCounts);
    this.#dropTimes();
    this.#equal(
      'hasLegacyCounterShards',
      stats.hasLegacyCounterShards,
      totals.hasLegacyCounterShards,
    );
    if (stats.hasPartitionLevelDeletions !== null) {
      const wanted = totals.hasPartitionDeletions;
      this.#equal('hasPartitionLevelDeletions', stats.hasPartitionLevelDeletions, wanted);
    }
    this.#key('firstKey', stats.firstKey, totals.firstKey);
    this.#key('lastKey', stats.lastKey, totals.lastKey);
    this.#clusterings();
    this.#compressionRatio();
  }

  #fault(message: string): void {
    this.#faults.add({
      code: 'SSTABLE_CORRUPT',
      file: this.#sstable.componentPath('Statistics.db'),
      component: 'Statistics.db',
      offset: null,
      uncompressedOffset: null,
      message,
    });
  }

  #equal<T extends bigint | number | boolean>(what: string, stored: T, counted: T): void {
    if (stored !== counted) this.#fault(`${what} is ${stored}, the rows give ${counted}`);
  }

  #times(): void {
    const [stats, totals] = [this.#stats, this.#totals];
    const nothing = totals.minTimestamp > totals.maxTimestamp;
    this.#equal('minTimestamp', stats.minTimestamp, nothing ? -(2n ** 63n) : totals.minTimestamp);
    this.#equal('maxTimestamp', stats.maxTimestamp, nothing ? 2n ** 63n - 1n : totals.maxTimestamp);
    const none = this.#sstable.version.hasUIntDeletionTime ? 0xffffffff : 0x7fffffff;
    const hasLocal = totals.minLocalDeletionTime <= totals.maxLocalDeletionTime;
    const [least, most] = [totals.minLocalDeletionTime, totals.maxLocalDeletionTime];
    if (!this.#overflows()) {
      this.#equal('minLocalDeletionTime', stats.minLocalDeletionTime, hasLocal ? least : none);
      this.#equal('maxLocalDeletionTime', stats.maxLocalDeletionTime, hasLocal ? most : none);
    }
    const hasTtl = totals.minTTL <= totals.maxTTL;
    this.#equal('minTTL', stats.minTTL, hasTtl ? totals.minTTL : 0);
    this.#equal('maxTTL', stats.maxTTL, hasTtl ? totals.maxTTL : 0);
  }

  /** Times that overflowed before oa: writers counted them as negative numbers, or cut them off. */
  #overflows(): boolean {
    const { hasUIntDeletionTime } = this.#sstable.version;
    return !hasUIntDeletionTime && this.#totals.maxLocalDeletionTime >= SIGNED_END;
  }

  #histogram(what: string, stored: EstimatedHistogram, counted: Float64Array): void {
    for (let i = 0; i < counted.length; i++) {
      const [found, wanted] = [stored.buckets[i] ?? 0n, BigInt(counted[i] ?? 0)];
      if (found === wanted) continue;
      const end = stored.offsets[i];
      const bucket = end === undefined ? 'the last bucket' : `the bucket up to ${end}`;
      this.#fault(`${what} has ${found} in ${bucket}, the partitions give ${wanted}`);
    }
  }

  #dropTimes(): void {
    const { points, counts } = this.#stats.estimatedTombstoneDropTime;
    const { dropTimes, dropCount } = this.#totals;
    // 3.0.x also counted what has no local deletion time.
    if (this.#overflows() || !this.#sstable.version.hasCommitLogIntervals) return;
    const stored = counts.reduce((sum, count) => sum + count, 0n);
    this.#equal('the number of times in estimatedTombstoneDropTime', stored, BigInt(dropCount));
    if (dropTimes.size > DROP_BINS_MAX || dropTimes.size >= DROP_TIMES_MAX) return;
    const wanted = [...dropTimes].sort(([a], [b]) => a - b);
    const same =
      wanted.length === points.length &&
      wanted.every(([point, n], i) => point === points[i] && BigInt(n) === counts[i]);
    if (!same) this.#fault('estimatedTombstoneDropTime has other bins than the rows give');
  }

  #key(what: string, stored: Uint8Array | null, found: Uint8Array | null): void {
    if (stored === null || found === null || equalBytes(stored, found)) return;
    this.#fault(`${what} is ${toHex(stored)}, in the rows it is ${toHex(found)}`);
  }

  #clusterings(): void {
    const { minClusteringValues, maxClusteringValues, coveredClustering } = this.#stats;
    const { minClustering, maxClustering } = this.#totals;
    if (minClusteringValues !== null && maxClusteringValues !== null) {
      if (!this.#sstable.version.hasAccurateMinMax) return;
      this.#legacyValues('minClusteringValues', minClusteringValues, minClustering);
      this.#legacyValues('maxClusteringValues', maxClusteringValues, maxClustering);
    }
    if (coveredClustering === null) return;
    const { start, end } = coveredClustering;
    const has = this.#statistics.header.clusteringTypes.length > 0;
    const least = has ? (minClustering ?? { kind: 7, values: [] }) : { kind: 1, values: [] };
    const most = has ? (maxClustering ?? { kind: 0, values: [] }) : { kind: 6, values: [] };
    this.#bound('the start of coveredClustering', start, asBound(least, 1));
    this.#bound('the end of coveredClustering', end, asBound(most, 6));
  }

  /** The values up to the first null one. */
  #legacyValues(what: string, stored: readonly Uint8Array[], found: ClusteringPrefix | null): void {
    const values: Uint8Array[] = [];
    for (const value of found?.values ?? []) {
      if (value === null) break;
      values.push(value);
    }
    const same =
      stored.length === values.length &&
      stored.every((value, i) => equalBytes(value, values[i] ?? new Uint8Array(0)));
    if (same) return;
    const kind = ROW_KIND;
    this.#bound(what, { kind, values: stored }, { kind, values });
  }

  /** Equal bytes, or values that count as equal. */
  #bound(what: string, stored: ClusteringPrefix, found: ClusteringPrefix): void {
    if (samePrefix(stored, found)) return;
    const compare = clusteringComparator(this.#statistics.header.clusteringTypes);
    const same = stored.values.length === found.values.length && stored.kind === found.kind;
    if (same && compare(stored, found) === 0) return;
    this.#fault(`${what} is ${prefixText(stored)}, the rows give ${prefixText(found)}`);
  }

  #compressionRatio(): void {
    const { compression, dataSize } = this.#sstable;
    const stored = this.#stats.compressionRatio;
    if (compression === null) {
      this.#equal('compressionRatio', stored, -1);
      return;
    }
    // Payloads alone, without the checksum of each block.
    const compressed = dataSize - 4 * compression.chunkOffsets.length;
    this.#equal('compressionRatio', stored, compressed / compression.dataLength);
  }
}

function asBound(prefix: ClusteringPrefix, kind: number): ClusteringPrefix {
  return prefix.kind === ROW_KIND ? { kind, values: prefix.values } : prefix;
}

function prefixText({ kind, values }: ClusteringPrefix): string {
  const texts = values.map((value) => (value === null ? 'null' : `0x${toHex(value)}`));
  return `(${texts.join(', ')}) of kind ${kind}`;
}
