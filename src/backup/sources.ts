/** What is to be backed up: tables with their place in the backup. */
import { SstashError } from '../errors.js';
import type { TableFiles } from '../sstable/index.js';

export interface SourceTable {
  readonly keyspace: string;
  readonly table: string;
  /** Place in the backup: `keyspace/table-id`, for a secondary index `…/.index`. */
  readonly path: string;
  readonly files: TableFiles;
}

export interface TableFilter {
  readonly keyspaces?: readonly string[];
  /** `table` or `keyspace.table`. */
  readonly tables?: readonly string[];
  /** `keyspace`, `keyspace.table` or `table`; `*` stands for anything. */
  readonly excluded?: readonly string[];
}

/** Table name without the secondary index that `table.index` names. */
function baseTable(table: string): string {
  const dot = table.indexOf('.');
  return dot < 0 ? table : table.slice(0, dot);
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}

interface TableName {
  readonly keyspace: string;
  readonly table: string;
}

/** What a table may be called in a filter. */
function namesOf({ keyspace, table }: TableName): string[] {
  const base = baseTable(table);
  return [table, base, `${keyspace}.${table}`, `${keyspace}.${base}`];
}

function isExcluded(pattern: string, name: TableName): boolean {
  return [name.keyspace, ...namesOf(name)].some((text) => matches(pattern, text));
}

/** Whether the filter lets a table through; a secondary index goes with its table. */
export function isSelected(filter: TableFilter, name: TableName): boolean {
  const { keyspace } = name;
  const names = namesOf(name);
  const { keyspaces = [], tables = [], excluded = [] } = filter;
  if (keyspaces.length > 0 && !keyspaces.includes(keyspace)) return false;
  if (tables.length > 0 && !tables.some((wanted) => names.includes(wanted))) return false;
  return !excluded.some((pattern) => isExcluded(pattern, name));
}

/**
 * What the filter names and none of `found` is, as it was given: `--table nope`. Tables count in the
 * keyspaces that are wanted, exclusions everywhere.
 */
export function unmatched(filter: TableFilter, found: readonly TableName[]): string[] {
  const { keyspaces = [], tables = [], excluded = [] } = filter;
  const within = found.filter(
    ({ keyspace }) => keyspaces.length === 0 || keyspaces.includes(keyspace),
  );
  const [all, names] = [
    new Set(found.map((each) => each.keyspace)),
    new Set(within.flatMap(namesOf)),
  ];
  return [
    ...keyspaces.filter((name) => !all.has(name)).map((name) => `--keyspace ${name}`),
    ...tables.filter((name) => !names.has(name)).map((name) => `--table ${name}`),
    ...excluded
      .filter((pattern) => !found.some((name) => isExcluded(pattern, name)))
      .map((pattern) => `--exclude ${pattern}`),
  ];
}

/** The tables of `found` that the filter lets through. Throws USAGE for two copies of one table. */
export function sourceTables(found: readonly TableFiles[], filter: TableFilter): SourceTable[] {
  const byPath = new Map<string, SourceTable>();
  for (const files of found) {
    const source = { keyspace: files.keyspace, table: files.table, path: pathOf(files), files };
    if (!isSelected(filter, source)) continue;
    const other = byPath.get(source.path);
    if (other !== undefined) {
      throw new SstashError('USAGE', `${source.path} was found twice`, {
        file: files.directory,
        found: other.files.directory,
        hint: 'Back up each copy by itself, with its own --node.',
      });
    }
    byPath.set(source.path, source);
  }
  return [...byPath.values()];
}

function pathOf({ keyspace, table, id }: TableFiles): string {
  const base = baseTable(table);
  const folder = id === null ? base : `${base}-${id}`;
  const index = table === base ? '' : `/${table.slice(base.length)}`;
  return `${keyspace === '' ? 'unknown' : keyspace}/${folder}${index}`;
}
