/**
 * The bits of a Bloom filter (Filter.db) while keys are added, in kernel memory or, for the largest
 * ones and for SSTASH_KERNELS=typescript, in an ordinary array.
 */
import { copyBytes } from '../io/index.js';
import { align, HASH_WORDS, KernelInstance, kernelKind, kernels } from './kernels.js';

const HALF = 2 ** 32;
/** Keys that are added together, and room for their entries, or for the largest one. */
const BATCH = 4096;
const ENTRY_BYTES = 128 * 1024;
/** The kernel's memory ends at 1 GiB. */
const KERNEL_BYTES_MAX = 768 * 1024 * 1024;
/** Bits of larger filters are put off and set part by part. */
const PUT_OFF_FROM = 4 * 1024 * 1024;
/** What numbers the bits of each 8 bytes in the opposite order. */
const FLIP = 56;

export interface BloomShape {
  readonly wordCount: number;
  /** Bits per key. */
  readonly hashCount: number;
  /** Each 8 bytes in the opposite order, as before version na. */
  readonly reversed: boolean;
}

export class BloomBits {
  readonly shape: BloomShape;
  #instance: KernelInstance | null;
  readonly #startsAt: number = 0;
  readonly #hashesAt: number = 0;
  readonly #entriesAt: number = 0;
  readonly #at: number = 0;
  /** Where the lists of bits that are put off begin, or 0. */
  readonly #lists: number = 0;
  readonly #plain: Uint8Array | null = null;

  /** No bit set. */
  constructor(shape: BloomShape) {
    this.shape = shape;
    const bytes = shape.wordCount * 8;
    const inKernel = kernelKind() === 'webassembly' && bytes <= KERNEL_BYTES_MAX;
    this.#instance = inKernel ? KernelInstance.acquire() : null;
    if (this.#instance === null) {
      this.#plain = new Uint8Array(bytes);
      return;
    }
    this.#startsAt = this.#instance.start;
    this.#hashesAt = align(this.#startsAt + 4 * BATCH);
    this.#entriesAt = align(this.#hashesAt + 4 * HASH_WORDS * BATCH);
    this.#at = align(this.#entriesAt + ENTRY_BYTES);
    const { exports } = this.#instance;
    const end = this.#at + bytes;
    if (bytes >= PUT_OFF_FROM) this.#lists = align(end);
    this.#instance.ensure(this.#lists === 0 ? end : this.#lists + exports.bloomListBytes());
    this.#instance.bytes.fill(0, this.#at, end);
    if (this.#lists > 0) exports.bloomClearLists(this.#lists);
  }

  /** Adds the keys of the entries of Index.db that begin at `starts`: u16 length, key. */
  add(entries: Uint8Array, starts: Uint32Array): void {
    if (this.#instance === null) {
      this.#addPlain(kernels().hashEntries(entries, starts));
      return;
    }
    const count = starts.length;
    for (let first = 0; first < count; ) {
      const from = starts[first] as number;
      let end = Math.min(count, first + BATCH);
      while (end > first + 1 && (starts[end] ?? entries.length) - from > ENTRY_BYTES) {
        end = first + Math.ceil((end - first) / 2);
      }
      const to = starts[end] ?? entries.length;
      this.#addSome(entries.subarray(from, to), starts.subarray(first, end), this.#instance);
      first = end;
    }
  }

  /** Adds at most `BATCH` keys, whose entries begin with the first one. */
  #addSome(entries: Uint8Array, starts: Uint32Array, { bytes, exports }: KernelInstance): void {
    const { wordCount, hashCount, reversed } = this.shape;
    const count = starts.length;
    copyBytes(bytes, entries, this.#entriesAt);
    new Uint32Array(bytes.buffer, this.#startsAt, count).set(starts);
    const hashes = this.#hashesAt;
    // Starts count from the first entry of all: an address below memory is as good as another.
    const origin = this.#entriesAt - (starts[0] as number);
    exports.hashEntries(origin, this.#startsAt, count, hashes);
    const flip = reversed ? FLIP : 0;
    if (this.#lists === 0) {
      exports.bloomAdd(hashes, count, this.#at, wordCount, hashCount, flip);
    } else {
      exports.bloomPutOff(hashes, count, this.#lists, this.#at, wordCount, hashCount, flip);
    }
  }

  /** A view of all bits as they stand in the file, valid until `close`. */
  bits(): Uint8Array {
    if (this.#plain !== null) return this.#plain;
    if (this.#instance === null) throw new TypeError('the filter is closed');
    const { wordCount } = this.shape;
    if (this.#lists > 0) this.#instance.exports.bloomSet(this.#lists, this.#at, wordCount);
    return this.#instance.bytes.subarray(this.#at, this.#at + wordCount * 8);
  }

  /** Gives the memory back. */
  close(): void {
    this.#instance?.release();
    this.#instance = null;
  }

  #addPlain(hashes: Uint32Array): void {
    const bits = this.#plain;
    if (bits === null) throw new TypeError('the filter is closed');
    const flip = this.shape.reversed ? 7 : 0;
    const size = bits.length * 8;
    for (let i = 0; i < hashes.length; i += HASH_WORDS) {
      const [stepLow = 0, stepHigh = 0] = [hashes[i], hashes[i + 1]];
      let [low = 0, high = 0] = [hashes[i + 2], hashes[i + 3]];
      for (let j = 0; j < this.shape.hashCount; j++) {
        const bit = remainder(high, low, size);
        const at = Math.floor(bit / 8) ^ flip;
        bits[at] = (bits[at] ?? 0) | (1 << (bit % 8));
        const sum = low + stepLow;
        low = sum >>> 0;
        high = (high + stepHigh + (sum >= HALF ? 1 : 0)) >>> 0;
      }
    }
  }
}

/** The absolute value of a signed 64-bit number in halves, modulo `size` (up to 2^37). */
function remainder(high: number, low: number, size: number): number {
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
