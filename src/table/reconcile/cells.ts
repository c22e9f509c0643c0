/**
 * Which of two versions of one thing wins, as Cassandra decides it since 3.0.18, 3.11.4 and 4.0
 * (Cells.reconcile, LivenessInfo.supersedes). Where those leave the order of the SSTables to decide,
 * these do not.
 */
import { compareBytes } from '../../binary/index.js';
import type { Cell, ColumnDefinition, Liveness } from '../../components/index.js';
import { mergeCounters } from '../../cql/index.js';

/** A row liveness with this TTL says that the row is gone (materialised views). */
export const EXPIRED_LIVENESS_TTL = 0x7fffffff;

const sign = (a: bigint, b: bigint): number => (a > b ? 1 : a < b ? -1 : 0);

export function isTombstone({ ttl, localDeletionTime }: Cell): boolean {
  return ttl === 0 && localDeletionTime !== null;
}

/** Whether the cell has a value at `at`, seconds since 1970. */
export function isLiveCell({ ttl, localDeletionTime }: Cell, at: number): boolean {
  return localDeletionTime === null || (ttl !== 0 && at < localDeletionTime);
}

/** Whether the row is there at `at`, whatever its cells say. */
export function isLiveLiveness({ ttl, localExpirationTime }: Liveness, at: number): boolean {
  return ttl === 0 || (ttl !== EXPIRED_LIVENESS_TTL && at < localExpirationTime);
}

/** Positive when `a` wins, negative when `b` does; 0 for versions that say the same. */
export function compareCells(a: Cell, b: Cell): number {
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? 1 : -1;
  const [aEnd, bEnd] = [a.localDeletionTime, b.localDeletionTime];
  // Tombstones and cells that will become tombstones win over cells that stay.
  if ((aEnd === null) !== (bEnd === null)) return aEnd === null ? -1 : 1;
  if (aEnd !== null && bEnd !== null) {
    if ((a.ttl === 0) !== (b.ttl === 0)) return a.ttl === 0 ? 1 : -1;
    if (aEnd !== bEnd) return aEnd - bEnd;
    // The lower TTL was written later, to expire at the same time.
    if (a.ttl !== b.ttl) return b.ttl - a.ttl;
  }
  return compareBytes(a.value, b.value);
}

/** Two versions of a cell as one: `a`, `b`, or for counters what both say together. */
export function reconcileCells(column: ColumnDefinition, a: Cell, b: Cell): Cell {
  if (column.type.kind !== 'counter' || (isTombstone(a) && isTombstone(b))) {
    return compareCells(a, b) >= 0 ? a : b;
  }
  // Deleted counters stay deleted, whatever is written later.
  if (isTombstone(a)) return a;
  if (isTombstone(b)) return b;
  if (a.value.length === 0 || b.value.length === 0) {
    if (a.value.length !== b.value.length) return a.value.length === 0 ? a : b;
    return a.timestamp > b.timestamp ? a : b;
  }
  const value = mergeCounters(column.type, a.value, b.value);
  const { timestamp } = a.timestamp > b.timestamp ? a : b;
  if (value === a.value && timestamp === a.timestamp) return a;
  if (value === b.value && timestamp === b.timestamp) return b;
  return { path: a.path, timestamp, ttl: 0, localDeletionTime: null, value };
}

/** Positive when `a` supersedes `b`. */
export function compareLiveness(a: Liveness | null, b: Liveness | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const byTime = sign(a.timestamp, b.timestamp);
  if (byTime !== 0) return byTime;
  const [aGone, bGone] = [a.ttl === EXPIRED_LIVENESS_TTL, b.ttl === EXPIRED_LIVENESS_TTL];
  if (aGone !== bGone) return aGone ? 1 : -1;
  if ((a.ttl === 0) !== (b.ttl === 0)) return a.ttl === 0 ? -1 : 1;
  if (a.ttl === 0) return 0;
  return a.localExpirationTime - b.localExpirationTime || b.ttl - a.ttl;
}
