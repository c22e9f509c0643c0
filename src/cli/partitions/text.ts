/** `partitions` for people. */
import type { PartitionSize, SkewFinding } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { formatBytes, formatCount, formatMicros, formatMillis, formatSeconds } from '../format.js';
import { keyName } from './names.js';
import type { TablePartitions } from './partitions.js';

const HEAD = ['key', 'bytes', 'largest row', 'rows', 'cells', 'tombstones', 'droppable'];
const MORE = ['expired', 'soon', 'SSTables', 'last write'];
const KEY_LENGTH_MAX = 48;

function shorten(text: string): string {
  return text.length > KEY_LENGTH_MAX ? `${text.slice(0, KEY_LENGTH_MAX)}…` : text;
}

/** Share of tombstones among what a read of the partition meets. */
function ratio(tombstones: number, cells: number): string {
  if (tombstones === 0) return '0';
  const percent = Math.round((100 * tombstones) / Math.max(1, cells + tombstones));
  return `${formatCount(tombstones)} (${percent}%)`;
}

function row({ key: table }: TablePartitions, size: PartitionSize): string[] {
  const { key, bytes, largestRow, counts, shares, maxTimestamp } = size;
  const { rows, cells, tombstones, droppable, expired, expiringSoon } = counts;
  return [
    shorten(keyName(table, key)),
    formatBytes(bytes),
    formatBytes(largestRow),
    formatCount(rows),
    formatCount(cells),
    ratio(tombstones, cells),
    formatCount(droppable),
    formatCount(expired),
    formatCount(expiringSoon),
    formatCount(shares.length),
    maxTimestamp === null ? '-' : formatMicros(maxTimestamp),
  ];
}

function skewLines(
  found: TablePartitions,
  what: string,
  finding: SkewFinding,
  text: (size: PartitionSize) => string,
): string[] {
  const { partitions, examples } = finding;
  if (partitions === 0) return [];
  const count = `${formatCount(partitions)} ${partitions === 1 ? 'partition' : 'partitions'}`;
  return [
    `${count} ${what}`,
    ...examples.map((size) => `  ${shorten(keyName(found.key, size.key))}: ${text(size)}`),
  ];
}

function time(micros: bigint | null): string {
  return micros === null ? 'never' : formatMicros(micros);
}

function reversedText({ files, report }: TablePartitions, { shares }: PartitionSize): string {
  const sources = shares.map(({ source }) => source);
  const times = shares.map(({ maxTimestamp }) => maxTimestamp);
  const found = report.order.reversal(sources, times);
  if (found === null) return '';
  const name = (source: number): string => files.sstables[source]?.descriptor.base ?? '';
  const last = (source: number): string => time(times[sources.indexOf(source)] ?? null);
  const { earlier, later } = found;
  return (
    `${name(later)} was written later and ends with ${last(later)}, ` +
    `${name(earlier)} has writes up to ${last(earlier)}`
  );
}

export async function printReport(context: CommandContext, found: TablePartitions): Promise<void> {
  const { files, at, gcGraceSeconds, report } = found;
  const { partitions, shared, bytes, counts, top, skew } = report;
  const { rows, cells, tombstones, droppable, expired, expiring, expiringSoon } = counts;
  const tables = `${files.sstables.length} ${files.sstables.length === 1 ? 'SSTable' : 'SSTables'}`;
  const lines = [
    `${files.keyspace}.${files.table}  ${files.directory}`,
    `${formatCount(partitions)} partitions, ${formatCount(shared)} in several of ${tables}; ` +
      `${formatBytes(bytes)}, ${formatCount(rows)} rows, ${formatCount(cells)} cells`,
    `${ratio(tombstones, cells)} tombstones, ${formatCount(droppable)} droppable at ` +
      `${formatSeconds(at)} with gc_grace ${formatCount(gcGraceSeconds)} s; ` +
      `cells with TTL: ${formatCount(expired)} expired, ${formatCount(expiring)} live, ` +
      `${formatCount(expiringSoon)} of them soon over`,
    '',
  ];
  for (const line of lines) await context.print(line);
  await context.table(
    [...HEAD, ...MORE],
    top.map((size) => row(found, size)),
  );
  const notes = [
    ...skewLines(found, 'with write times in the future', skew.future, ({ maxTimestamp }) => {
      return `last write ${time(maxTimestamp)} (${maxTimestamp})`;
    }),
    ...skewLines(
      found,
      'with write times that look like milliseconds',
      skew.millis,
      ({ minTimestamp }) =>
        minTimestamp === null ? '' : `${minTimestamp} is ${formatMillis(minTimestamp)}`,
    ),
    ...skewLines(
      found,
      'with older write times in an SSTable that was written later (late writes or hints, own ' +
        'timestamps, or clocks that differ)',
      skew.reversed,
      (size) => reversedText(found, size),
    ),
  ];
  if (notes.length > 0) await context.print('');
  for (const line of notes) await context.print(line);
  await context.print('');
}
