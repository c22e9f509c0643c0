/** Byte-comparable partition keys of batches, as much of them as is needed. */
import { ByteWriter } from '../../binary/index.js';
import { HASH_WORDS } from '../../codec/index.js';
import { type Partitioner, writeComparableKey } from '../../cql/index.js';
import { batchKey, type PartitionBatch } from '../facts/index.js';

const COMPONENT = 0x40;
const SIGN = 0x80000000;
/** A marker and the token. */
const TOKEN_END = 9;

/** A key; used for one after the other. */
export class ComparableKey {
  readonly #partitioner: Partitioner;
  readonly #bytes = new ByteWriter();
  #batch: PartitionBatch | null = null;
  #at = 0;

  constructor(partitioner: Partitioner) {
    this.#partitioner = partitioner;
  }

  /** Makes it key `i` of `batch`, whose keys have these hashes. */
  set(batch: PartitionBatch, i: number, _hashes: Uint32Array): void {
    this.#batch = batch;
    this.#at = i;
    this.#bytes.clear();
  }

  /** The batch goes: what is in it of this key is kept. */
  hold(): void {
    this.#whole();
    this.#batch = null;
  }

  /** Bytes that this key and the next one begin with alike; -1 unless that one is greater. */
  shared(next: this): number {
    const [a, b] = [this.bytes(), next.bytes()];
    const most = Math.min(a.length, b.length);
    let at = 0;
    while (at < most && a[at] === b[at]) at++;
    return at < most && (a[at] as number) < (b[at] as number) ? at : -1;
  }

  /** The first `length` bytes at least. */
  bytes(_length?: number): Uint8Array {
    return this.#whole();
  }

  #whole(): Uint8Array {
    const w = this.#bytes;
    if (w.length === 0 && this.#batch !== null) {
      const key = batchKey(this.#batch, this.#at);
      writeComparableKey(w, this.#partitioner.comparableToken, key);
    }
    return w.view();
  }
}

/** With the token from the hash that is there already: few keys share it. */
class Murmur3Key extends ComparableKey {
  /** The token. */
  high = 0;
  low = 0;
  readonly #token = new Uint8Array(TOKEN_END).fill(COMPONENT);

  override set(batch: PartitionBatch, i: number, hashes: Uint32Array): void {
    super.set(batch, i, hashes);
    const { entries, starts } = batch;
    const at = starts[i] as number;
    this.low = (hashes[HASH_WORDS * i] as number) | 0;
    this.high = (hashes[HASH_WORDS * i + 1] as number) | 0;
    // The smallest token is that of the empty key alone.
    if (entries[at] === 0 && entries[at + 1] === 0) {
      this.low = 0;
      this.high = SIGN | 0;
    } else if (this.high === (SIGN | 0) && this.low === 0) {
      this.low = -1;
      this.high = ~SIGN;
    }
  }

  override shared(next: this): number {
    if (this.high !== next.high) {
      return this.high < next.high ? 1 + (Math.clz32(this.high ^ next.high) >> 3) : -1;
    }
    if (this.low !== next.low) {
      return this.low >>> 0 < next.low >>> 0 ? 5 + (Math.clz32(this.low ^ next.low) >> 3) : -1;
    }
    return super.shared(next);
  }

  override bytes(length = Infinity): Uint8Array {
    if (length > TOKEN_END) return super.bytes();
    const token = this.#token;
    const high = this.high ^ SIGN;
    for (let byte = 0; byte < 4; byte++) {
      const shift = 24 - 8 * byte;
      token[1 + byte] = high >>> shift;
      token[5 + byte] = this.low >>> shift;
    }
    return token;
  }
}

export function comparableKey(partitioner: Partitioner): ComparableKey {
  const isMurmur3 = partitioner.name === 'Murmur3Partitioner';
  return isMurmur3 ? new Murmur3Key(partitioner) : new ComparableKey(partitioner);
}
