/** The versions of one row as one row (Row.Merger of Cassandra). */
import {
  type Cell,
  type ColumnData,
  compareDeletions,
  type DeletionTime,
  deletes,
  type Liveness,
  laterDeletion,
  type Row,
} from '../../components/index.js';
import { compareLiveness, reconcileCells } from './cells.js';
import type { MergedColumn, MergedColumns } from './columns.js';

interface Deletion {
  readonly time: DeletionTime | null;
  readonly shadowable: boolean;
}

const LIVE: Deletion = { time: null, shadowable: false };

/** The later of the row deletions; a lasting one before a shadowable one of the same time. */
function latestDeletion(rows: readonly Row[]): Deletion {
  let latest = LIVE;
  for (const { deletion: time, shadowable } of rows) {
    const order = compareDeletions(time, latest.time);
    if (order > 0 || (order === 0 && latest.shadowable && !shadowable)) {
      latest = { time, shadowable: time !== null && shadowable };
    }
  }
  return latest;
}

function latestLiveness(rows: readonly Row[]): Liveness | null {
  let latest: Liveness | null = null;
  for (const { liveness } of rows) if (compareLiveness(liveness, latest) > 0) latest = liveness;
  return latest;
}

const isDropped = ({ droppedAt }: MergedColumn, timestamp: bigint): boolean =>
  droppedAt !== null && timestamp <= droppedAt;

/** Cells of all versions in the order of their paths, those of one path reconciled. */
function mergeCells(
  column: MergedColumn,
  versions: readonly ColumnData[],
  active: DeletionTime | null,
): Cell[] {
  let merged: Cell[] = [];
  for (const { cells } of versions) {
    const kept = cells.filter(
      ({ timestamp }) => !deletes(active, timestamp) && !isDropped(column, timestamp),
    );
    merged = merged.length === 0 ? kept : mergeTwo(column, merged, kept);
  }
  return merged;
}

const NO_PATH = new Uint8Array(0);

function mergeTwo(column: MergedColumn, a: readonly Cell[], b: readonly Cell[]): Cell[] {
  const { definition, comparePaths } = column;
  const merged: Cell[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [x, y] = [a[i], b[j]];
    if (x === undefined && y === undefined) return merged;
    const order =
      x === undefined
        ? 1
        : y === undefined
          ? -1
          : comparePaths(x.path ?? NO_PATH, y.path ?? NO_PATH);
    if (order <= 0) i++;
    if (order >= 0) j++;
    if (order === 0 && x && y) merged.push(reconcileCells(definition, x, y));
    else if (order < 0 && x) merged.push(x);
    else if (y) merged.push(y);
  }
}

function mergeData(
  column: MergedColumn,
  versions: readonly ColumnData[],
  active: DeletionTime | null,
): ColumnData | null {
  if (!column.definition.complex) return mergeSimple(column, versions, active);
  let own: DeletionTime | null = null;
  for (const { complexDeletion } of versions) {
    if (complexDeletion !== null && isDropped(column, complexDeletion.markedForDeleteAt)) continue;
    own = laterDeletion(own, complexDeletion);
  }
  const complexDeletion = compareDeletions(own, active) > 0 ? own : null;
  const cells = mergeCells(column, versions, complexDeletion ?? active);
  if (cells.length === 0 && complexDeletion === null) return null;
  return { column: column.definition, complexDeletion, cells };
}

/** Of a column with one cell: mostly one of the versions as it is. */
function mergeSimple(
  column: MergedColumn,
  versions: readonly ColumnData[],
  active: DeletionTime | null,
): ColumnData | null {
  let merged: Cell | null = null;
  let from: ColumnData | null = null;
  for (const data of versions) {
    const [cell] = data.cells;
    if (cell === undefined || deletes(active, cell.timestamp)) continue;
    if (isDropped(column, cell.timestamp)) continue;
    const winner: Cell = merged === null ? cell : reconcileCells(column.definition, merged, cell);
    if (winner === cell) from = data;
    else if (winner !== merged) from = null;
    merged = winner;
  }
  if (merged === null) return null;
  return from ?? { column: column.definition, complexDeletion: null, cells: [merged] };
}

/** The columns of all rows in their order; each row has its own in that order. */
function mergeColumns(
  rows: readonly Row[],
  columns: MergedColumns,
  active: DeletionTime | null,
): ColumnData[] {
  const merged: ColumnData[] = [];
  const next = new Array<number>(rows.length).fill(0);
  const versions: ColumnData[] = [];
  for (;;) {
    let least: MergedColumn | null = null;
    versions.length = 0;
    for (const [i, row] of rows.entries()) {
      const data = row.columns[next[i] as number];
      if (data === undefined) continue;
      const column = columns.of(data.column);
      if (least === null || column.index < least.index) {
        least = column;
        versions.length = 0;
      }
      if (column === least) versions.push(data);
    }
    if (least === null) return merged;
    for (const [i, row] of rows.entries()) {
      const at = next[i] as number;
      const data = row.columns[at];
      if (data !== undefined && columns.of(data.column) === least) next[i] = at + 1;
    }
    const data = mergeData(least, versions, active);
    if (data !== null) merged.push(data);
  }
}

/**
 * `rows`, at least one and all of one place, as one row; `active` is the partition or range deletion
 * that covers the place. Null where nothing of them is left. Parts of the result are those of the
 * rows themselves, but for counters that were added up.
 *
 * A single row that nothing covers comes back as it is.
 */
export function mergeRows(
  rows: readonly Row[],
  active: DeletionTime | null,
  columns: MergedColumns,
): Row | null {
  const [first] = rows;
  if (first === undefined) throw new TypeError('no rows to merge');
  if (rows.length === 1 && active === null && !columns.hasDropped) return first;
  const newest = latestLiveness(rows);
  let { time: deletion, shadowable } = latestDeletion(rows);
  const isShadowed =
    shadowable &&
    deletion !== null &&
    newest !== null &&
    newest.timestamp > deletion.markedForDeleteAt;
  if (isShadowed || compareDeletions(deletion, active) <= 0) {
    deletion = null;
    shadowable = false;
  }
  const covering = deletion ?? active;
  const liveness = newest !== null && deletes(covering, newest.timestamp) ? null : newest;
  const data = mergeColumns(rows, columns, covering);
  if (liveness === null && deletion === null && data.length === 0) return null;
  return { ...first, liveness, deletion, shadowable, columns: data };
}
