/**
 * STATS of Statistics.db (format reference, 6.4), in file order; `[x]` = only in versions from x on:
 *
 *   estimatedPartitionSize, estimatedCellCount   EstimatedHistogram each
 *   commitLogUpperBound                          i64 segment, i32 position
 *   minTimestamp, maxTimestamp                   i64 each
 *   minLocalDeletionTime, max...                 i32 each [oa: u32]
 *   minTTL, maxTTL                               i32 each
 *   compressionRatio                             f64
 *   estimatedTombstoneDropTime                   TombstoneHistogram
 *   sstableLevel, repairedAt                     i32, i64
 *   minClusteringValues, max...                  i32 n, n × short-bytes each        [not oa]
 *   clusteringTypes                              uvint n, n × vint-string           [oa]
 *   coveredClustering                            two bounds                         [oa]
 *   hasLegacyCounterShards                       bool
 *   totalColumnsSet, totalRows                   i64 each
 *   commitLogLowerBound                          i64, i32                           [mb]
 *   commitLogIntervals                           i32 n, n × two positions           [mc]
 *   pendingRepair                                bool, then 16 bytes if true        [na]
 *   isTransient                                  bool                               [na]
 *   originatingHostId                            bool, then 16 bytes if true        [me, nb]
 *   hasPartitionLevelDeletions                   bool                               [nc]
 *   clusteringTypes, coveredClustering           as above                           [nc only]
 *   firstKey, lastKey                            vint-bytes each                    [nc]
 *   tokenSpaceCoverage                           f64                                [oa]
 *
 * Bytes that follow are padding: 4 for each bin of the drop-time histogram from oa on.
 */
import type { ByteReader } from '../binary/index.js';
import { type ClusteringPrefix, type CqlType, parseType } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { readBound } from './clustering-prefix.js';
import {
  type EstimatedHistogram,
  readEstimatedHistogram,
  readTombstoneHistogram,
  type TombstoneHistogram,
} from './histograms.js';
import type { FormatVersion } from './versions.js';

export interface CommitLogPosition {
  readonly segmentId: bigint;
  readonly position: number;
}

/** What the clusterings of the SSTable lie between; versions nc and from oa on. */
export interface CoveredClustering {
  readonly typeTexts: readonly string[];
  readonly start: ClusteringPrefix;
  readonly end: ClusteringPrefix;
}

export interface StatsMetadata {
  /** Bytes per partition in the uncompressed stream. */
  readonly estimatedPartitionSize: EstimatedHistogram;
  readonly estimatedCellCount: EstimatedHistogram;
  readonly commitLogUpperBound: CommitLogPosition;
  /** Microseconds; i64 min and i64 max when nothing was written. */
  readonly minTimestamp: bigint;
  readonly maxTimestamp: bigint;
  /** Seconds, unsigned 32-bit; 0x7fffffff or, where times are unsigned, 0xffffffff for none. */
  readonly minLocalDeletionTime: number;
  readonly maxLocalDeletionTime: number;
  readonly minTTL: number;
  readonly maxTTL: number;
  /** Compressed by uncompressed bytes, -1 for an uncompressed SSTable. */
  readonly compressionRatio: number;
  readonly estimatedTombstoneDropTime: TombstoneHistogram;
  readonly sstableLevel: number;
  /** Milliseconds, 0 = not repaired. */
  readonly repairedAt: bigint;
  /** Null where the version has none. */
  readonly minClusteringValues: readonly Uint8Array[] | null;
  readonly maxClusteringValues: readonly Uint8Array[] | null;
  readonly coveredClustering: CoveredClustering | null;
  readonly hasLegacyCounterShards: boolean;
  readonly totalColumnsSet: bigint;
  readonly totalRows: bigint;
  readonly commitLogLowerBound: CommitLogPosition | null;
  readonly commitLogIntervals: readonly (readonly [CommitLogPosition, CommitLogPosition])[] | null;
  /** 16 bytes of a UUID, or null. */
  readonly pendingRepair: Uint8Array | null;
  readonly isTransient: boolean;
  readonly originatingHostId: Uint8Array | null;
  readonly hasPartitionLevelDeletions: boolean | null;
  readonly firstKey: Uint8Array | null;
  readonly lastKey: Uint8Array | null;
  /** Share of the token ring; NaN when not known, null where the version has none. */
  readonly tokenSpaceCoverage: number | null;
  /** Bytes after the last field. */
  readonly paddingBytes: number;
}

/** Reads STATS from a reader that ends with it; byte fields are copies. */
export function parseStatsMetadata(r: ByteReader, v: FormatVersion): StatsMetadata {
  const estimatedPartitionSize = readEstimatedHistogram(r, 'estimatedPartitionSize');
  const estimatedCellCount = readEstimatedHistogram(r, 'estimatedCellCount');
  const commitLogUpperBound = readPosition(r);
  const minTimestamp = r.i64();
  const maxTimestamp = r.i64();
  const minLocalDeletionTime = r.u32();
  const maxLocalDeletionTime = r.u32();
  const minTTL = r.i32();
  const maxTTL = r.i32();
  const compressionRatio = r.f64();
  const estimatedTombstoneDropTime = readTombstoneHistogram(r, !v.hasUIntDeletionTime);
  const sstableLevel = r.i32();
  const repairedAt = r.i64();
  const minClusteringValues = v.hasLegacyMinMax ? readValues(r, 'minClusteringValues') : null;
  const maxClusteringValues = v.hasLegacyMinMax ? readValues(r, 'maxClusteringValues') : null;
  const early = v.hasImprovedMinMax && !v.hasLegacyMinMax ? readCovered(r) : null;
  const hasLegacyCounterShards = readBool(r, 'hasLegacyCounterShards');
  const totalColumnsSet = r.i64();
  const totalRows = r.i64();
  const commitLogLowerBound = v.hasCommitLogLowerBound ? readPosition(r) : null;
  const commitLogIntervals = v.hasCommitLogIntervals ? readIntervals(r) : null;
  const pendingRepair = v.hasPendingRepair ? readOptionalUuid(r, 'pendingRepair') : null;
  // Versions na of before 4.0-beta lack this byte.
  const lacksTransient = !v.hasIsTransient || (v.letters === 'na' && r.remaining === 0);
  const isTransient = lacksTransient ? false : readBool(r, 'isTransient');
  const originatingHostId = v.hasOriginatingHostId
    ? readOptionalUuid(r, 'originatingHostId')
    : null;
  const hasPartitionLevelDeletions = v.hasPartitionLevelDeletionMarker
    ? readBool(r, 'hasPartitionLevelDeletions')
    : null;
  const late = v.hasImprovedMinMax && v.hasLegacyMinMax ? readCovered(r) : null;
  const firstKey = v.hasKeyRange ? readKey(r, 'firstKey') : null;
  const lastKey = v.hasKeyRange ? readKey(r, 'lastKey') : null;
  const tokenSpaceCoverage = v.hasTokenSpaceCoverage ? r.f64() : null;
  return {
    estimatedPartitionSize,
    estimatedCellCount,
    commitLogUpperBound,
    minTimestamp,
    maxTimestamp,
    minLocalDeletionTime,
    maxLocalDeletionTime,
    minTTL,
    maxTTL,
    compressionRatio,
    estimatedTombstoneDropTime,
    sstableLevel,
    repairedAt,
    minClusteringValues,
    maxClusteringValues,
    coveredClustering: early ?? late,
    hasLegacyCounterShards,
    totalColumnsSet,
    totalRows,
    commitLogLowerBound,
    commitLogIntervals,
    pendingRepair,
    isTransient,
    originatingHostId,
    hasPartitionLevelDeletions,
    firstKey,
    lastKey,
    tokenSpaceCoverage,
    paddingBytes: r.remaining,
  };
}

function readBool(r: ByteReader, what: string): boolean {
  const start = r.position;
  const value = r.u8();
  if (value > 1) throw r.corrupt(`${what} is ${value}, not 0 or 1`, start);
  return value === 1;
}

function readPosition(r: ByteReader): CommitLogPosition {
  return { segmentId: r.i64(), position: r.i32() };
}

function readIntervals(r: ByteReader): [CommitLogPosition, CommitLogPosition][] {
  const count = readCount(r, 'commitLogIntervals', 24);
  return Array.from({ length: count }, () => [readPosition(r), readPosition(r)]);
}

function readOptionalUuid(r: ByteReader, what: string): Uint8Array | null {
  return readBool(r, what) ? r.view8(16).slice() : null;
}

function readKey(r: ByteReader, what: string): Uint8Array {
  const start = r.position;
  const key = r.vintBytes(what);
  checkLimit('keyBytesMax', key.length, { ...r.where, offset: start });
  return key.slice();
}

/** An i32 count of items of at least `bytesEach` bytes, all of which must fit the rest. */
function readCount(r: ByteReader, what: string, bytesEach: number): number {
  const start = r.position;
  const count = r.i32();
  if (count < 0) throw r.corrupt(`number of ${what} is ${count}`, start);
  r.need(count * bytesEach);
  return count;
}

function readValues(r: ByteReader, what: string): Uint8Array[] {
  const start = r.position;
  const count = readCount(r, what, 2);
  checkLimit('clusteringColumnsMax', count, { ...r.where, offset: start });
  return Array.from({ length: count }, () => r.shortBytes().slice());
}

function readCovered(r: ByteReader): CoveredClustering {
  const start = r.position;
  const count = r.uvint('number of clustering types');
  checkLimit('clusteringColumnsMax', count, { ...r.where, offset: start });
  const typeTexts = Array.from({ length: count }, () => r.vintString('clustering type'));
  let types: CqlType[];
  try {
    types = typeTexts.map(parseType);
  } catch (error) {
    if (!isSstashError(error)) throw error;
    throw error.with({ ...r.where, offset: start });
  }
  return { typeTexts, start: copyOf(readBound(r, types)), end: copyOf(readBound(r, types)) };
}

function copyOf(prefix: ClusteringPrefix): ClusteringPrefix {
  return { kind: prefix.kind, values: prefix.values.map((value) => value?.slice() ?? null) };
}
