/** Everything that the small components of one SSTable say, as plain data for `info`. */
import { ByteReader, NeedMoreBytes } from '../../binary/index.js';
import {
  type CompressionFacts,
  PARTITIONS_FOOTER_BYTES,
  parseCompressionFacts,
  parsePartitionsFooter,
  parseSummaryHead,
  parseSummaryKeys,
  type SerializationHeader,
  type Statistics,
  type StatsMetadata,
  SUMMARY_HEAD_BYTES,
} from '../../components/index.js';
import {
  type ClusteringPrefix,
  type CqlType,
  keyTexts,
  partitioner,
  typeToCql,
  uuidText,
  valueText,
} from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import { openFile, type RandomAccessFile } from '../../io/index.js';
import { checkLimit } from '../../limits.js';
import type { SSTableFiles } from '../../sstable/index.js';
import { formatMillis } from '../format.js';
import { estimateKeys } from './cardinality.js';
import type { SSTableFacts } from './facts.js';
import { rowFacts } from './facts.js';
import { droppableRatio, summarize } from './histogram.js';

type Where = { readonly file: string; readonly component: string };

/** What `use` makes of one component; null when it is not there. */
async function withComponent<T>(
  files: SSTableFiles,
  name: string,
  use: (file: RandomAccessFile, where: Where) => Promise<T>,
): Promise<T | null> {
  const component = files.components.get(name);
  if (component === undefined) return null;
  const where = { file: component.path, component: name };
  const file = await openFile(component.path);
  try {
    return await use(file, where);
  } catch (error) {
    throw error instanceof SstashError ? error.with(where) : error;
  } finally {
    await file.close();
  }
}

/** A partition key with its parts as text and its token. */
function keyDetails(key: Uint8Array, statistics: Statistics) {
  const { keyType } = statistics.header;
  const token = partitioner(statistics.partitioner, keyType).tokenText(key);
  return { key: keyTexts(keyType, key), bytes: key, token };
}

function valuesText(
  values: readonly (Uint8Array | null)[],
  types: readonly CqlType[],
): (string | null)[] {
  return values.map((value, i) => {
    const type = types[i];
    return value === null || type === undefined ? null : valueText(type, value);
  });
}

const BOUND_NAMES: Readonly<Record<number, string>> = {
  0: 'exclusive end',
  1: 'inclusive start',
  6: 'inclusive end',
  7: 'exclusive start',
};

function boundDetails(bound: ClusteringPrefix, types: readonly CqlType[]) {
  return { bound: BOUND_NAMES[bound.kind] ?? bound.kind, values: valuesText(bound.values, types) };
}

function clusteringDetails(stats: StatsMetadata, { clusteringTypes }: SerializationHeader) {
  const { coveredClustering: covered, minClusteringValues, maxClusteringValues } = stats;
  const texts = (values: readonly Uint8Array[] | null) =>
    values === null ? null : valuesText(values, clusteringTypes);
  return {
    minClusteringValues: texts(minClusteringValues),
    maxClusteringValues: texts(maxClusteringValues),
    coveredClustering:
      covered === null
        ? null
        : {
            start: boundDetails(covered.start, clusteringTypes),
            end: boundDetails(covered.end, clusteringTypes),
            types: covered.typeTexts,
          },
  };
}

function statsDetails(statistics: Statistics, now: number) {
  const { stats, header } = statistics;
  const { points, counts, maxBinSize } = stats.estimatedTombstoneDropTime;
  const drops = stats.estimatedTombstoneDropTime;
  return {
    minTimestamp: stats.minTimestamp,
    maxTimestamp: stats.maxTimestamp,
    minLocalDeletionTime: stats.minLocalDeletionTime,
    maxLocalDeletionTime: stats.maxLocalDeletionTime,
    minTTL: stats.minTTL,
    maxTTL: stats.maxTTL,
    compressionRatio: stats.compressionRatio,
    estimatedDroppableTombstones: droppableRatio(drops, stats.estimatedCellCount, now),
    estimatedTombstoneDropTimes: {
      maxBinSize,
      bins: [...points].map((time, i) => ({ time, count: counts[i] ?? 0n })),
    },
    partitionSize: summarize(stats.estimatedPartitionSize),
    cellCount: summarize(stats.estimatedCellCount),
    ...clusteringDetails(stats, header),
    hasLegacyCounterShards: stats.hasLegacyCounterShards,
    totalColumnsSet: stats.totalColumnsSet,
    totalRows: stats.totalRows,
    commitLogLowerBound: stats.commitLogLowerBound,
    commitLogUpperBound: stats.commitLogUpperBound,
    commitLogIntervals: stats.commitLogIntervals?.map(([from, to]) => ({ from, to })) ?? null,
    originatingHostId: stats.originatingHostId === null ? null : uuidText(stats.originatingHostId),
    hasPartitionLevelDeletions: stats.hasPartitionLevelDeletions,
    // Flushes and most compactions write NaN: they do not know it.
    tokenSpaceCoverage: Number.isNaN(stats.tokenSpaceCoverage) ? null : stats.tokenSpaceCoverage,
    paddingBytes: stats.paddingBytes,
  };
}

function headerDetails(header: SerializationHeader) {
  const column = ({ text, type, typeText }: SerializationHeader['staticColumns'][number]) => ({
    name: text,
    type: typeText,
    cql: typeToCql(type),
  });
  return {
    minTimestamp: header.minTimestamp,
    minLocalDeletionTime: header.minLocalDeletionTime,
    minTTL: header.minTTL,
    keyType: header.keyTypeText,
    clusteringTypes: header.clusteringTypeTexts,
    staticColumns: header.staticColumns.map(column),
    regularColumns: header.regularColumns.map(column),
  };
}

/** Compressors have few options; more is read where they have many. */
const COMPRESSION_START_BYTES = 4096;

/** From the first bytes where they say it all: the offsets behind them grow with the table. */
function compressionDetails(files: SSTableFiles) {
  const { version } = files.descriptor;
  return withComponent(files, 'CompressionInfo.db', async (file, where) => {
    const parse = async (length: number): Promise<CompressionFacts> =>
      parseCompressionFacts(await file.read(0, length), file.size, version, where);
    const start = Math.min(COMPRESSION_START_BYTES, file.size);
    const { dictionary, ...facts } = await parse(start).catch((error) => {
      if (error instanceof NeedMoreBytes) return parse(file.size);
      throw error;
    });
    const about =
      dictionary === null ? null : { id: dictionary.id, bytes: dictionary.bytes.length };
    return { ...facts, dictionary: about };
  });
}

/** From both ends: the samples between them grow with the table. */
function summaryDetails(files: SSTableFiles) {
  return withComponent(files, 'Summary.db', async (file, where) => {
    checkLimit('summaryBytesMax', file.size, where);
    const head = await file.read(0, SUMMARY_HEAD_BYTES);
    const { count: entries, memSize, ...parameters } = parseSummaryHead(head, where);
    const keysAt = SUMMARY_HEAD_BYTES + memSize;
    const keys = await file.read(keysAt, file.size - keysAt);
    return { summary: { ...parameters, entries }, ...parseSummaryKeys(keys, keysAt, where) };
  });
}

/** The end of Partitions.db: a trie may have gigabytes. Null for formats without one. */
function partitionIndexDetails(files: SSTableFiles) {
  return withComponent(files, 'Partitions.db', async (file, where) => {
    const from = Math.max(0, file.size - PARTITIONS_FOOTER_BYTES);
    const bytes = await file.read(from, file.size - from);
    const { partitions, root, keysPosition } = parsePartitionsFooter(bytes, file.size, where);
    const rowIndexBytes = files.components.get('Rows.db')?.size ?? null;
    return { partitions, root, trieBytes: keysPosition, rowIndexBytes };
  });
}

const FILTER_HEADER_BYTES = 8;

/** From the first bytes alone: a filter may have a gigabyte. */
function filterDetails(files: SSTableFiles) {
  return withComponent(files, 'Filter.db', async (file, where) => {
    const r = new ByteReader(await file.read(0, FILTER_HEADER_BYTES), { where });
    const hashCount = r.i32();
    const bytes = r.u32() * 8;
    if (bytes !== file.size - FILTER_HEADER_BYTES) {
      throw r.corrupt(`${bytes} bytes of filter in a file of ${file.size}`, 4);
    }
    return { hashCount, bytes, bits: bytes * 8 };
  });
}

export type SSTableDetails = Awaited<ReturnType<typeof readDetails>>;

/** The details of one SSTable. Throws the error of the first component that cannot be read. */
export async function readDetails(files: SSTableFiles, facts: SSTableFacts, now: number) {
  const { statistics, error, created, ...rest } = facts;
  if (statistics === null) throw error ?? new TypeError('no statistics and no error');
  const compression = await compressionDetails(files);
  const { summary = null, firstKey, lastKey } = (await summaryDetails(files)) ?? {};
  const first = statistics.stats.firstKey ?? firstKey ?? null;
  const last = statistics.stats.lastKey ?? lastKey ?? null;
  const { version } = files.descriptor;
  const { partitions, level, repairedAt, pendingRepair, isTransient } = rowFacts(
    statistics,
    version,
  );
  return {
    ...rest,
    created: created === null ? null : formatMillis(BigInt(created)),
    partitioner: statistics.partitioner,
    bloomFilterFpChance: statistics.bloomFilterFpChance,
    estimatedCardinality: estimateKeys(statistics.cardinality),
    partitions,
    first: first === null ? null : keyDetails(first, statistics),
    last: last === null ? null : keyDetails(last, statistics),
    level,
    repairedAt,
    pendingRepair,
    isTransient,
    ...statsDetails(statistics, now),
    serializationHeader: headerDetails(statistics.header),
    compression,
    summary,
    partitionIndex: await partitionIndexDetails(files),
    filter: await filterDetails(files),
  };
}
