/** How deletions stand to one another and to write times (format reference, section 17). */
import type { DeletionTime } from './row-model.js';

export function sameDeletion(a: DeletionTime | null, b: DeletionTime | null): boolean {
  if (a === null || b === null) return a === b;
  return a.markedForDeleteAt === b.markedForDeleteAt && a.localDeletionTime === b.localDeletionTime;
}

/** DeletionTime.supersedes of Cassandra: positive where `a` is the later one; null is the first. */
export function compareDeletions(a: DeletionTime | null, b: DeletionTime | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (a.markedForDeleteAt !== b.markedForDeleteAt) {
    return a.markedForDeleteAt > b.markedForDeleteAt ? 1 : -1;
  }
  return a.localDeletionTime - b.localDeletionTime;
}

/** Whether `deletion` hides what was written at `timestamp`. */
export function deletes(deletion: DeletionTime | null, timestamp: bigint): boolean {
  return deletion !== null && timestamp <= deletion.markedForDeleteAt;
}

/** The later of two deletions; `a` where neither is. */
export function laterDeletion(a: DeletionTime | null, b: DeletionTime | null): DeletionTime | null {
  return compareDeletions(b, a) > 0 ? b : a;
}
