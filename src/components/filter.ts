/**
 * Filter.db: Bloom filter of the partition keys (format reference, section 12).
 *
 *   hashCount   i32, bits per key
 *   wordCount   i32
 *   bits        wordCount × 8 bytes; bit i is in byte i >> 3 under the mask 1 << (i & 7), in versions
 *               before na with each 8 bytes reversed
 *
 * Bits of a key with the hash (h1, h2): j from 0 to hashCount - 1, the absolute value of the
 * remainder of h2 + j h1 (64-bit, signed, wrapping) by the number of bits.
 */
import { ByteReader } from '../binary/index.js';
import type { ErrorDetails } from '../errors.js';
import { checkLimit } from '../limits.js';
import type { FormatVersion } from './versions.js';

/** More than any Bloom filter chance leads to. */
const HASHES_MAX = 64;

export interface KeyHash {
  readonly h1: bigint;
  readonly h2: bigint;
}

export class BloomFilter {
  readonly hashCount: number;
  readonly wordCount: number;
  /** As they stand in the file. */
  readonly bits: Uint8Array;
  readonly #bitCount: bigint;
  readonly #flip: number;

  /** `bits` are used as they are, not copied; `reversed` for versions before na. */
  constructor(hashCount: number, bits: Uint8Array, reversed: boolean) {
    this.hashCount = hashCount;
    this.wordCount = bits.length / 8;
    this.bits = bits;
    this.#bitCount = BigInt(bits.length) * 8n;
    this.#flip = reversed ? 7 : 0;
  }

  /** False: the key is certainly not in the SSTable. */
  mightContain(hash: KeyHash): boolean {
    let base = hash.h2;
    for (let i = 0; i < this.hashCount; i++) {
      const bit = this.#bit(base);
      if (((this.bits[Math.floor(bit / 8) ^ this.#flip] ?? 0) & (1 << (bit % 8))) === 0)
        return false;
      base = BigInt.asIntN(64, base + hash.h1);
    }
    return true;
  }

  add(hash: KeyHash): void {
    let base = hash.h2;
    for (let i = 0; i < this.hashCount; i++) {
      const bit = this.#bit(base);
      const at = Math.floor(bit / 8) ^ this.#flip;
      this.bits[at] = (this.bits[at] ?? 0) | (1 << (bit % 8));
      base = BigInt.asIntN(64, base + hash.h1);
    }
  }

  #bit(base: bigint): number {
    return Math.abs(Number(base % this.#bitCount));
  }
}

/** Parses a whole Filter.db; the bits are a view of `bytes`. */
export function parseFilter(
  bytes: Uint8Array,
  version: FormatVersion,
  where: ErrorDetails = {},
): BloomFilter {
  checkLimit('filterBytesMax', bytes.length, where);
  const r = new ByteReader(bytes, { where });
  const { hashCount, wordCount } = readFilterHead(r, bytes.length - 8);
  return new BloomFilter(hashCount, r.view8(wordCount * 8), version.hasOldBloomFilter);
}

/** The two numbers before `bitBytes` bytes of bits. */
export function readFilterHead(
  r: ByteReader,
  bitBytes: number,
): { hashCount: number; wordCount: number } {
  const hashCount = r.i32();
  if (hashCount < 1 || hashCount > HASHES_MAX) throw r.corrupt(`${hashCount} hashes`, 0);
  const wordCount = r.i32();
  if (wordCount < 1 || wordCount * 8 !== bitBytes) {
    throw r.corrupt(`${wordCount} words in ${bitBytes} bytes`, 4);
  }
  return { hashCount, wordCount };
}

/** A filter of the same shape without any key. */
export function emptyFilter(like: BloomFilter, version: FormatVersion): BloomFilter {
  return new BloomFilter(
    like.hashCount,
    new Uint8Array(like.bits.length),
    version.hasOldBloomFilter,
  );
}
