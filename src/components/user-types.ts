/**
 * Frozen user types that are not marked as frozen (CASSANDRA-15035). Cassandra 3.0 knew no others, so
 * its headers say `UserType(...)` where later ones say `FrozenType(UserType(...))`. A bare user type
 * in a header before `na` is therefore either a column of many cells or one of a single value, and
 * rows can only be decoded the right way.
 *
 * What tells them apart, in this order:
 *
 *   FrozenType around any user type      written by 3.6 or later: bare ones have many cells
 *   a collection of bare user types      written by 3.0: bare ones are frozen
 *   the order of the columns             simple ones come first, as the writer understood them
 *   none of these                        `ma` and `mb` are taken for files of 3.0, others not
 */
import type { CqlType } from '../cql/index.js';
import type { FormatVersion } from './versions.js';

/** A column as its header lists it. */
export interface ListedColumn {
  readonly name: Uint8Array;
  readonly type: CqlType;
}

type Compare = (
  a: { readonly name: Uint8Array; readonly complex: boolean },
  b: { readonly name: Uint8Array; readonly complex: boolean },
) => number;

const isBare = ({ type }: ListedColumn): boolean => type.kind === 'udt' && type.isMultiCell;

/**
 * Whether the bare user types of a header are frozen; false where there is none.
 *
 * @param lists static and regular columns, each in the order of the file
 * @param compare Cassandra's order of columns
 */
export function bareUserTypesAreFrozen(
  lists: readonly (readonly ListedColumn[])[],
  version: FormatVersion,
  compare: Compare,
): boolean {
  const columns = lists.flat();
  if (!version.mayHideFrozenTypes || !columns.some(isBare)) return false;
  const marks = columns.flatMap(({ type }) => marksOf(type));
  if (marks.includes('marked')) return false;
  if (marks.includes('bare')) return true;
  const ordered = (frozen: boolean) => lists.every((list) => isOrdered(list, frozen, compare));
  const [asFrozen, asWritten] = [ordered(true), ordered(false)];
  return asFrozen === asWritten ? version.letters < 'mc' : asFrozen;
}

/** How a column's type marks the user types in it that must be frozen. */
function marksOf(type: CqlType): ('marked' | 'bare')[] {
  if (type.kind === 'udt' && !type.isMultiCell) return ['marked'];
  if (!type.isMultiCell) return [];
  const inner =
    type.kind === 'map'
      ? [type.key, type.value]
      : type.kind === 'list' || type.kind === 'set'
        ? [type.element]
        : [];
  return inner
    .filter(({ kind }) => kind === 'udt')
    .map(({ text }) => (/^(\w+\.)*FrozenType/.test(text) ? 'marked' : 'bare'));
}

function isOrdered(list: readonly ListedColumn[], frozen: boolean, compare: Compare): boolean {
  const placed = list.map((column) => ({
    name: column.name,
    complex: column.type.isMultiCell && !(frozen && isBare(column)),
  }));
  return placed.every((column, i) => {
    const before = placed[i - 1];
    return before === undefined || compare(before, column) < 0;
  });
}
