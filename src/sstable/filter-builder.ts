/** Builds the bits of a Bloom filter (format reference, section 12) without a bigint per key. */
import type { BloomFilter } from '../components/index.js';
import type { KeyHasher } from './key-hasher.js';

const HALF = 2 ** 32;

export class FilterBuilder {
  /** As they stand in Filter.db. */
  readonly bits: Uint8Array;
  readonly #hashCount: number;
  readonly #bitCount: number;
  /** Old versions have each group of eight bytes reversed. */
  readonly #flip: number;

  /** An empty filter of the same shape; `reversed` for versions before na. */
  constructor(like: BloomFilter, reversed: boolean) {
    this.bits = new Uint8Array(like.bits.length);
    this.#hashCount = like.hashCount;
    this.#bitCount = like.bits.length * 8;
    this.#flip = reversed ? 7 : 0;
  }

  /** Adds the key that `hasher` hashed last. */
  add(hasher: KeyHasher): void {
    const stepHigh = hasher.h1High >>> 0;
    const stepLow = hasher.h1Low;
    let high = hasher.h2High;
    let low = hasher.h2Low;
    const { bits } = this;
    for (let i = 0; i < this.#hashCount; i++) {
      const bit = this.#remainder(high, low);
      const at = Math.floor(bit / 8) ^ this.#flip;
      bits[at] = (bits[at] ?? 0) | (1 << (bit % 8));
      const sum = low + stepLow;
      low = sum >>> 0;
      high = (high + stepHigh + (sum >= HALF ? 1 : 0)) >>> 0;
    }
  }

  /** The absolute value of a signed 64-bit number in halves, modulo the number of bits. */
  #remainder(high: number, low: number): number {
    const size = this.#bitCount;
    let [h, l] = [high, low];
    if (h >= 0x80000000) {
      l = -low >>> 0;
      h = (~high + (low === 0 ? 1 : 0)) >>> 0;
    }
    // 16 bits at a time: a remainder of up to 37 bits, shifted, still is an exact number.
    let rest = h % size;
    rest = (rest * 65536 + (l >>> 16)) % size;
    return (rest * 65536 + (l & 0xffff)) % size;
  }
}
