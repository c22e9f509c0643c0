/** The partitions of several SSTables, each once with all SSTables that hold it, in ring order. */
import { compareBytes } from '../../binary/index.js';
import type { Partitioner } from '../../cql/index.js';
import { isTokenOrdered } from '../token-ordered.js';
import type { FactCursor } from './fact-cursor.js';

type CursorOrder = (a: FactCursor, b: FactCursor) => number;

function byToken(a: FactCursor, b: FactCursor): number {
  return a.tokenHigh - b.tokenHigh || a.tokenLow - b.tokenLow || compareBytes(a.key, b.key);
}

/** The order of the partitions at which cursors stand. */
function orderOf(partitioner: Partitioner): CursorOrder {
  if (isTokenOrdered(partitioner.name)) return byToken;
  return (a, b) => partitioner.compareKeys(a.key, b.key);
}

/**
 * Calls `visit` with the cursors, in their order, that stand at one partition, partition by
 * partition; what they say is valid until it returns.
 */
export async function joinPartitions(
  cursors: readonly FactCursor[],
  partitioner: Partitioner,
  visit: (same: readonly FactCursor[]) => void,
): Promise<void> {
  const order = orderOf(partitioner);
  const same: FactCursor[] = [];
  for (;;) {
    same.length = 0;
    for (const cursor of cursors) {
      if (cursor.ended) continue;
      const [first] = same;
      const difference = first === undefined ? 0 : order(cursor, first);
      if (difference < 0) same.length = 0;
      if (difference <= 0) same.push(cursor);
    }
    if (same.length === 0) return;
    for (const cursor of same) await cursor.start();
    visit(same);
    for (const cursor of same) if (!cursor.next()) await cursor.fill();
  }
}
