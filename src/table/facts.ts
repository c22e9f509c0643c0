/**
 * What a record says, taken apart: one *fact* per liveness, deletion and cell, each with an id
 * that names the same thing in every SSTable, and Cassandra's rule for which of two versions wins.
 */
import { equalBytes, toHex } from '../binary/index.js';
import {
  type Cell,
  type ColumnDefinition,
  compareDeletions,
  type DeletionTime,
  type Liveness,
  type Row,
  sameDeletion,
} from '../components/index.js';
import type { PlacedRecord } from './leaf-source.js';
import { compareCells, compareLiveness } from './reconcile/cells.js';

export type Fact =
  | { readonly kind: 'cell'; readonly column: ColumnDefinition; readonly cell: Cell }
  | ({ readonly kind: 'collection-deletion'; readonly column: ColumnDefinition } & OneDeletion)
  | { readonly kind: 'liveness'; readonly liveness: Liveness }
  | ({ readonly kind: 'row-deletion'; readonly shadowable: boolean } & OneDeletion)
  | ({ readonly kind: 'partition-deletion' } & OneDeletion)
  | ({ readonly kind: 'range-tombstone'; readonly opening: DeletionTime | null } & OneDeletion);

interface OneDeletion {
  readonly deletion: DeletionTime;
}

/** The facts of a record by id, in the order in which they are told. */
export type Facts = Map<string, Fact>;

export function factsOf({ record }: PlacedRecord): Facts {
  const facts: Facts = new Map();
  if (record.type === 'row') addRow(facts, record);
  else if (record.type === 'marker') {
    const { deletion, openingDeletion: opening } = record;
    facts.set('range-tombstone', { kind: 'range-tombstone', deletion, opening });
  } else {
    const { deletion, staticRow } = record;
    if (deletion) facts.set('partition-deletion', { kind: 'partition-deletion', deletion });
    if (staticRow) addRow(facts, staticRow);
  }
  return facts;
}

const columnIds = new WeakMap<ColumnDefinition, string>();

/** Names a column in every SSTable. */
function columnId(column: ColumnDefinition): string {
  const known = columnIds.get(column);
  if (known !== undefined) return known;
  const id = `${column.kind} ${toHex(column.name)}`;
  columnIds.set(column, id);
  return id;
}

function addRow(facts: Facts, row: Row): void {
  const { liveness, deletion, shadowable } = row;
  if (liveness) facts.set('liveness', { kind: 'liveness', liveness });
  if (deletion) facts.set('row-deletion', { kind: 'row-deletion', deletion, shadowable });
  for (const { column, complexDeletion, cells } of row.columns) {
    const name = columnId(column);
    if (complexDeletion) {
      const fact: Fact = { kind: 'collection-deletion', column, deletion: complexDeletion };
      facts.set(`${name} deletion`, fact);
    }
    for (const cell of cells) {
      const path = cell.path === null ? '' : ` ${toHex(cell.path)}`;
      facts.set(`${name} cell${path}`, { kind: 'cell', column, cell });
    }
  }
}

/** Whether two facts of one id say the same. */
export function sameFact(a: Fact, b: Fact): boolean {
  if (a.kind === 'cell' && b.kind === 'cell') {
    return (
      a.cell.timestamp === b.cell.timestamp &&
      a.cell.ttl === b.cell.ttl &&
      a.cell.localDeletionTime === b.cell.localDeletionTime &&
      equalBytes(a.cell.value, b.cell.value)
    );
  }
  if (a.kind === 'liveness' && b.kind === 'liveness') {
    const [x, y] = [a.liveness, b.liveness];
    const sameEnd = x.ttl === 0 || x.localExpirationTime === y.localExpirationTime;
    return x.timestamp === y.timestamp && x.ttl === y.ttl && sameEnd;
  }
  if (!('deletion' in a && 'deletion' in b) || a.kind !== b.kind) return false;
  if (!sameDeletion(a.deletion, b.deletion)) return false;
  if (a.kind === 'row-deletion' && b.kind === 'row-deletion') return a.shadowable === b.shadowable;
  if (a.kind !== 'range-tombstone' || b.kind !== 'range-tombstone') return true;
  return sameDeletion(a.opening, b.opening);
}

/** Positive when `a` wins over `b`, a fact of the same id; 0 when neither does. */
export function compareFacts(a: Fact, b: Fact): number {
  if (a.kind === 'cell' && b.kind === 'cell') return compareCells(a.cell, b.cell);
  if (a.kind === 'liveness' && b.kind === 'liveness') {
    return compareLiveness(a.liveness, b.liveness);
  }
  if (!('deletion' in a && 'deletion' in b)) return 0;
  const byDeletion = compareDeletions(a.deletion, b.deletion);
  if (byDeletion !== 0 || a.kind !== 'range-tombstone' || b.kind !== 'range-tombstone') {
    return byDeletion;
  }
  if (a.opening === null || b.opening === null) return 0;
  return compareDeletions(a.opening, b.opening);
}
