/**
 * Summary.db of BIG SSTables: a sample of Index.db (format reference, section 11). Offsets and
 * positions are little-endian.
 *
 *   minIndexInterval      i32
 *   entryCount            i32
 *   memSize               i64, bytes of offsets and entries
 *   samplingLevel         i32, 1 to 128
 *   sizeAtFullSampling    i32
 *   offsets               entryCount × i32 LE, from the start of the offsets
 *   entries               entryCount × (key, i64 LE position in Index.db); the key ends 8 bytes
 *                         before the next entry
 *   firstKey, lastKey     i32 length and bytes each
 */
import { ByteReader } from '../binary/index.js';
import type { ErrorDetails } from '../errors.js';
import { checkLimit, LIMITS } from '../limits.js';

export const FULL_SAMPLING = 128;

/** How many bytes stand before the offsets. */
export const SUMMARY_HEAD_BYTES = 24;

/** What stands before the offsets. */
export interface SummaryHead {
  readonly minIndexInterval: number;
  readonly samplingLevel: number;
  readonly sizeAtFullSampling: number;
  /** Of samples. */
  readonly count: number;
  /** Bytes of offsets and entries. */
  readonly memSize: number;
}

export class Summary {
  readonly minIndexInterval: number;
  readonly samplingLevel: number;
  readonly sizeAtFullSampling: number;
  readonly count: number;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** Offsets and entries. */
  readonly #block: Uint8Array;
  readonly #view: DataView;

  /** Parses `r`, which must hold one whole file. */
  constructor(r: ByteReader) {
    const { minIndexInterval, samplingLevel, sizeAtFullSampling, count, memSize } = readHead(r);
    this.minIndexInterval = minIndexInterval;
    this.samplingLevel = samplingLevel;
    this.sizeAtFullSampling = sizeAtFullSampling;
    this.count = count;
    const start = r.position;
    this.#block = r.view8(memSize);
    this.#view = new DataView(this.#block.buffer, this.#block.byteOffset, memSize);
    this.#check(r, start);
    const { firstKey, lastKey } = readKeys(r);
    this.firstKey = firstKey;
    this.lastKey = lastKey;
  }

  #check(r: ByteReader, start: number): void {
    let offset = 4 * this.count;
    let previous = -1;
    for (let i = 0; i < this.count; i++) {
      const next = this.#end(i);
      const length = next - offset - 8;
      if (this.#offset(i) !== offset || length < 0 || length > LIMITS.keyBytesMax) {
        throw r.corrupt(`entry ${i} has no place`, start + 4 * i);
      }
      const high = this.#view.getInt32(next - 4, true);
      const position = high * 2 ** 32 + this.#view.getUint32(next - 8, true);
      if (position <= previous || position > Number.MAX_SAFE_INTEGER) {
        throw r.corrupt(`entry ${i} points at ${position}`, start + next - 8);
      }
      previous = position;
      offset = next;
    }
    if (offset !== this.#block.length)
      throw r.corrupt('bytes after the last entry', start + offset);
  }

  #offset(i: number): number {
    return this.#view.getInt32(4 * i, true);
  }

  #end(i: number): number {
    const end = i + 1 < this.count ? this.#offset(i + 1) : this.#block.length;
    return end <= this.#block.length ? end : -1;
  }

  /** View of the key of entry `i`. */
  key(i: number): Uint8Array {
    this.#inRange(i);
    return this.#block.subarray(this.#offset(i), this.#end(i) - 8);
  }

  /** Where the Index.db entry of that key begins. */
  indexPosition(i: number): number {
    this.#inRange(i);
    const at = this.#end(i) - 8;
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  #inRange(i: number): void {
    if (!(i >= 0 && i < this.count)) throw new TypeError(`the summary has no entry ${i}`);
  }
}

/** Parses a whole Summary.db; keys are views of `bytes`. */
export function parseSummary(bytes: Uint8Array, where: ErrorDetails = {}): Summary {
  checkLimit('summaryBytesMax', bytes.length, where);
  return new Summary(new ByteReader(bytes, { where }));
}

/** Parses the first SUMMARY_HEAD_BYTES of a file. */
export function parseSummaryHead(bytes: Uint8Array, where: ErrorDetails = {}): SummaryHead {
  return readHead(new ByteReader(bytes, { where }));
}

/** Parses what stands behind the entries, `base` bytes from the start of the file; views. */
export function parseSummaryKeys(
  bytes: Uint8Array,
  base: number,
  where: ErrorDetails = {},
): { firstKey: Uint8Array; lastKey: Uint8Array } {
  return readKeys(new ByteReader(bytes, { base, where }));
}

function readHead(r: ByteReader): SummaryHead {
  const minIndexInterval = positive(r, 'minIndexInterval');
  const countAt = r.position;
  const count = r.i32();
  const memSize = r.i64Number('memSize');
  const samplingLevel = positive(r, 'samplingLevel');
  const sizeAtFullSampling = r.i32();
  if (samplingLevel > FULL_SAMPLING) {
    throw r.corrupt(`samplingLevel is ${samplingLevel}`, countAt + 12);
  }
  if (count < 0 || count * 12 > memSize) {
    throw r.corrupt(`${count} entries in ${memSize} bytes`, countAt);
  }
  if (sizeAtFullSampling < count) {
    throw r.corrupt(`sizeAtFullSampling is ${sizeAtFullSampling}`, countAt + 16);
  }
  return { minIndexInterval, samplingLevel, sizeAtFullSampling, count, memSize };
}

function readKeys(r: ByteReader) {
  const firstKey = readKey(r, 'firstKey');
  const lastKey = readKey(r, 'lastKey');
  if (r.remaining > 0) throw r.corrupt(`${r.remaining} bytes after the last key`);
  return { firstKey, lastKey };
}

function positive(r: ByteReader, what: string): number {
  const start = r.position;
  const value = r.i32();
  if (value < 1) throw r.corrupt(`${what} is ${value}`, start);
  return value;
}

function readKey(r: ByteReader, what: string): Uint8Array {
  const start = r.position;
  const key = r.intBytes(what);
  checkLimit('keyBytesMax', key.length, { ...r.where, offset: start });
  return key;
}

/** Order in which samples are dropped as the level falls: pattern(1) = 0, pattern(2m) doubles it. */
function dropOrder(length: number): number[] {
  if (length === 1) return [0];
  const half = dropOrder(length / 2);
  return [...half.map((x) => 2 * x + 1), ...half.map((x) => 2 * x)];
}

/**
 * Indexes of the partitions that a summary of `partitions` partitions holds at this interval and
 * level, ascending.
 */
export function* sampledPartitions(
  partitions: number,
  minIndexInterval: number,
  samplingLevel: number,
): Generator<number> {
  const dropped = new Set(dropOrder(FULL_SAMPLING).slice(0, FULL_SAMPLING - samplingLevel));
  for (let sample = 0; sample * minIndexInterval < partitions; sample++) {
    if (!dropped.has(sample % FULL_SAMPLING)) yield sample * minIndexInterval;
  }
}
