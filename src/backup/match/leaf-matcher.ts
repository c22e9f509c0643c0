/**
 * Worker side of matching: holds the leaves of a range until all are known, then hands on those that
 * are not stored yet and says where the others are.
 */
import { MATCH_DIGEST_BYTES } from '../../canonical/index.js';
import type { LeafBytes } from '../leaf-chunks.js';
import { type LoadedCandidates, loadCandidates, type MatchTask } from './candidates.js';
import { encodeDigests } from './digest-cache.js';
import { extentsOf, type MatchedExtents } from './extents.js';
import { HeldLeaves } from './held-leaves.js';
import { bytesBefore, partOf } from './leaf-part.js';
import { dropPoorChunks, matchLeaves, NOT_STORED } from './match-leaves.js';
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
  /** Match digests of all leaves of the range, in order, as a file of the cache. */
  readonly digestFile: Uint8Array;
  /** Null where nothing was stored before. */
  readonly matched: MatchedExtents | null;
  readonly found: FoundLeaves;
  /** Numbers of the stored chunks (in MatchTask) that cannot be read. */
  readonly unreadable: readonly number[];
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
  readonly candidates: LoadedCandidates;
  /** Per leaf: its candidate, or NOT_STORED. */
  readonly found: Int32Array;
  /** How many leaves of each stored chunk are used, and of all of them. */
  readonly used: Uint32Array;
  readonly matchedLeaves: number;
}

/** add() each window; match(); then handOn(), which gives the result; close() in any case. */
export class LeafMatcher {
  readonly #secret: Uint8Array;
  readonly #task: MatchTask | null;
  readonly #taker: LeafTaker;
  readonly #room: SharedArrayBuffer | undefined;
  readonly #held = HeldLeaves.acquire();
  #found: Found | null = null;

  /**
   * Without a task nothing is matched: leaves are handed on at once, and digests made.
   *
   * @param room memory that is not needed any more, to be used for the digests
   */
  constructor({ secret, task }: RangeMatch, taker: LeafTaker, room?: SharedArrayBuffer) {
    this.#secret = secret;
    this.#task = task;
    this.#taker = taker;
    this.#room = room;
  }

  add(window: LeafBytes): void {
    this.#held.addDigests(window, this.#secret);
    if (this.#task === null) this.#taker.add(window);
    else this.#held.add(window);
  }

  /** Returns the share of the leaves that are stored, 0 to 1. */
  async match(signal?: AbortSignal): Promise<number> {
    const task = this.#task;
    if (task === null) return 0;
    const leaves = this.#held.digests.length / MATCH_DIGEST_BYTES;
    this.#found = await this.#matchWith(task, task.olderFrom, signal);
    const isLittle = this.#found.matchedLeaves < ENOUGH * leaves;
    if (task.olderFrom < task.slices.length && isLittle) {
      this.#found = await this.#matchWith(task, task.slices.length, signal);
    }
    return this.#found.matchedLeaves / Math.max(1, leaves);
  }

  async #matchWith(task: MatchTask, slices: number, signal?: AbortSignal): Promise<Found> {
    const candidates = await loadCandidates(task, slices, this.#secret, signal);
    const { digests } = this.#held;
    const words = digests.length / Uint32Array.BYTES_PER_ELEMENT;
    const found = matchLeaves(new Uint32Array(digests.buffer, 0, words), candidates);
    const offered = offeredLeaves(task, candidates.count, found);
    const used = dropPoorChunks(found, candidates, offered, task.leastShare);
    const matchedLeaves = used.reduce((sum, count) => sum + count, 0);
    return { task, candidates, found, used, matchedLeaves };
  }

  /** Gives memory back. */
  close(): void {
    this.#held.release();
  }

  handOn(): MatchResult {
    const digestFile = encodeDigests(this.#held.digests, this.#room);
    const unreadable = this.#found?.candidates.unreadable ?? [];
    const nothing = { digestFile, matched: null, found: nothingFound(), unreadable };
    if (this.#found === null) return nothing;
    const { task, candidates, found, used, matchedLeaves } = this.#found;
    const counts = this.#handOnNew(this.#held.window(), found, task);
    if (matchedLeaves === 0) return nothing;
    const stored = { leaves: task.chunkLeaves, stream: task.chunkStream };
    const matched = extentsOf(found, used, candidates, stored);
    return { digestFile, matched, found: counts, unreadable };
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
