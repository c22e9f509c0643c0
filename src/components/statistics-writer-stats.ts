/** STATS of Statistics.db, object to bytes; the layout is drawn in stats-metadata.ts. */
import type { ByteWriter } from '../binary/index.js';
import { type ClusteringPrefix, type CqlType, parseType } from '../cql/index.js';
import { writeClusteringValues } from './data/index.js';
import type { EstimatedHistogram, TombstoneHistogram } from './histograms.js';
import { writeString } from './statistics-writer-header.js';
import type { CommitLogPosition, CoveredClustering, StatsMetadata } from './stats-metadata.js';
import type { FormatVersion } from './versions.js';

/** Writes STATS with its padding. */
export function writeStatsMetadata(w: ByteWriter, stats: StatsMetadata, v: FormatVersion): void {
  writeEstimatedHistogram(w, stats.estimatedPartitionSize);
  writeEstimatedHistogram(w, stats.estimatedCellCount);
  writePosition(w, stats.commitLogUpperBound);
  w.i64(stats.minTimestamp);
  w.i64(stats.maxTimestamp);
  w.u32(stats.minLocalDeletionTime);
  w.u32(stats.maxLocalDeletionTime);
  w.i32(stats.minTTL);
  w.i32(stats.maxTTL);
  w.f64(stats.compressionRatio);
  writeTombstoneHistogram(w, stats.estimatedTombstoneDropTime, !v.hasUIntDeletionTime);
  w.i32(stats.sstableLevel);
  w.i64(stats.repairedAt);
  if (v.hasLegacyMinMax) {
    writeValues(w, stats.minClusteringValues ?? []);
    writeValues(w, stats.maxClusteringValues ?? []);
  }
  if (v.hasImprovedMinMax && !v.hasLegacyMinMax) writeCovered(w, stats.coveredClustering);
  w.u8(stats.hasLegacyCounterShards ? 1 : 0);
  w.i64(stats.totalColumnsSet);
  w.i64(stats.totalRows);
  writeLaterFields(w, stats, v);
  w.bytes(new Uint8Array(stats.paddingBytes));
}

/** What came with mb and later. */
function writeLaterFields(w: ByteWriter, stats: StatsMetadata, v: FormatVersion): void {
  if (v.hasCommitLogLowerBound) writePosition(w, stats.commitLogLowerBound ?? NO_POSITION);
  if (v.hasCommitLogIntervals) {
    const intervals = stats.commitLogIntervals ?? [];
    w.i32(intervals.length);
    for (const [start, end] of intervals) {
      writePosition(w, start);
      writePosition(w, end);
    }
  }
  if (v.hasPendingRepair) writeOptionalUuid(w, stats.pendingRepair);
  if (v.hasIsTransient) w.u8(stats.isTransient ? 1 : 0);
  if (v.hasOriginatingHostId) writeOptionalUuid(w, stats.originatingHostId);
  if (v.hasPartitionLevelDeletionMarker) w.u8(stats.hasPartitionLevelDeletions === true ? 1 : 0);
  if (v.hasImprovedMinMax && v.hasLegacyMinMax) writeCovered(w, stats.coveredClustering);
  if (v.hasKeyRange) {
    w.vintBytes(stats.firstKey ?? NO_BYTES);
    w.vintBytes(stats.lastKey ?? NO_BYTES);
  }
  if (v.hasTokenSpaceCoverage) w.f64(stats.tokenSpaceCoverage ?? Number.NaN);
}

const NO_BYTES = new Uint8Array(0);
const NO_POSITION: CommitLogPosition = { segmentId: -1n, position: 0 };

function writeEstimatedHistogram(w: ByteWriter, { offsets, buckets }: EstimatedHistogram): void {
  w.i32(buckets.length);
  buckets.forEach((count, i) => {
    w.i64(BigInt(offsets[Math.max(0, i - 1)] ?? 0));
    w.i64(count);
  });
}

function writeTombstoneHistogram(w: ByteWriter, h: TombstoneHistogram, legacy: boolean): void {
  w.i32(h.maxBinSize);
  w.i32(h.points.length);
  h.points.forEach((point, i) => {
    const count = h.counts[i] ?? 0n;
    if (legacy) {
      w.f64(point);
      w.i64(count);
    } else {
      w.i64(BigInt(point));
      w.i32(Number(count));
    }
  });
}

function writePosition(w: ByteWriter, { segmentId, position }: CommitLogPosition): void {
  w.i64(segmentId);
  w.i32(position);
}

function writeOptionalUuid(w: ByteWriter, uuid: Uint8Array | null): void {
  w.u8(uuid === null ? 0 : 1);
  if (uuid !== null) w.bytes(uuid);
}

function writeValues(w: ByteWriter, values: readonly Uint8Array[]): void {
  w.i32(values.length);
  for (const value of values) w.shortBytes(value);
}

function writeCovered(w: ByteWriter, covered: CoveredClustering | null): void {
  const { typeTexts, start, end } = covered ?? EVERYTHING;
  w.uvint(typeTexts.length);
  for (const text of typeTexts) writeString(w, text);
  const types = typeTexts.map(parseType);
  writeBound(w, types, start);
  writeBound(w, types, end);
}

/** Covers whatever there may be. */
const EVERYTHING: CoveredClustering = {
  typeTexts: [],
  start: { kind: 1, values: [] },
  end: { kind: 6, values: [] },
};

function writeBound(w: ByteWriter, types: readonly CqlType[], bound: ClusteringPrefix): void {
  w.u8(bound.kind);
  w.u16(bound.values.length);
  writeClusteringValues(w, types, bound.values);
}
