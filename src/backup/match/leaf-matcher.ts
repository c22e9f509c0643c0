/**
 * Worker side of matching: holds the leaves of a range until all are known, then hands on those that
 * are not stored yet and says where the others are.
 */
import { leafDigests } from '../../canonical/index.js';
import type { LeafBytes } from '../leaf-chunks.js';
import { loadCandidates, type MatchTask } from './candidates.js';
import { extentsOf, type MatchedExtents } from './extents.js';
import { bytesBefore, partOf } from './leaf-part.js';
import {
  type Candidates,
  dropPoorChunks,
  matchLeaves,
  NO_CHUNK,
  NOT_STORED,
} from './match-leaves.js';
import { type LeafTaker, ToldApart } from './told-apart.js';

/**
 * Of a stored chunk's leaves the least share that a range must use: below it they are stored again.
 * It bounds what a restore reads for nothing.
 */
const LEAST_SHARE = 0.5;

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
  readonly matchedLeaves: number;
  readonly matchedBytes: number;
}

export class LeafMatcher {
  readonly #secret: Uint8Array;
  readonly #task: MatchTask | null;
  readonly #taker: LeafTaker;
  readonly #digests: Uint8Array[] = [];
  readonly #windows: LeafBytes[] = [];

  /** Without a task nothing is matched: leaves are handed on at once, and digests made. */
  constructor({ secret, task }: RangeMatch, taker: LeafTaker) {
    this.#secret = secret;
    this.#task = task;
    this.#taker = taker;
  }

  add(window: LeafBytes): void {
    const { bytes, leafEnds, leafCuts, leafCount } = window;
    this.#digests.push(leafDigests(bytes, leafEnds, this.#secret));
    if (this.#task === null) {
      this.#taker.add(window);
      return;
    }
    this.#windows.push({
      bytes: bytes.slice(),
      leafEnds: leafEnds.slice(),
      leafCuts: leafCuts.slice(),
      leafCount,
    });
  }

  async finish(signal?: AbortSignal): Promise<MatchResult> {
    const digests = concat(this.#digests);
    const nothing = { digests, matched: null, matchedLeaves: 0, matchedBytes: 0 };
    if (this.#task === null) return nothing;
    const candidates = await loadCandidates(this.#task, this.#secret, signal);
    const words = new Uint32Array(digests.buffer, 0, digests.length / 4);
    const found = matchLeaves(words, candidates);
    const offered = this.#offered(this.#task, candidates);
    const matchedLeaves = dropPoorChunks(found, candidates, offered, LEAST_SHARE);
    const matchedBytes = this.#handOn(found);
    if (matchedLeaves === 0) return nothing;
    const { chunkLeaves: leaves, chunkStream: stream } = this.#task;
    const matched = extentsOf(found, candidates, { leaves, stream });
    return { digests, matched, matchedLeaves, matchedBytes };
  }

  /** Leaves of each chunk; of those at an edge of the range only the ones that are candidates. */
  #offered({ chunkLeaves, isEdge }: MatchTask, { chunk, count }: Candidates): Uint32Array {
    const offered = chunkLeaves.slice();
    for (const [i, edge] of isEdge.entries()) if (edge === 1) offered[i] = 0;
    for (let i = 0; i < count; i++) {
      const at = chunk[i] as number;
      if (at !== NO_CHUNK && isEdge[at] === 1) offered[at] = (offered[at] as number) + 1;
    }
    return offered;
  }

  /** Gives the leaves that are not stored to the taker; returns the bytes of the others. */
  #handOn(found: Int32Array): number {
    let base = 0;
    let matchedBytes = 0;
    const taker = new ToldApart(this.#taker);
    for (const window of this.#windows) {
      const { leafCount } = window;
      for (let i = 0; i < leafCount; ) {
        const isNew = found[base + i] === NOT_STORED;
        let end = i + 1;
        while (end < leafCount && (found[base + end] === NOT_STORED) === isNew) end++;
        if (isNew) taker.add(partOf(window, i, end));
        else matchedBytes += bytesBefore(window, end) - bytesBefore(window, i);
        i = end;
      }
      base += leafCount;
    }
    return matchedBytes;
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
