/**
 * Tables as a schema file in CQL describes them (`schema.cql` of a snapshot, DESCRIBE of cqlsh):
 * CREATE TABLE, CREATE MATERIALIZED VIEW, ALTER TABLE ADD, DROP, RENAME; all else is passed over.
 * SSTables have the names of their other columns, but of the primary key they have types alone.
 */
import { type CqlToken, cqlStatements } from './cql-tokens.js';

export interface TableSchema {
  readonly keyspace: string;
  readonly table: string;
  /** Names of the columns, as they are. */
  readonly partitionKey: readonly string[];
  readonly clustering: readonly string[];
  /** Static and regular columns; null for a view of which they are not all named. */
  readonly columns: ReadonlySet<string> | null;
  /**
   * Columns whose cells up to a write time (microseconds) are of the table no more: dropped then, and
   * maybe added again.
   */
  readonly dropped: ReadonlyMap<string, bigint>;
  /** The table that a materialised view is made of. */
  readonly base: string | null;
  readonly gcGraceSeconds: number | null;
}

/** No cell of a column that is not there any more is of the table. */
const ALWAYS = 2n ** 63n - 1n;

interface Draft {
  readonly keyspace: string;
  readonly table: string;
  partitionKey: string[];
  clustering: string[];
  columns: Set<string> | null;
  /** Null where the file does not say when. */
  dropped: Map<string, bigint | null>;
  base: string | null;
  gcGraceSeconds: number | null;
}

/** The tokens of one statement, from left to right. */
class Cursor {
  readonly #tokens: readonly CqlToken[];
  #at = 0;

  constructor(tokens: readonly CqlToken[]) {
    this.#tokens = tokens;
  }

  get current(): CqlToken | undefined {
    return this.#tokens[this.#at];
  }

  next(): CqlToken | undefined {
    return this.#tokens[this.#at++];
  }

  /** Takes the words if they stand here. */
  take(...words: string[]): boolean {
    for (const [i, word] of words.entries()) {
      const token = this.#tokens[this.#at + i];
      if (token?.text !== word || token.kind === 'quoted' || token.kind === 'string') return false;
    }
    this.#at += words.length;
    return true;
  }

  /** Moves to behind the words; false, and stays, where they do not come. */
  find(...words: string[]): boolean {
    const from = this.#at;
    for (; this.#at < this.#tokens.length; this.#at++) if (this.take(...words)) return true;
    this.#at = from;
    return false;
  }

  name(): string {
    return this.next()?.text ?? '';
  }

  /** `name` or `keyspace.name`. */
  qualified(): { keyspace: string; name: string } {
    const first = this.name();
    return this.take('.') ? { keyspace: first, name: this.name() } : { keyspace: '', name: first };
  }

  /** What stands between this parenthesis and its partner, split at commas; the cursor is behind. */
  list(): CqlToken[][] {
    const items: CqlToken[][] = [[]];
    if (!this.take('(')) return [];
    for (let depth = 1; ; ) {
      const token = this.next();
      if (token === undefined) break;
      if (token.kind === 'sign') {
        if ('(<{['.includes(token.text)) depth++;
        if (')>}]'.includes(token.text)) depth--;
        if (depth === 0) break;
        if (depth === 1 && token.text === ',') {
          items.push([]);
          continue;
        }
      }
      items.at(-1)?.push(token);
    }
    return items.filter((item) => item.length > 0);
  }
}

/** `PRIMARY KEY (…)`: the inside of the parentheses. */
function setPrimaryKey(draft: Draft, items: readonly CqlToken[][]): void {
  const [first = [], ...rest] = items;
  const isComposite = first[0]?.text === '(' && first[0].kind === 'sign';
  draft.partitionKey = isComposite
    ? new Cursor(first).list().map(([token]) => token?.text ?? '')
    : first.slice(0, 1).map(({ text }) => text);
  draft.clustering = rest.map(([token]) => token?.text ?? '');
}

function addDefinitions(draft: Draft, definitions: readonly CqlToken[][]): void {
  const columns = new Set<string>();
  for (const tokens of definitions) {
    const cursor = new Cursor(tokens);
    if (cursor.take('primary', 'key')) {
      setPrimaryKey(draft, cursor.list());
      continue;
    }
    const name = cursor.name();
    columns.add(name);
    if (cursor.find('primary', 'key')) draft.partitionKey = [name];
  }
  for (const name of [...draft.partitionKey, ...draft.clustering]) columns.delete(name);
  draft.columns = columns;
}

function addView(draft: Draft, cursor: Cursor): void {
  if (!cursor.find('select')) return;
  const all = cursor.take('*');
  const selected = new Set<string>();
  while (!all && cursor.current !== undefined && !cursor.take('from')) {
    const token = cursor.next();
    if (token !== undefined && token.kind !== 'sign') selected.add(token.text);
  }
  if (all) cursor.take('from');
  draft.base = cursor.qualified().name;
  if (cursor.find('primary', 'key')) setPrimaryKey(draft, cursor.list());
  for (const name of [...draft.partitionKey, ...draft.clustering]) selected.delete(name);
  draft.columns = all ? null : selected;
}

function gcGrace(cursor: Cursor): number | null {
  if (!cursor.find('gc_grace_seconds', '=')) return null;
  const value = Number(cursor.name());
  return Number.isSafeInteger(value) ? value : null;
}

function create(tables: Map<string, Draft>, cursor: Cursor): void {
  const isView = cursor.take('materialized', 'view');
  if (!isView && !cursor.take('table') && !cursor.take('columnfamily')) return;
  cursor.take('if', 'not', 'exists');
  const { keyspace, name: table } = cursor.qualified();
  const draft: Draft = {
    keyspace,
    table,
    partitionKey: [],
    clustering: [],
    columns: null,
    dropped: new Map(),
    base: null,
    gcGraceSeconds: null,
  };
  if (isView) addView(draft, cursor);
  else addDefinitions(draft, cursor.list());
  draft.gcGraceSeconds = gcGrace(cursor);
  tables.set(`${keyspace} ${table}`, draft);
}

/** The names behind ADD or DROP: one, several, or several in parentheses, with or without types. */
function namesOf(cursor: Cursor): string[] {
  if (cursor.current?.text === '(') return cursor.list().map(([token]) => token?.text ?? '');
  const names = [cursor.name()];
  for (let depth = 0; ; ) {
    const token = cursor.current;
    if (token === undefined || (depth === 0 && token.text === 'using')) return names;
    cursor.next();
    if (token.kind !== 'sign') continue;
    if (token.text === '<') depth++;
    if (token.text === '>') depth--;
    if (depth === 0 && token.text === ',') names.push(cursor.name());
  }
}

function alter(tables: ReadonlyMap<string, Draft>, cursor: Cursor): void {
  if (!cursor.take('table') && !cursor.take('columnfamily')) return;
  cursor.take('if', 'exists');
  const { keyspace, name } = cursor.qualified();
  const draft = tables.get(`${keyspace} ${name}`);
  if (draft === undefined) return;
  if (cursor.take('add')) {
    cursor.take('if', 'not', 'exists');
    for (const column of namesOf(cursor)) draft.columns?.add(column);
  } else if (cursor.take('drop') && !cursor.take('compact', 'storage')) {
    cursor.take('if', 'exists');
    const columns = namesOf(cursor);
    const time = cursor.take('using', 'timestamp') ? cursor.name() : '';
    for (const column of columns) {
      draft.columns?.delete(column);
      draft.dropped.set(column, /^-?\d+$/.test(time) ? BigInt(time) : null);
    }
  } else if (cursor.take('rename')) {
    do {
      const from = cursor.name();
      cursor.take('to');
      rename(draft, from, cursor.name());
    } while (cursor.take('and'));
  }
}

function rename(draft: Draft, from: string, to: string): void {
  const renamed = (name: string): string => (name === from ? to : name);
  draft.partitionKey = draft.partitionKey.map(renamed);
  draft.clustering = draft.clustering.map(renamed);
}

/** Cassandra puts tables of COMPACT STORAGE into comments, as they cannot be made again like that. */
const OMITTED = /\/\*\s*Warning: Table [^\n]* omitted [\s\S]*?(CREATE [\s\S]*?)\*\//g;

/** Every table and view that `text` describes; what it does not understand it passes over. */
export function parseSchema(text: string): TableSchema[] {
  const tables = new Map<string, Draft>();
  for (const tokens of cqlStatements(text.replaceAll(OMITTED, '$1'))) {
    const cursor = new Cursor(tokens);
    if (cursor.take('create')) create(tables, cursor);
    else if (cursor.take('alter')) alter(tables, cursor);
  }
  return [...tables.values()].map((draft) => ({ ...draft, dropped: droppedOf(draft) }));
}

function droppedOf({ columns, dropped }: Draft): Map<string, bigint> {
  const times = new Map<string, bigint>();
  for (const [name, time] of dropped) {
    if (columns?.has(name) === false) times.set(name, ALWAYS);
    else if (time !== null) times.set(name, time);
  }
  return times;
}
