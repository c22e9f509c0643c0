/**
 * Statistics.db against the rows (format writing reference, 14): field by field with what Cassandra
 * would do with the difference, and in a deep check byte by byte.
 */
import { equalBytes, toHex } from '../binary/index.js';
import {
  compactionBody,
  type EstimatedHistogram,
  estimatedHistogramOffsets,
  joinStatistics,
  type Statistics,
  type StatsMetadata,
  statsBody,
  type TombstoneHistogram,
  validationBody,
} from '../components/index.js';
import { type ClusteringPrefix, clusteringComparator } from '../cql/index.js';
import type { Faults } from './check-faults.js';
import { samePrefix } from './check-promoted.js';
import type { SSTable } from './sstable.js';
import type { ExpectedStatistics, StatisticsCollector } from './statistics-collector.js';
import { COVERED_EFFECTS, effectOf, KEY_EFFECT, SKETCH_EFFECT } from './statistics-effects.js';

const ROW_KIND = 4;
/** Local deletion times from here on were negative to those who wrote them. */
const SIGNED_END = 0x80000000;
const COMPACTION = 1;
const STATS = 2;

/** Compares what was collected of all rows, which must be complete, with Statistics.db. */
export async function checkStatistics(
  sstable: SSTable,
  collector: StatisticsCollector,
  deep: boolean,
  faults: Faults,
): Promise<void> {
  const { dataSize, compression } = sstable;
  const expected = collector.expected({ dataSize, compression });
  const check = new StatisticsCheck(sstable, collector, expected, faults);
  check.fields();
  if (!deep) return;
  check.sketch();
  check.bytes(await sstable.readComponent('Statistics.db'));
}

class StatisticsCheck {
  readonly #sstable: SSTable;
  readonly #statistics: Statistics;
  readonly #stats: StatsMetadata;
  readonly #collector: StatisticsCollector;
  readonly #expected: ExpectedStatistics;
  readonly #faults: Faults;
  /** Fields that cannot be compared, or that were reported. */
  readonly #excused = new Set<keyof StatsMetadata>();
  #found = 0;

  constructor(
    sstable: SSTable,
    collector: StatisticsCollector,
    expected: ExpectedStatistics,
    faults: Faults,
  ) {
    this.#sstable = sstable;
    this.#statistics = sstable.statistics;
    this.#stats = sstable.statistics.stats;
    this.#collector = collector;
    this.#expected = expected;
    this.#faults = faults;
  }

  fields(): void {
    const { totals } = this.#collector;
    this.#histogram('estimatedPartitionSize');
    this.#histogram('estimatedCellCount');
    for (const field of ['minTimestamp', 'maxTimestamp', 'minTTL', 'maxTTL'] as const) {
      this.#number(field);
    }
    if (this.#overflows()) {
      this.#excused.add('minLocalDeletionTime').add('maxLocalDeletionTime');
      this.#excused.add('estimatedTombstoneDropTime');
    } else {
      this.#number('minLocalDeletionTime');
      this.#number('maxLocalDeletionTime');
      this.#dropTimes();
    }
    this.#number('compressionRatio');
    this.#number('totalColumnsSet');
    const { totalRows } = this.#stats;
    // A compaction of 6.0 may count empty static rows as well.
    const also = BigInt(totals.rows + totals.emptyStatics);
    if (this.#sstable.version.letters === 'pa' && totalRows === also)
      this.#excused.add('totalRows');
    else this.#number('totalRows');
    this.#flag('hasLegacyCounterShards');
    this.#flag('hasPartitionLevelDeletions');
    this.#key('firstKey');
    this.#key('lastKey');
    this.#clusterings();
    this.#commitLog();
    this.#mutable();
  }

  /** The sketch of the keys. */
  sketch(): void {
    const { cardinality } = this.#expected;
    const stored = this.#statistics.cardinality;
    // Writers other than Cassandra leave it out, or an empty one.
    if (cardinality === null || stored.length <= EMPTY_SKETCH_BYTES) return;
    if (equalBytes(cardinality, stored)) return;
    this.#fault(
      `the sketch of the keys is not that of the keys in Data.db: ${SKETCH_EFFECT}`,
      COMPACTION,
    );
  }

  /** What the fields do not show: how they are written. */
  bytes(file: Uint8Array): void {
    if (this.#found > 0) return;
    const { version } = this.#sstable;
    const stats = this.#merged();
    const statistics = { ...this.#statistics, stats };
    const bodyOf = (type: number): Uint8Array | null => {
      const part = this.#statistics.parts.find((each) => each.type === type);
      return part === undefined ? null : file.subarray(part.offset, part.offset + part.length);
    };
    const bodies = [
      { type: 0, body: validationBody(statistics) },
      { type: COMPACTION, body: bodyOf(COMPACTION) ?? compactionBody(statistics) },
      { type: STATS, body: statsBody(statistics, version) },
      { type: 3, body: bodyOf(3) ?? new Uint8Array(0) },
    ].filter(({ type }) => bodyOf(type) !== null);
    const wanted = joinStatistics(bodies, version);
    if (equalBytes(wanted, file)) return;
    let at = 0;
    while (wanted[at] === file[at]) at++;
    const message = 'the file is not written as Cassandra writes these values';
    this.#fault(message, null, at);
  }

  /** The expected fields, with those that cannot be known as they are stored. */
  #merged(): StatsMetadata {
    const { stats } = this.#expected;
    const kept = Object.fromEntries([...this.#excused].map((field) => [field, this.#stats[field]]));
    const { estimatedTombstoneDropTime } = { ...stats, ...kept } as StatsMetadata;
    const isPadded = this.#sstable.version.hasUIntDeletionTime;
    const paddingBytes = isPadded
      ? 4 * estimatedTombstoneDropTime.points.length
      : stats.paddingBytes;
    return { ...stats, ...kept, paddingBytes };
  }

  #fault(message: string, part: number | null = STATS, offset?: number): void {
    this.#found++;
    const place = this.#statistics.parts.find(({ type }) => type === part)?.offset ?? null;
    this.#faults.add({
      code: 'SSTABLE_CORRUPT',
      file: this.#sstable.componentPath('Statistics.db'),
      component: 'Statistics.db',
      offset: offset ?? place,
      uncompressedOffset: null,
      message,
    });
  }

  #number(
    field:
      | 'minTimestamp'
      | 'maxTimestamp'
      | 'minLocalDeletionTime'
      | 'maxLocalDeletionTime'
      | 'minTTL'
      | 'maxTTL'
      | 'compressionRatio'
      | 'totalColumnsSet'
      | 'totalRows',
  ): void {
    const [stored, wanted] = [this.#stats[field], this.#expected.stats[field]];
    if (stored === wanted) return;
    const effect = effectOf(field, stored < wanted ? -1 : 1);
    this.#fault(`${field} is ${stored}, the rows give ${wanted}: ${effect}`);
  }

  #flag(field: 'hasLegacyCounterShards' | 'hasPartitionLevelDeletions'): void {
    const [stored, wanted] = [this.#stats[field], this.#expected.stats[field]];
    if (stored === wanted) return;
    const effect = effectOf(field, stored === true ? 1 : -1);
    this.#fault(`${field} is ${stored}, the rows give ${wanted}: ${effect}`);
  }

  #key(field: 'firstKey' | 'lastKey'): void {
    const [stored, wanted] = [this.#stats[field], this.#expected.stats[field]];
    if (stored === null || wanted === null || equalBytes(stored, wanted)) return;
    this.#fault(`${field} is ${toHex(stored)}, in the rows it is ${toHex(wanted)}: ${KEY_EFFECT}`);
  }

  /** Times that overflowed before oa: writers counted them as negative numbers, or cut them off. */
  #overflows(): boolean {
    const { hasUIntDeletionTime } = this.#sstable.version;
    return !hasUIntDeletionTime && this.#collector.totals.maxLocalDeletionTime >= SIGNED_END;
  }

  #histogram(field: 'estimatedPartitionSize' | 'estimatedCellCount'): void {
    const stored: EstimatedHistogram = this.#stats[field];
    const wanted = this.#expected.stats[field].buckets;
    const usual = estimatedHistogramOffsets(stored.offsets.length);
    const other = usual.findIndex((offset, i) => offset !== stored.offsets[i]);
    if (other >= 0) {
      const found = stored.offsets[other];
      this.#fault(`${field} has the bucket ${found} in the place of ${usual[other]}`);
      return;
    }
    wanted.forEach((count, i) => {
      const found = stored.buckets[i] ?? 0n;
      if (found === count) return;
      const end = stored.offsets[i];
      const bucket = end === undefined ? 'the last bucket' : `the bucket up to ${end}`;
      const what = `${field} has ${found} in ${bucket}, the partitions give ${count}`;
      this.#fault(`${what}: ${effectOf(field, 0)}`);
    });
  }

  #dropTimes(): void {
    const stored = this.#stats.estimatedTombstoneDropTime;
    const { dropTimes } = this.#expected;
    if (this.#collector.totals.dropsLeftOut || dropTimes.some((each) => sameBins(stored, each))) {
      this.#excused.add('estimatedTombstoneDropTime');
      return;
    }
    // Some releases of 3.0 also counted what has no deletion time.
    const countsNone = this.#collector.rules.dropRules.length > 1 && stored.points.includes(NONE);
    if (countsNone) {
      this.#excused.add('estimatedTombstoneDropTime');
      return;
    }
    const total = (histogram: TombstoneHistogram | undefined): bigint =>
      histogram?.counts.reduce((sum, count) => sum + count, 0n) ?? 0n;
    const [found, counted] = [total(stored), total(dropTimes[0])];
    const what =
      found === counted
        ? 'other bins than the rows give'
        : `${found} times, the rows have ${counted}`;
    const effect = effectOf('estimatedTombstoneDropTime', 0);
    this.#fault(`estimatedTombstoneDropTime has ${what}: ${effect}`);
  }

  #clusterings(): void {
    const { minClusteringValues, maxClusteringValues, coveredClustering } = this.#stats;
    const { stats } = this.#expected;
    this.#values('minClusteringValues', minClusteringValues, stats.minClusteringValues);
    this.#values('maxClusteringValues', maxClusteringValues, stats.maxClusteringValues);
    if (coveredClustering === null || stats.coveredClustering === null) return;
    const [stored, wanted] = [coveredClustering, stats.coveredClustering];
    this.#bound('the start of coveredClustering', stored.start, wanted.start, 1);
    this.#bound('the end of coveredClustering', stored.end, wanted.end, -1);
    if (stored.typeTexts.join() !== wanted.typeTexts.join()) {
      this.#fault('the types of coveredClustering are not those of the header');
    }
  }

  #values(
    what: 'minClusteringValues' | 'maxClusteringValues',
    stored: readonly Uint8Array[] | null,
    wanted: readonly Uint8Array[] | null,
  ): void {
    if (stored === null || wanted === null) return;
    // From 5.0 on nothing of before md is trusted.
    const kind = ROW_KIND;
    const side = what === 'minClusteringValues' ? 1 : -1;
    this.#bound(what, { kind, values: stored }, { kind, values: wanted }, side);
  }

  /** `narrowing` is the order of a stored bound, as against the right one, that hides rows. */
  #bound(
    what: string,
    stored: ClusteringPrefix,
    wanted: ClusteringPrefix,
    narrowing: number,
  ): void {
    if (samePrefix(stored, wanted)) return;
    const compare = clusteringComparator(this.#statistics.header.clusteringTypes);
    const { narrow, wide } = COVERED_EFFECTS;
    const effect = compare(stored, wanted) * narrowing > 0 ? narrow : wide;
    this.#fault(`${what} is ${prefixText(stored)}, the rows give ${prefixText(wanted)}: ${effect}`);
  }

  /** The bounds are those of the intervals. */
  #commitLog(): void {
    for (const field of ['commitLogLowerBound', 'commitLogUpperBound'] as const) {
      const [stored, wanted] = [this.#stats[field], this.#expected.stats[field]];
      if (stored === null || wanted === null) continue;
      if (stored.segmentId === wanted.segmentId && stored.position === wanted.position) continue;
      const text = `${stored.segmentId}/${stored.position}`;
      this.#fault(
        `${field} is ${text}, the intervals give ${wanted.segmentId}/${wanted.position}: ${effectOf(field, 0)}`,
      );
    }
  }

  /** What the node sets, as far as some values are impossible. */
  #mutable(): void {
    const { sstableLevel, repairedAt, tokenSpaceCoverage, pendingRepair } = this.#stats;
    if (sstableLevel < 0 || sstableLevel > LEVEL_MAX) {
      this.#fault(`sstableLevel is ${sstableLevel}, not within 0 to ${LEVEL_MAX}`);
    }
    if (repairedAt < 0n) this.#fault(`repairedAt is ${repairedAt}`);
    if (pendingRepair !== null && repairedAt !== 0n) {
      this.#fault(`repairedAt is ${repairedAt} while a repair is pending`);
    }
    const coverage = tokenSpaceCoverage ?? Number.NaN;
    if (!(Number.isNaN(coverage) || (coverage >= 0 && coverage <= 1))) {
      this.#fault(`tokenSpaceCoverage is ${coverage}, no share of the ring`);
    }
  }
}

/** Leveled compaction has no more. */
const LEVEL_MAX = 8;
/** Local deletion time of "none" before oa. */
const NONE = 0x7fffffff;
const EMPTY_SKETCH_BYTES = 8;

function sameBins(a: TombstoneHistogram, b: TombstoneHistogram): boolean {
  if (a.points.length !== b.points.length || a.maxBinSize !== b.maxBinSize) return false;
  return (
    a.points.every((point, i) => point === b.points[i]) &&
    a.counts.every((count, i) => count === b.counts[i])
  );
}

function prefixText({ kind, values }: ClusteringPrefix): string {
  const texts = values.map((value) => (value === null ? 'null' : `0x${toHex(value)}`));
  return `(${texts.join(', ')}) of kind ${kind}`;
}
