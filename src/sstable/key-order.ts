/** Whether the partition keys of an SSTable ascend; for Murmur3 without a bigint per key. */
import { compareBytes } from '../binary/index.js';
import type { Partitioner } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import type { KeyHasher } from './key-hasher.js';

export class KeyOrder {
  readonly #partitioner: Partitioner;
  readonly #hasher: KeyHasher | null;
  #previous: Uint8Array | null = null;
  /** Token of the previous key, in halves. */
  #high = 0;
  #low = 0;

  /** `hasher` stays the caller's; each key is hashed once where the partitioner needs it. */
  constructor(partitioner: Partitioner, hasher: KeyHasher) {
    this.#partitioner = partitioner;
    this.#hasher = partitioner.name === 'Murmur3Partitioner' ? hasher : null;
  }

  /** The key that was passed last. */
  get previous(): Uint8Array | null {
    return this.#previous;
  }

  /** False when `key`, which is kept, is not above the one before. */
  next(key: Uint8Array): boolean {
    const before = this.#previous;
    this.#previous = key;
    const hasher = this.#hasher;
    if (hasher !== null) {
      hasher.hash(key);
      return this.#nextToken(before, key, hasher.h1High, hasher.h1Low);
    }
    if (before === null) return true;
    try {
      return this.#partitioner.compareKeys(before, key) < 0;
    } catch (error) {
      // Keys that are no values of their type have no order.
      if (isSstashError(error)) return false;
      throw error;
    }
  }

  #nextToken(before: Uint8Array | null, key: Uint8Array, h1High: number, h1Low: number): boolean {
    let [high, low] = [h1High, h1Low];
    // The smallest token is that of the empty key alone.
    if (key.length === 0) {
      high = -0x80000000;
      low = 0;
    } else if (high === -0x80000000 && low === 0) {
      high = 0x7fffffff;
      low = 0xffffffff;
    }
    const [previousHigh, previousLow] = [this.#high, this.#low];
    this.#high = high;
    this.#low = low;
    if (before === null || previousHigh < high) return true;
    if (previousHigh > high || previousLow > low) return false;
    return previousLow < low || compareBytes(before, key) < 0;
  }
}
