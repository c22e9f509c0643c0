/** Sums of the leaves of a table in normal form, by prefixes of the ring. */
import type { LeafSum } from '../../merkle/index.js';
import type { DigestSink } from './partition-digest.js';

/** Times between which the sums hold: a cell expires at `from` and at `until`, none in between. */
export interface Validity {
  /** Inclusive; seconds since 1970, -Infinity and Infinity where nothing expires. */
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

export interface NormalSums extends Validity {
  /** Bits of the prefixes; 0 where the table is not in the order of Murmur3 tokens. */
  readonly depth: number;
  /** The first prefix; the arrays go on from there, to the end where these are of a whole table. */
  readonly first: number;
  /** Four words for each prefix. */
  readonly words: Uint32Array;
  /** Leaves and partitions of each prefix. */
  readonly leaves: Float64Array;
  readonly partitions: Float64Array;
}

export class NormalSumsBuilder implements DigestSink {
  readonly depth: number;
  readonly first: number;
  readonly words: Uint32Array;
  readonly leaves: Float64Array;
  readonly partitions: Float64Array;
  /** Index of the prefix of the partition at hand. */
  #bucket = 0;

  constructor(depth: number, first = 0, count = 2 ** depth) {
    this.depth = depth;
    this.first = first;
    this.words = new Uint32Array(4 * count);
    this.leaves = new Float64Array(count);
    this.partitions = new Float64Array(count);
  }

  /** The partition with this half of a token comes next. */
  enter(tokenHigh: number): void {
    const prefix = this.depth === 0 ? 0 : (tokenHigh ^ 0x80000000) >>> (32 - this.depth);
    this.#bucket = prefix - this.first;
  }

  /** Counts the partition at hand; `count` is -1 where it is taken out again. */
  partition(count = 1): void {
    this.partitions[this.#bucket] = (this.partitions[this.#bucket] as number) + count;
  }

  leaf(digest: Uint8Array): void {
    const word = (at: number): number =>
      ((digest[at] as number) << 24) |
      ((digest[at + 1] as number) << 16) |
      ((digest[at + 2] as number) << 8) |
      (digest[at + 3] as number);
    this.#sum(word(0), word(4), word(8), word(12), 1);
  }

  /** Adds the digests of the leaves `from` to `to`. */
  add(digests: DataView, from: number, to: number): void {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let at = 16 * from; at < 16 * to; at += 16) {
      a = (a + digests.getUint32(at)) | 0;
      b = (b + digests.getUint32(at + 4)) | 0;
      c = (c + digests.getUint32(at + 8)) | 0;
      d = (d + digests.getUint32(at + 12)) | 0;
    }
    this.#sum(a, b, c, d, to - from);
  }

  /** Takes the digest of one leaf out again. */
  subtract(digests: DataView, leaf: number): void {
    const word = (w: number): number => -digests.getUint32(16 * leaf + 4 * w);
    this.#sum(word(0), word(1), word(2), word(3), -1);
  }

  #sum(a: number, b: number, c: number, d: number, leaves: number): void {
    const { words } = this;
    const at = 4 * this.#bucket;
    words[at] = (words[at] as number) + a;
    words[at + 1] = (words[at + 1] as number) + b;
    words[at + 2] = (words[at + 2] as number) + c;
    words[at + 3] = (words[at + 3] as number) + d;
    this.leaves[this.#bucket] = (this.leaves[this.#bucket] as number) + leaves;
  }

  finish({ from, until }: Validity): NormalSums {
    const { depth, first, words, leaves, partitions } = this;
    return { depth, first, words, leaves, partitions, from, until };
  }
}

/** The sum over everything. */
export function totalOf(sums: NormalSums): LeafSum {
  const { words, leaves } = folded(sums, 0);
  return { leaves: leaves[0] ?? 0, words: words.slice(0, 4) };
}

export function partitionsOf({ partitions }: NormalSums): number {
  return partitions.reduce((sum, count) => sum + count, 0);
}

/** Adds `part` to `all`, which has as long prefixes or shorter ones. */
export function addTo(all: NormalSumsBuilder, part: NormalSums): void {
  const shift = part.depth - all.depth;
  for (let i = 0; i < part.leaves.length; i++) {
    const to = ((part.first + i) >>> shift) - all.first;
    for (let w = 0; w < 4; w++) {
      const sum = (all.words[4 * to + w] as number) + (part.words[4 * i + w] as number);
      all.words[4 * to + w] = sum;
    }
    all.leaves[to] = (all.leaves[to] as number) + (part.leaves[i] as number);
    all.partitions[to] = (all.partitions[to] as number) + (part.partitions[i] as number);
  }
}

/** The same with prefixes of `depth` bits, where they are longer. */
export function folded(sums: NormalSums, depth: number): NormalSums {
  if (depth >= sums.depth) return sums;
  const shorter = new NormalSumsBuilder(depth);
  addTo(shorter, sums);
  return shorter.finish(sums);
}
