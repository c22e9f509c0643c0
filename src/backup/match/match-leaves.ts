/**
 * Which leaves of a range are stored already: the digests of its leaves against those of stored
 * leaves at the same places of the ring. Flat arrays only, no object per leaf.
 */

/** Words of a match digest. */
export const DIGEST_WORDS = 3;
/** A candidate whose chunk cannot be used. */
export const NO_CHUNK = 0xffffffff;
export const NOT_STORED = -1;

/** Stored leaves that a range may hold again, source by source in their order. */
export interface Candidates {
  readonly count: number;
  /** DIGEST_WORDS each. */
  readonly digests: Uint32Array;
  /** Number of the chunk that holds the leaf, or NO_CHUNK, and which of its leaves it is. */
  readonly chunk: Uint32Array;
  readonly leaf: Uint32Array;
}

/** Per leaf of the range the number of the candidate that is the same, or NOT_STORED. */
export function matchLeaves(digests: Uint32Array, candidates: Candidates): Int32Array {
  const count = digests.length / DIGEST_WORDS;
  const found = new Int32Array(count).fill(NOT_STORED);
  const table = new DigestTable(candidates);
  let next = -1;
  for (let i = 0; i < count; i++) {
    // Leaves that stood together mostly still do: going on in one source keeps extents long.
    const known = next >= 0 && table.isAt(next, digests, i) ? next : table.find(digests, i);
    found[i] = known;
    if (known >= 0) next = known + 1;
  }
  return found;
}

/** Open addressing over the first word of the digests, which is a hash already. */
class DigestTable {
  readonly #candidates: Candidates;
  readonly #mask: number;
  /** Number of the candidate + 1, 0 where a slot is free. */
  readonly #slots: Uint32Array;

  constructor(candidates: Candidates) {
    const { count, digests, chunk } = candidates;
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, count * 2)));
    this.#candidates = candidates;
    this.#mask = size - 1;
    this.#slots = new Uint32Array(size);
    for (let i = 0; i < count; i++) {
      if (chunk[i] === NO_CHUNK) continue;
      let slot = (digests[i * DIGEST_WORDS] as number) & this.#mask;
      // The first of equal leaves is kept: sources come with the preferred ones first.
      for (let at = this.#slots[slot] as number; at !== 0; at = this.#slots[slot] as number) {
        if (this.isAt(at - 1, digests, i)) break;
        slot = (slot + 1) & this.#mask;
      }
      if (this.#slots[slot] === 0) this.#slots[slot] = i + 1;
    }
  }

  /** Whether candidate `at` is there and has digest `i` of `digests`. */
  isAt(at: number, digests: Uint32Array, i: number): boolean {
    const { digests: known, chunk, count } = this.#candidates;
    const a = at * DIGEST_WORDS;
    const b = i * DIGEST_WORDS;
    return (
      at < count &&
      known[a] === digests[b] &&
      known[a + 1] === digests[b + 1] &&
      known[a + 2] === digests[b + 2] &&
      chunk[at] !== NO_CHUNK
    );
  }

  find(digests: Uint32Array, i: number): number {
    let slot = (digests[i * DIGEST_WORDS] as number) & this.#mask;
    for (let at = this.#slots[slot] as number; at !== 0; at = this.#slots[slot] as number) {
      if (this.isAt(at - 1, digests, i)) return at - 1;
      slot = (slot + 1) & this.#mask;
    }
    return NOT_STORED;
  }
}

/**
 * Gives up the matches in chunks of which little is used: a restore reads chunks whole, so their
 * leaves are written anew. `offered` is how many leaves of a chunk the range could have used (its
 * chunks at the edges go on outside). Returns how many leaves of each chunk are still used.
 */
export function dropPoorChunks(
  found: Int32Array,
  { chunk }: Candidates,
  offered: Uint32Array,
  leastShare: Float32Array,
): Uint32Array {
  const used = new Uint32Array(offered.length);
  for (let i = 0; i < found.length; i++) {
    const at = found[i] as number;
    if (at !== NOT_STORED) (used[chunk[at] as number] as number)++;
  }
  let dropped = false;
  const isPoor = used.map((count, i) => {
    const least = (offered[i] as number) * (leastShare[i] as number);
    if (count === 0 || count >= least) return 0;
    dropped = true;
    return 1;
  });
  if (!dropped) return used;
  for (let i = 0; i < found.length; i++) {
    const at = found[i] as number;
    if (at !== NOT_STORED && isPoor[chunk[at] as number] === 1) found[i] = NOT_STORED;
  }
  return used.map((count, i) => (isPoor[i] === 1 ? 0 : count));
}
