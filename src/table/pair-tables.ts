/** Which table of one side is compared with which of the other. */
import { SstashError } from '../errors.js';
import type { ComparedTable } from './leaf-source.js';

export interface TablePair {
  readonly keyspace: string;
  readonly table: string;
  /** Null where the side does not have the table. */
  readonly a: ComparedTable | null;
  readonly b: ComparedTable | null;
}

const nameOf = ({ keyspace, table }: ComparedTable): string => `${keyspace}.${table}`;

/** Tables of secondary indexes are named `table.index`. */
const isIndex = ({ table }: ComparedTable): boolean => table.includes('.');

function byName(tables: readonly ComparedTable[]): Map<string, ComparedTable> {
  const names = new Map<string, ComparedTable>();
  for (const table of tables) {
    const name = nameOf(table);
    const other = names.get(name);
    if (other !== undefined) {
      throw new SstashError('USAGE', `one side holds two copies of ${name}`, {
        file: table.location,
        expected: 'each table once',
        hint: `Compare one copy at a time: \`${other.location}\` or \`${table.location}\`.`,
      });
    }
    names.set(name, table);
  }
  return names;
}

/** The one table that is no index, if there is exactly one, or one that is not empty. */
function single(tables: readonly ComparedTable[]): ComparedTable | null {
  const bases = tables.filter((table) => !isIndex(table));
  const filled = bases.filter(({ empty }) => empty !== true);
  const [first, second] = filled.length > 0 ? filled : bases;
  return first !== undefined && second === undefined ? first : null;
}

/** Whether it is the table `of`, or one of its indexes. */
function isPart(table: ComparedTable, of: ComparedTable): boolean {
  return table === of || table.table.startsWith(`${of.table}.`);
}

/** `name` of the table `from` as the table `to` would be called: for its indexes. */
function renamed(table: ComparedTable, from: ComparedTable, to: ComparedTable): ComparedTable {
  const rest = table.table.slice(from.table.length);
  return { ...table, keyspace: to.keyspace, table: to.table + rest };
}

/**
 * Pairs by keyspace and table, in that order; two single tables are a pair whatever their names.
 * Throws USAGE where a side has two tables of one name.
 */
export function pairTables(a: readonly ComparedTable[], b: readonly ComparedTable[]): TablePair[] {
  const [onlyA, onlyB] = [single(a), single(b)];
  const right =
    onlyA !== null && onlyB !== null && nameOf(onlyA) !== nameOf(onlyB)
      ? b.filter((table) => isPart(table, onlyB)).map((table) => renamed(table, onlyB, onlyA))
      : b;
  const [namesA, namesB] = [byName(a), byName(right)];
  const names = [...new Set([...namesA.keys(), ...namesB.keys()])].sort();
  return names.flatMap((name): TablePair[] => {
    const [left, other] = [namesA.get(name) ?? null, namesB.get(name) ?? null];
    const some = left ?? other;
    if (some === null) return [];
    return [{ keyspace: some.keyspace, table: some.table, a: left, b: other }];
  });
}
