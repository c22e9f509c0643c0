/**
 * What is left of a Statistics.db that cannot be parsed whole: with its header alone the rows can
 * be read and checked, though not be compared with the numbers.
 */
import { ByteReader } from '../binary/index.js';
import {
  type EstimatedHistogram,
  type FormatVersion,
  parseSerializationHeader,
  type Statistics,
  type StatsMetadata,
} from '../components/index.js';
import { isSstashError } from '../errors.js';

const VALIDATION = 0;
const HEADER = 3;
const PARTS_MAX = 64;
const MURMUR3 = 'org.apache.cassandra.dht.Murmur3Partitioner';

const noHistogram: EstimatedHistogram = {
  offsets: new Float64Array(0),
  buckets: new BigInt64Array(1),
};
const noPosition = { segmentId: -1n, position: 0 };

/** Nothing known. */
const noStats: StatsMetadata = {
  estimatedPartitionSize: noHistogram,
  estimatedCellCount: noHistogram,
  commitLogUpperBound: noPosition,
  minTimestamp: 0n,
  maxTimestamp: 0n,
  minLocalDeletionTime: 0,
  maxLocalDeletionTime: 0,
  minTTL: 0,
  maxTTL: 0,
  compressionRatio: -1,
  estimatedTombstoneDropTime: {
    maxBinSize: 0,
    points: new Float64Array(0),
    counts: new BigInt64Array(0),
  },
  sstableLevel: 0,
  repairedAt: 0n,
  minClusteringValues: null,
  maxClusteringValues: null,
  coveredClustering: null,
  hasLegacyCounterShards: false,
  totalColumnsSet: 0n,
  totalRows: 0n,
  commitLogLowerBound: null,
  commitLogIntervals: null,
  pendingRepair: null,
  isTransient: false,
  originatingHostId: null,
  hasPartitionLevelDeletions: null,
  firstKey: null,
  lastKey: null,
  tokenSpaceCoverage: null,
  paddingBytes: 0,
};

/** The header of a damaged Statistics.db in an otherwise empty Statistics, or null. */
export function salvageStatistics(bytes: Uint8Array, version: FormatVersion): Statistics | null {
  try {
    const offsets = partOffsets(bytes, version);
    const headerAt = offsets.get(HEADER);
    if (headerAt === undefined) return null;
    return {
      partitioner: readPartitioner(bytes, offsets.get(VALIDATION)),
      bloomFilterFpChance: 1,
      cardinality: new Uint8Array(0),
      stats: noStats,
      header: parseSerializationHeader(readerAt(bytes, headerAt), version),
      liveComplexDeletionTime: version.hasUIntDeletionTime ? 0xffffffff : 0x7fffffff,
      parts: [],
    };
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

function readerAt(bytes: Uint8Array, offset: number): ByteReader {
  const r = new ByteReader(bytes);
  r.skip(offset);
  return r;
}

function partOffsets(bytes: Uint8Array, version: FormatVersion): Map<number, number> {
  const r = new ByteReader(bytes);
  const count = r.i32();
  if (count < 1 || count > PARTS_MAX) throw r.corrupt(`the file has ${count} parts`, 0);
  if (version.hasMetadataChecksum) r.skip(4);
  const offsets = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const type = r.i32();
    const offset = r.i32();
    if (offset > 0) offsets.set(type, offset);
  }
  return offsets;
}

/** The usual one where it cannot be read. */
function readPartitioner(bytes: Uint8Array, offset: number | undefined): string {
  if (offset === undefined) return MURMUR3;
  try {
    return readerAt(bytes, offset).utf();
  } catch (error) {
    if (isSstashError(error)) return MURMUR3;
    throw error;
  }
}
