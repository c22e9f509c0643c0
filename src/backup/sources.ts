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

/** Whether the filter lets a table through; a secondary index goes with its table. */
export function isSelected(
  filter: TableFilter,
  { keyspace, table }: { readonly keyspace: string; readonly table: string },
): boolean {
  const base = baseTable(table);
  const names = [table, base, `${keyspace}.${table}`, `${keyspace}.${base}`];
  const { keyspaces = [], tables = [], excluded = [] } = filter;
  if (keyspaces.length > 0 && !keyspaces.includes(keyspace)) return false;
  if (tables.length > 0 && !tables.some((wanted) => names.includes(wanted))) return false;
  return !excluded.some((pattern) => [keyspace, ...names].some((name) => matches(pattern, name)));
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
