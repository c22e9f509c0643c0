/** The details of one SSTable for people: one fact per line, histograms as tables. */
import { formatBytes, formatCount, formatMicros, formatMillis, formatSeconds } from '../format.js';
import { renderTable } from '../table.js';
import type { SSTableDetails } from './details.js';
import { hasTimes, versionOf } from './facts.js';
import { type HistogramSummary, isNoDropTime } from './histogram.js';

type Line = readonly [label: string, value: string];

function micros(value: bigint, isTime = true): string {
  return isTime ? `${formatMicros(value)} (${value})` : `${value} (none)`;
}

/** Local deletion times: the largest of each kind of format stands for "none". */
function seconds(value: number): string {
  if (value === 0x7fffffff || value === 0xffffffff) return `${value} (none)`;
  return `${formatSeconds(value)} (${value})`;
}

function key(details: SSTableDetails['first']): string {
  return details === null ? '-' : `${details.key.join(':')} (token ${details.token})`;
}

function list(values: readonly (string | null)[]): string {
  return `[${values.map((value) => value ?? 'null').join(', ')}]`;
}

function identityLines(d: SSTableDetails): Line[] {
  const created = d.created === null ? '' : `, made ${d.created}`;
  const faults = [
    ...d.missing.map((name) => `missing ${name}`),
    ...d.unexpected.map((name) => `unexpected ${name}`),
  ];
  const sizes = d.components.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`);
  return [
    ['Version', `${d.version} (${d.format})`],
    ['Generation', `${d.generation}${created}`],
    ['Components', `${formatBytes(d.bytes)}: ${sizes.join(', ')}`],
    ...(faults.length === 0 ? [] : [['Faults', faults.join(', ')] as const]),
    ['Partitioner', d.partitioner],
    ['Partitions', formatCount(d.partitions)],
    ['Estimated cardinality', d.estimatedCardinality === null ? '-' : `${d.estimatedCardinality}`],
    ['Rows', formatCount(d.totalRows)],
    ['Cells', formatCount(d.totalColumnsSet)],
    ['First key', key(d.first)],
    ['Last key', key(d.last)],
  ];
}

function timeLines(d: SSTableDetails): Line[] {
  const repaired = d.repairedAt === 0n ? 'no' : `${formatMillis(d.repairedAt)} (${d.repairedAt})`;
  return [
    ['Minimum timestamp', micros(d.minTimestamp, hasTimes(d))],
    ['Maximum timestamp', micros(d.maxTimestamp, hasTimes(d))],
    ['Minimum local deletion time', seconds(d.minLocalDeletionTime)],
    ['Maximum local deletion time', seconds(d.maxLocalDeletionTime)],
    ['TTL', `${d.minTTL} to ${d.maxTTL}`],
    ['Estimated droppable tombstones', String(d.estimatedDroppableTombstones)],
    ['Level', String(d.level)],
    ['Repaired', repaired],
    ['Pending repair', d.pendingRepair ?? '-'],
    ['Transient', d.isTransient ? 'yes' : 'no'],
    ['Originating host', d.originatingHostId ?? '-'],
    ['Commit log', commitLog(d)],
  ];
}

function commitLog(d: SSTableDetails): string {
  const position = (at: { segmentId: bigint; position: number }): string =>
    `${at.segmentId}:${at.position}`;
  const intervals = d.commitLogIntervals ?? [];
  if (intervals.length === 0) return `up to ${position(d.commitLogUpperBound)}`;
  return intervals.map(({ from, to }) => `${position(from)} to ${position(to)}`).join(', ');
}

function clusteringLines(d: SSTableDetails): Line[] {
  const { minClusteringValues: min, maxClusteringValues: max, coveredClustering: covered } = d;
  const lines: Line[] = [];
  if (min !== null) lines.push(['Minimum clustering', list(min)]);
  if (max !== null) lines.push(['Maximum clustering', list(max)]);
  if (covered !== null) {
    const ends = [covered.start, covered.end].map(
      ({ bound, values }) => `${list(values)} ${bound}`,
    );
    lines.push(['Covered clusterings', ends.join(' to ')]);
  }
  if (d.hasPartitionLevelDeletions !== null) {
    lines.push(['Partition deletions', d.hasPartitionLevelDeletions ? 'yes' : 'no']);
  }
  if (versionOf(d).hasTokenSpaceCoverage) {
    lines.push(['Token space coverage', String(d.tokenSpaceCoverage ?? 'not recorded')]);
  }
  lines.push(['Legacy counter shards', d.hasLegacyCounterShards ? 'yes' : 'no']);
  return lines;
}

function compressionLines({ compression, compressionRatio }: SSTableDetails): Line[] {
  if (compression === null) return [['Compression', 'none']];
  const options = [...compression.options].map(([name, value]) => `${name}=${value}`);
  const limit = compression.maxCompressedLength;
  return [
    ['Compression', [compression.compressorText, ...options].join(', ')],
    ['Compression ratio', String(compressionRatio)],
    ['Uncompressed length', `${formatBytes(compression.dataLength)} (${compression.dataLength})`],
    ['Blocks', `${formatCount(compression.chunks)} of ${formatBytes(compression.chunkLength)}`],
    ['Largest compressed block', limit === 0x7fffffff ? 'any' : formatBytes(limit)],
    ...(compression.dictionary === null
      ? []
      : [['Dictionary', dictionary(compression.dictionary)] as const]),
  ];
}

const dictionary = ({ id, bytes }: { id: bigint; bytes: number }): string =>
  `${id}, ${formatBytes(bytes)}`;

function indexLines(details: SSTableDetails): Line[] {
  const { summary, partitionIndex, filter, bloomFilterFpChance } = details;
  const size =
    filter === null ? 'none' : `${filter.hashCount} hashes, ${formatBytes(filter.bytes)}`;
  const lines: Line[] = [
    ['Bloom filter', `${size}, chance of a false positive ${bloomFilterFpChance}`],
  ];
  if (summary !== null) {
    lines.push([
      'Index summary',
      `${formatCount(summary.entries)} entries, one in ${summary.minIndexInterval}, ` +
        `sampling level ${summary.samplingLevel} of 128`,
    ]);
  }
  if (partitionIndex !== null) {
    const { partitions, root, trieBytes, rowIndexBytes } = partitionIndex;
    const rows = rowIndexBytes === null ? '' : `, row index of ${formatBytes(rowIndexBytes)}`;
    lines.push([
      'Partition index',
      `${formatCount(partitions)} partitions, trie of ${formatBytes(trieBytes)} with its root at ${root}${rows}`,
    ]);
  }
  return lines;
}

function headerLines({ serializationHeader: header }: SSTableDetails): Line[] {
  const columns = (all: typeof header.staticColumns): string =>
    all.length === 0 ? '-' : all.map(({ name, cql }) => `${name} ${cql}`).join(', ');
  return [
    ['Base timestamp', micros(header.minTimestamp)],
    ['Base local deletion time', seconds(header.minLocalDeletionTime)],
    ['Base TTL', String(header.minTTL)],
    ['Key type', header.keyType],
    ['Clustering types', list(header.clusteringTypes)],
    ['Static columns', columns(header.staticColumns)],
    ['Regular columns', columns(header.regularColumns)],
  ];
}

const BAR_LENGTH = 30;

function bars(counts: readonly bigint[]): string[] {
  const largest = Math.max(1, ...counts.map(Number));
  return counts.map((count) => '#'.repeat(Math.ceil((BAR_LENGTH * Number(count)) / largest)));
}

async function histogram(title: string, all: HistogramSummary): Promise<string> {
  const drawn = bars(all.buckets.map(({ count }) => count));
  const rows = all.buckets.map(({ upTo, count }, i) => [
    upTo === null ? 'more' : String(upTo),
    formatCount(count),
    drawn[i] ?? '',
  ]);
  const shares = Object.entries(all.percentiles).map(([share, value]) => `${share}% ${value}`);
  const ends = `min ${all.min}, ${shares.join(', ')}, max ${all.max}`;
  return `\n${title} (${ends})\n${await renderTable(['up to', 'count', ''], rows)}`;
}

async function dropTimes(d: SSTableDetails): Promise<string> {
  const all = d.estimatedTombstoneDropTimes.bins;
  if (all.length === 0) return '';
  const version = versionOf(d);
  const bins = all.filter(({ time }) => !isNoDropTime(time, version));
  const live = all.find(({ time }) => isNoDropTime(time, version));
  const note =
    live === undefined
      ? ''
      : `not shown: ${formatCount(live.count)} times "none", which this release counts for what is live\n`;
  const drawn = bars(bins.map(({ count }) => count));
  const rows = bins.map(({ time, count }, i) => [
    formatSeconds(Math.floor(time)),
    formatCount(count),
    drawn[i] ?? '',
  ]);
  const table = rows.length === 0 ? '' : await renderTable(['time', 'count', ''], rows);
  return `\nTombstone drop times\n${table}${note}`;
}

/** Text of one SSTable, an empty line behind it. */
export async function infoText(table: string, details: SSTableDetails): Promise<string> {
  const lines: Line[] = [
    ['SSTable', `${details.directory}/${details.sstable}`],
    ['Table', table],
    ...identityLines(details),
    ...timeLines(details),
    ...clusteringLines(details),
    ...compressionLines(details),
    ...indexLines(details),
    ...headerLines(details),
  ];
  const text = lines.map(([label, value]) => `${label}: ${value}\n`).join('');
  const sizes = await histogram('Partition size in bytes', details.partitionSize);
  const cells = await histogram('Cells per partition', details.cellCount);
  return `${text}${await dropTimes(details)}${sizes}${cells}\n`;
}
