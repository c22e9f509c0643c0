/**
 * Leaves of a chunk are told apart by their records alone: a head with one record is one leaf where
 * another head follows, and two where more records do. That holds for whole partitions; where leaves
 * are left out in between, a chunk ends rather than be read otherwise.
 */
import { type LeafKind, leafKind } from '../../canonical/index.js';
import type { LeafBytes } from '../leaf-chunks.js';
import { partOf } from './leaf-part.js';

/** Where the leaves go that are not stored yet. */
export interface LeafTaker {
  add(leaves: LeafBytes): void;
  /** Ends a chunk. */
  finish(): void;
}

export class ToldApart implements LeafTaker {
  readonly #taker: LeafTaker;
  /** The last leaf, and the one before it. */
  #last: LeafKind | null = null;
  #before: LeafKind | null = null;

  constructor(taker: LeafTaker) {
    this.#taker = taker;
  }

  /** Adds leaves that stand together in their SSTable, but maybe not with those added before. */
  add(leaves: LeafBytes): void {
    let from = 0;
    for (const i of edges(leaves.leafCount)) {
      const kind = kindAt(leaves, i);
      // Further on, everything that counts stands together.
      if (i < 2 && this.#runsTogether(kind)) {
        if (i > from) this.#taker.add(partOf(leaves, from, i));
        this.finish();
        from = i;
      }
      this.#before = this.#last;
      this.#last = kind;
    }
    this.#taker.add(partOf(leaves, from, leaves.leafCount));
  }

  finish(): void {
    this.#taker.finish();
    this.#last = null;
    this.#before = null;
  }

  #runsTogether(next: LeafKind): boolean {
    if (this.#last === 'partition') return next === 'record';
    return this.#before === 'head' && this.#last === 'record' && next !== 'record';
  }
}

function kindAt({ bytes, leafEnds }: LeafBytes, i: number): LeafKind {
  return leafKind(bytes.subarray(i === 0 ? 0 : leafEnds[i - 1], leafEnds[i]));
}

/** The first two of `count` leaves and the last two. */
function edges(count: number): Set<number> {
  return new Set([0, 1, count - 2, count - 1].filter((i) => i >= 0 && i < count));
}
