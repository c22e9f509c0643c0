/** `get` for people: one line per cell, with what it says, since when and where from. */
import { cellText } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { formatCount, formatMicros, formatSeconds } from '../format.js';
import type { ClusteringParts, KeyPart, PartitionIntro, PartitionOutput } from './output.js';
import type { CellFacts, DeletionFacts, LivenessFacts, RowFacts } from './partition-facts.js';

/** Times from the year 10,000 on are no dates that people write: they are told as numbers. */
const DATE_SECONDS_MAX = 253402300800;
/** A longer name of an SSTable is told once, with a number that stands for it below. */
const NAME_LENGTH_MAX = 14;
const COLUMN_WIDTH_MAX = 40;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text on one line, without what a terminal would take for a command. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (sign) => {
    return ESCAPES[sign] ?? `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function seconds(time: number): string {
  return time < DATE_SECONDS_MAX ? formatSeconds(time) : String(time);
}

function written(timestamp: bigint): string {
  return `written ${formatMicros(timestamp)} (${timestamp})`;
}

function expiry({ ttl, localDeletionTime, state }: LivenessFacts | CellFacts): string {
  if (ttl === null || localDeletionTime === null) return '';
  const verb = state === 'expired' ? 'expired' : 'expires';
  return `, TTL ${ttl} s, ${verb} ${seconds(localDeletionTime)}`;
}

function partText({ name, text }: KeyPart): string {
  return plain(name === null ? text : `${name} = ${text}`);
}

function clusteringText(parts: ClusteringParts): string {
  return parts.map((part) => (part === null ? 'null' : partText(part))).join(', ');
}

function cellName({ column, path }: CellFacts): string {
  return plain(path === undefined ? column : `${column}[${path}]`);
}

function cellValue({ state, source }: CellFacts): string {
  const { column, cell } = source;
  if (state === 'deleted') return 'deleted';
  // What a set holds is in the brackets.
  const isMember = column.complex && column.type.kind === 'set';
  const value = isMember ? 'member' : plain(cellText(column, cell));
  return state === 'expired' ? `${value} (expired)` : value;
}

/** The lines about one partition. */
class PartitionLines {
  /** How the SSTables are called. */
  readonly #labels = new Map<string, string>();

  intro(intro: PartitionIntro): string[] {
    const { keyspace, table, key, keyColumns, token, sstables, searched, at, deletion } = intro;
    const named = keyColumns.every(({ name }) => name !== null);
    const keyText = named ? keyColumns.map(partText).join(', ') : plain(key);
    const names = sstables.map(({ sstable }) => sstable);
    const numbered = names.some((name) => name.length > NAME_LENGTH_MAX);
    for (const [i, name] of names.entries()) this.#labels.set(name, numbered ? `[${i + 1}]` : name);
    const list = numbered || names.length === 0 ? '' : `: ${names.join(', ')}`;
    const count = `${names.length} of ${searched} ${searched === 1 ? 'SSTable' : 'SSTables'}`;
    return [
      `${keyspace}.${table}  key ${keyText}  token ${token}`,
      `in ${count}${list}; TTLs as of ${formatSeconds(at)}`,
      ...(numbered ? names.map((name, i) => `  [${i + 1}] ${name}`) : []),
      ...(deletion === null ? [] : [`partition deleted  ${this.#deletion(deletion)}`]),
      ...(intro.static === null ? [] : ['static', ...this.#content(intro.static)]),
    ];
  }

  row(clustering: ClusteringParts, facts: RowFacts): string[] {
    const place = clusteringText(clustering);
    const head = place === '' ? 'row' : `row ${place}`;
    return [facts.live ? head : `${head}  (not live)`, ...this.#content(facts)];
  }

  marker(
    clustering: ClusteringParts,
    bound: string,
    ends: DeletionFacts | null,
    begins: DeletionFacts | null,
  ): string[] {
    const place = clusteringText(clustering);
    return [
      `range deletion, ${bound}${place === '' ? '' : ` (${place})`}`,
      ...(ends === null ? [] : [`  ends    ${this.#deletion(ends)}`]),
      ...(begins === null ? [] : [`  begins  ${this.#deletion(begins)}`]),
    ];
  }

  #content(facts: RowFacts): string[] {
    const { liveness, deletion, cells, collectionDeletions } = facts;
    const lines: string[] = [];
    if (deletion !== null) {
      const what = deletion.shadowable ? 'row deleted until it is written again' : 'row deleted';
      lines.push(`  ${what}  ${this.#deletion(deletion)}`);
    }
    if (liveness !== null) {
      const { state, timestamp, sstables } = liveness;
      const what = state === 'live' ? 'inserted' : 'inserted (expired)';
      const when = `${written(timestamp)}${expiry(liveness)}`;
      lines.push(`  ${what}  ${when}${this.#from(sstables)}`);
    }
    for (const each of collectionDeletions) {
      lines.push(`  ${plain(each.column)}, all elements deleted  ${this.#deletion(each)}`);
    }
    const names = cells.map((cell) => cellName(cell).length);
    const width = Math.min(COLUMN_WIDTH_MAX, Math.max(0, ...names));
    return [...lines, ...cells.map((cell) => this.#cell(cell, width))];
  }

  #cell(cell: CellFacts, width: number): string {
    const { state, timestamp, sstables, localDeletionTime, shards } = cell;
    const isDeleted = state === 'deleted' && localDeletionTime !== null;
    const when = isDeleted ? `, on ${seconds(localDeletionTime)}` : expiry(cell);
    const parts = shards === undefined || shards.length < 2 ? '' : `, ${shards.length} shards`;
    const name = cellName(cell).padEnd(width);
    const what = `${cellValue(cell)}  ${written(timestamp)}`;
    return `  ${name}  ${what}${when}${parts}${this.#from(sstables)}`;
  }

  #deletion({ timestamp, localDeletionTime, sstables }: DeletionFacts): string {
    return `${written(timestamp)}, on ${seconds(localDeletionTime)}${this.#from(sstables)}`;
  }

  #from(sstables: readonly string[]): string {
    const labels = sstables.map((name) => this.#labels.get(name) ?? name);
    return labels.length === 0 ? '' : `  in ${labels.join(', ')}`;
  }
}

export function textOutput(context: CommandContext): PartitionOutput {
  const lines = new PartitionLines();
  const print = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await context.print(text);
  };
  return {
    begin: (intro) => print(lines.intro(intro)),
    row: (clustering, facts) => print(lines.row(clustering, facts)),
    marker: (clustering, { bound, ends, begins }) =>
      print(lines.marker(clustering, bound, ends, begins)),
    async end({ liveRows, found }) {
      const rows = `${formatCount(liveRows)} ${liveRows === 1 ? 'row' : 'rows'}`;
      await context.print(found ? `${rows} live` : 'no live row: a SELECT returns nothing');
    },
  };
}
