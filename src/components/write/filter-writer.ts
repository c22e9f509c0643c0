/**
 * Writes Filter.db (layout: filter.ts). How many bits it has depends on how many keys its writer was
 * promised, so both numbers of the header are parameters.
 */
import { ByteReader, ByteWriter } from '../../binary/index.js';
import { BloomBits } from '../../codec/index.js';
import type { ErrorDetails } from '../../errors.js';
import { checkLimit } from '../../limits.js';
import type { PartitionBatch } from '../facts/index.js';
import { readFilterHead } from '../filter.js';
import type { FormatVersion } from '../versions.js';

export interface FilterParameters {
  /** Bits per key. */
  readonly hashCount: number;
  /** 64-bit words. */
  readonly wordCount: number;
}

/** Of a Filter.db of `size` bytes that begins with `head`, which has 8 bytes at least. */
export function parametersOfFilter(
  head: Uint8Array,
  size: number,
  where: ErrorDetails = {},
): FilterParameters {
  checkLimit('filterBytesMax', size, where);
  return readFilterHead(new ByteReader(head, { where }), size - 8);
}

const PIECE_BYTES = 1 << 20;

/** Holds all bits in memory; `close` gives it back. */
export class FilterWriter {
  readonly #parameters: FilterParameters;
  readonly #bits: BloomBits;

  constructor(parameters: FilterParameters, version: FormatVersion) {
    const { hashCount, wordCount } = parameters;
    checkLimit('filterBytesMax', wordCount * 8);
    this.#parameters = parameters;
    this.#bits = new BloomBits({ hashCount, wordCount, reversed: version.hasOldBloomFilter });
  }

  add(batch: PartitionBatch): void {
    this.#bits.add(batch.entries, batch.starts);
  }

  /** The whole file in pieces; views, valid until `close`. */
  *finish(): Generator<Uint8Array, void, undefined> {
    const head = new ByteWriter(8);
    head.i32(this.#parameters.hashCount);
    head.i32(this.#parameters.wordCount);
    yield head.view();
    const bits = this.#bits.bits();
    for (let at = 0; at < bits.length; at += PIECE_BYTES) {
      yield bits.subarray(at, at + PIECE_BYTES);
    }
  }

  close(): void {
    this.#bits.close();
  }
}
