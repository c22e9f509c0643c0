/** `get` for people: one line per cell, with what it says, since when and where from. */
import { cellText } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { formatCount, formatMicros, formatSeconds } from '../format.js';
import type { ClusteringParts, KeyPart, PartitionIntro, PartitionOutput } from './output.js';
import type { CellFacts, DeletionFacts, LivenessFacts, RowFacts } from './partition-facts.js';

const DATE_SECONDS_MAX = 253402300800;

/** A local time; raw where it is no date that people write. */
function seconds(time: number): string {
  return time < DATE_SECONDS_MAX ? formatSeconds(time) : String(time);
}

function written(timestamp: bigint): string {
  return `written ${formatMicros(timestamp)} (${timestamp})`;
}

function from(sstables: readonly string[]): string {
  return sstables.length === 0 ? '' : `  in ${sstables.join(', ')}`;
}

function deletionText({ timestamp, localDeletionTime, sstables }: DeletionFacts): string {
  return `${written(timestamp)}, on ${seconds(localDeletionTime)}${from(sstables)}`;
}

function expiry({ ttl, localDeletionTime, state }: LivenessFacts | CellFacts): string {
  if (ttl === null || localDeletionTime === null) return '';
  const verb = state === 'expired' ? 'expired' : 'expires';
  return `, TTL ${ttl} s, ${verb} ${seconds(localDeletionTime)}`;
}

function partText({ name, text }: KeyPart): string {
  return name === null ? text : `${name} = ${text}`;
}

function clusteringText(parts: ClusteringParts): string {
  return parts.map((part) => (part === null ? 'null' : partText(part))).join(', ');
}

function cellLine(cell: CellFacts, width: number): string {
  const { state, timestamp, sstables, localDeletionTime, shards, source } = cell;
  const value = state === 'deleted' ? 'deleted' : cellText(source.column, source.cell);
  const what = state === 'expired' ? `${value} (expired)` : value;
  const when =
    state === 'deleted' && localDeletionTime !== null
      ? `, on ${seconds(localDeletionTime)}`
      : expiry(cell);
  const parts = shards === undefined || shards.length < 2 ? '' : `, ${shards.length} shards`;
  const name = cellName(cell).padEnd(width);
  return `  ${name}  ${what}  ${written(timestamp)}${when}${parts}${from(sstables)}`;
}

function cellName({ column, path }: CellFacts): string {
  return path === undefined ? column : `${column}[${path}]`;
}

function rowLines(head: string, facts: RowFacts): string[] {
  const { live, liveness, deletion, cells, collectionDeletions } = facts;
  const lines = [live ? head : `${head}  (not live)`];
  if (deletion !== null) lines.push(`  row deleted  ${deletionText(deletion)}`);
  if (liveness !== null) {
    const word = liveness.state === 'live' ? 'inserted' : 'inserted, expired';
    const { timestamp, sstables } = liveness;
    lines.push(`  ${word}  ${written(timestamp)}${expiry(liveness)}${from(sstables)}`);
  }
  for (const each of collectionDeletions) {
    lines.push(`  ${each.column} deleted  ${deletionText(each)}`);
  }
  const width = Math.max(0, ...cells.map((cell) => cellName(cell).length));
  return [...lines, ...cells.map((cell) => cellLine(cell, Math.min(width, 40)))];
}

function introLines(intro: PartitionIntro): string[] {
  const { keyspace, table, key, keyColumns, token, sstables, searched, at, deletion } = intro;
  const named = keyColumns.every(({ name }) => name !== null);
  const keyText = named ? keyColumns.map(partText).join(', ') : key;
  const list = sstables.map(({ sstable }) => sstable).join(', ');
  const lines = [
    `${keyspace}.${table}  key ${keyText}  token ${token}`,
    `in ${sstables.length} of ${searched} SSTables${list === '' ? '' : `: ${list}`}; ` +
      `TTLs as of ${formatSeconds(at)}`,
  ];
  if (deletion !== null) lines.push(`partition deleted  ${deletionText(deletion)}`);
  if (intro.static !== null) lines.push(...rowLines('static', { ...intro.static, live: true }));
  return lines;
}

export function textOutput(context: CommandContext): PartitionOutput {
  const print = async (lines: readonly string[]): Promise<void> => {
    for (const line of lines) await context.print(line);
  };
  return {
    begin: (intro) => print(introLines(intro)),
    row: (clustering, facts) => {
      const place = clusteringText(clustering);
      return print(rowLines(place === '' ? 'row' : `row ${place}`, facts));
    },
    async marker(clustering, { bound, ends, begins }) {
      const place = clusteringText(clustering);
      const at = place === '' ? '' : ` (${place})`;
      const lines = [`range deletion, ${bound}${at}`];
      if (ends !== null) lines.push(`  ends    ${deletionText(ends)}`);
      if (begins !== null) lines.push(`  begins  ${deletionText(begins)}`);
      await print(lines);
    },
    async end({ liveRows, found }) {
      const rows = `${formatCount(liveRows)} ${liveRows === 1 ? 'row' : 'rows'}`;
      await context.print(found ? `${rows} live` : 'no live row: a SELECT returns nothing');
    },
  };
}
