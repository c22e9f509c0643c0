/**
 * Worker side of matching: holds the leaves of a range until all are known, then hands on those that
 * are not stored yet and says where the others are.
 */
import { leafDigests, MATCH_DIGEST_BYTES } from '../../canonical/index.js';
import type { LeafBytes } from '../leaf-chunks.js';
import { loadCandidates, type MatchTask } from './candidates.js';
import { extentsOf, type MatchedExtents } from './extents.js';
import { HeldLeaves } from './held-leaves.js';
import { bytesBefore, partOf } from './leaf-part.js';
import { type Candidates, dropPoorChunks, matchLeaves, NOT_STORED } from './match-leaves.js';
import { offeredLeaves } from './offered.js';
import { type LeafTaker, ToldApart } from './told-apart.js';

/** What a range is matched with. */
export interface RangeMatch {
  /** Key of match digests. */
  readonly secret: Uint8Array;
  /** Null where nothing is stored that could match. */
  readonly task: MatchTask | null;
}

/** What matching a range gave. */
export interface MatchResult {
  /** Match digests of all leaves of the range, in order. */
  readonly digests: Uint8Array<ArrayBuffer>;
  /** Null where nothing was stored before. */
  readonly matched: MatchedExtents | null;
  readonly found: FoundLeaves;
}

/** Leaves that are stored, and their canonical bytes: by the kind of SSTable they were found in. */
export interface FoundLeaves {
  readonly leaves: Record<FoundIn, number>;
  readonly bytes: Record<FoundIn, number>;
}

/** SSTables that are gone; those of other nodes, since this node's last backup, and older. */
export type FoundIn = 'compaction' | 'replica' | 'olderReplica';

function nothingFound(): FoundLeaves {
  const none = { compaction: 0, replica: 0, olderReplica: 0 };
  return { leaves: { ...none }, bytes: { ...none } };
}

/** Null for a leaf that is not stored. */
function foundIn(at: number, { recentStart, olderStart }: MatchTask): FoundIn | null {
  if (at === NOT_STORED) return null;
  if (at >= olderStart) return 'olderReplica';
  return at >= recentStart ? 'replica' : 'compaction';
}

/** Share of the leaves that are found from which on older SSTables of replicas are not asked. */
const ENOUGH = 0.95;

interface Found {
  readonly task: MatchTask;
  readonly candidates: Candidates;
  /** Per leaf: its candidate, or NOT_STORED. */
  readonly found: Int32Array;
  readonly matchedLeaves: number;
}

/** add() each window; match(); then handOn(), which gives the result; close() in any case. */
export class LeafMatcher {
  readonly #secret: Uint8Array;
  readonly #task: MatchTask | null;
  readonly #taker: LeafTaker;
  readonly #digests: Uint8Array[] = [];
  readonly #held: HeldLeaves | null;
  #all: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #found: Found | null = null;

  /** Without a task nothing is matched: leaves are handed on at once, and digests made. */
  constructor({ secret, task }: RangeMatch, taker: LeafTaker) {
    this.#secret = secret;
    this.#task = task;
    this.#taker = taker;
    this.#held = task === null ? null : HeldLeaves.acquire();
  }

  add(window: LeafBytes): void {
    this.#digests.push(leafDigests(window.bytes, window.leafEnds, this.#secret));
    if (this.#held === null) this.#taker.add(window);
    else this.#held.add(window);
  }

  /** Returns the share of the leaves that are stored, 0 to 1. */
  async match(signal?: AbortSignal): Promise<number> {
    this.#all = concat(this.#digests);
    const task = this.#task;
    if (task === null) return 0;
    this.#found = await this.#matchWith(task, task.olderFrom, signal);
    const isLittle = (): boolean => (this.#found?.matchedLeaves ?? 0) < ENOUGH * this.#leaves;
    if (task.olderFrom < task.slices.length && isLittle()) {
      this.#found = await this.#matchWith(task, task.slices.length, signal);
    }
    return this.#found.matchedLeaves / Math.max(1, this.#leaves);
  }

  get #leaves(): number {
    return this.#all.length / MATCH_DIGEST_BYTES;
  }

  async #matchWith(task: MatchTask, slices: number, signal?: AbortSignal): Promise<Found> {
    const candidates = await loadCandidates(task, slices, this.#secret, signal);
    const found = matchLeaves(new Uint32Array(this.#all.buffer), candidates);
    const offered = offeredLeaves(task, candidates, found);
    const matchedLeaves = dropPoorChunks(found, candidates, offered, task.leastShare);
    return { task, candidates, found, matchedLeaves };
  }

  /** Gives memory back. */
  close(): void {
    this.#held?.release();
  }

  handOn(): MatchResult {
    const nothing = { digests: this.#all, matched: null, found: nothingFound() };
    if (this.#found === null || this.#held === null) return nothing;
    const { task, candidates, found, matchedLeaves } = this.#found;
    const counts = this.#handOnNew(this.#held.window(), found, task);
    if (matchedLeaves === 0) return nothing;
    const stored = { leaves: task.chunkLeaves, stream: task.chunkStream };
    const matched = extentsOf(found, candidates, stored);
    return { digests: this.#all, matched, found: counts };
  }

  /** Gives the leaves that are not stored to the taker; counts the others. */
  #handOnNew(held: LeafBytes, found: Int32Array, task: MatchTask): FoundLeaves {
    const counts = nothingFound();
    const taker = new ToldApart(this.#taker);
    for (let i = 0; i < held.leafCount; ) {
      const where = foundIn(found[i] as number, task);
      let end = i + 1;
      while (end < held.leafCount && foundIn(found[end] as number, task) === where) end++;
      if (where === null) taker.add(partOf(held, i, end));
      else {
        counts.leaves[where] += end - i;
        counts.bytes[where] += bytesBefore(held, end) - bytesBefore(held, i);
      }
      i = end;
    }
    return counts;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
