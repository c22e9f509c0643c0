/** Whether two records of one place say the same, decided on the models without taking them apart. */
import { equalBytes } from '../binary/index.js';
import {
  type Cell,
  type ColumnData,
  type Liveness,
  type PartitionHead,
  type Row,
  sameDeletion,
  type Unfiltered,
} from '../components/index.js';

function sameLiveness(a: Liveness | null, b: Liveness | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.timestamp !== b.timestamp || a.ttl !== b.ttl) return false;
  return a.ttl === 0 || a.localExpirationTime === b.localExpirationTime;
}

function samePath(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}

function sameCell(a: Cell, b: Cell): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.ttl === b.ttl &&
    a.localDeletionTime === b.localDeletionTime &&
    equalBytes(a.value, b.value) &&
    samePath(a.path, b.path)
  );
}

function sameColumn(a: ColumnData, b: ColumnData | undefined): boolean {
  return (
    b !== undefined &&
    a.cells.length === b.cells.length &&
    equalBytes(a.column.name, b.column.name) &&
    sameDeletion(a.complexDeletion, b.complexDeletion) &&
    a.cells.every((cell, i) => sameCell(cell, b.cells[i] as Cell))
  );
}

function sameRow(a: Row, b: Row): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.shadowable === b.shadowable &&
    sameLiveness(a.liveness, b.liveness) &&
    sameDeletion(a.deletion, b.deletion) &&
    a.columns.every((column, i) => sameColumn(column, b.columns[i]))
  );
}

function sameStaticRow(a: Row | null, b: Row | null): boolean {
  return a === null || b === null ? a === b : sameRow(a, b);
}

type Record = PartitionHead | Unfiltered;

/** False may also mean that columns stand in another order; true is certain. */
export function sameRecord(a: Record, b: Record): boolean {
  if (a.type === 'row') return b.type === 'row' && sameRow(a, b);
  if (a.type === 'marker') {
    if (b.type !== 'marker' || !sameDeletion(a.deletion, b.deletion)) return false;
    return sameDeletion(a.openingDeletion, b.openingDeletion);
  }
  if (b.type !== 'partition' || !sameDeletion(a.deletion, b.deletion)) return false;
  return sameStaticRow(a.staticRow, b.staticRow);
}
