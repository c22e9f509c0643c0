/**
 * Walks the uncompressed stream of Data.db (format reference, section 7) for what the index components
 * say about it: keys, positions, header lengths, row index blocks. Rows are passed over by their
 * size, so this is no check of them.
 *
 *   partition    u16 key length, key, partition deletion, static row where there are static columns,
 *                rows and markers, end byte
 *   row          u8 flags, u8 extended flags when 80, clustering values, uvint size, body
 *   marker       u8 flags, u8 kind, u16 count, clustering values, uvint size, uvint previous size, one
 *                or two deletions (uvint, uvint32 deltas)
 */
import { KernelInstance, type SingleRowsForm, singleRows } from '../../codec/index.js';
import { SstashError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { IndexDeletion } from '../promoted-index.js';
import type { SerializationHeader } from '../serialization-header.js';
import type { FormatVersion } from '../versions.js';
import { BatchBuilder } from './batch-builder.js';
import { BlockCutter } from './block-cutter.js';
import type { PartitionBatch } from './partition-batch.js';

const END = 0x01;
const MARKER = 0x02;
const EXTENSION = 0x80;
const IS_STATIC = 0x01;
/** Cassandra takes no larger clustering values. */
const VALUE_BYTES_MAX = 65535;
/** Five vints. */
const MARKER_BYTES_MAX = 45;
const NO_BYTES = new Uint8Array(0);
/** After so many partitions of one row the kernel is asked for more of them, if it can be. */
const FEW = 4;
/** What a head that a push cuts is completed with at first. */
const JOIN_BYTES = 1024;

/** Thrown, always the same object, when the window ends inside the head of an item. */
const windowEnds = new Error('the window ends inside an item');

export interface ScannerOptions {
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  /** Bytes after which a block of a row index ends. */
  readonly columnIndexSize: number;
  /** Where the first byte stands in the stream; 0 when not given. */
  readonly position?: number;
}

export class PartitionScanner {
  readonly #header: SerializationHeader;
  readonly #hasStatics: boolean;
  /** Of clustering values; -1 where they carry their length. */
  readonly #fixedLengths: Int32Array;
  /** Of partitions of one row of the commonest form. */
  readonly #form: SingleRowsForm;
  readonly #batch = new BatchBuilder();
  readonly #cutter: BlockCutter;
  /** Position in the stream of the next byte pushed. */
  #position: number;
  /** Beginning of an item that the last push cut. */
  #carry: Uint8Array = NO_BYTES;
  /** Bytes to pass over. */
  #skip = 0;
  /** Where the first partition ended: behind its end byte. */
  firstEnd: number | null = null;
  /** Of the partition at hand or the last one: start of its last row or marker, from its own. */
  lastRow = 0;
  #inside = false;
  #partitionStart = 0;
  /** Of the same partition: bytes before its first row or marker. */
  headerLength = 0;
  readonly #deletion = new Uint8Array(12);
  #deletionLength = 0;
  #open: IndexDeletion | null = null;
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  /** Whether the bytes at hand are in the memory of a kernel. */
  #inKernel = false;
  #at = 0;
  /** Position in the stream of the window at hand. */
  #base = 0;

  constructor(options: ScannerOptions) {
    this.#header = options.header;
    this.#hasStatics = options.header.staticColumns.length > 0;
    this.#fixedLengths = Int32Array.from(options.header.clusteringTypes, (t) => t.fixedLength);
    const { hasUIntDeletionTime: shortDeletion } = options.version;
    this.#form = { clustering: plainClustering(this.#fixedLengths), shortDeletion };
    this.#cutter = new BlockCutter(options.columnIndexSize);
    this.#position = options.position ?? 0;
  }

  /** Partitions that ended since the last `take`. */
  get count(): number {
    return this.#batch.count - (this.#inside ? 1 : 0);
  }

  /**
   * The next bytes of the stream, cut anywhere; they are not kept. Throws SSTABLE_CORRUPT with
   * `uncompressedOffset` where they cannot be rows.
   */
  push(bytes: Uint8Array): void {
    let from = this.#skip;
    if (from >= bytes.length) {
      this.#skip -= bytes.length;
      this.#position += bytes.length;
      return;
    }
    this.#skip = 0;
    if (this.#carry.length > 0) from = this.#join(bytes);
    if (from >= 0) {
      const done = this.#scan(bytes, this.#position, from, bytes.length);
      if (done < bytes.length) this.#carry = bytes.slice(done);
      this.#skip = Math.max(0, done - bytes.length);
    }
    this.#position += bytes.length;
  }

  /** Throws SSTABLE_TRUNCATED when a partition is not complete. */
  end(): void {
    if (!this.#inside && this.#carry.length === 0 && this.#skip === 0) return;
    throw new SstashError('SSTABLE_TRUNCATED', 'the rows end in the middle of a partition', {
      uncompressedOffset: this.#position,
    });
  }

  /** The partitions that `count` counts; in `room` where that suffices. */
  take(room?: ArrayBufferLike): PartitionBatch {
    return this.#batch.take(this.#inside ? 1 : 0, room);
  }

  /** Scans the item that the last push cut; where to go on in `bytes`, or -1: it needs more. */
  #join(bytes: Uint8Array): number {
    const carry = this.#carry;
    for (let more = JOIN_BYTES; ; more *= 8) {
      const joined = new Uint8Array(carry.length + Math.min(more, bytes.length));
      joined.set(carry);
      joined.set(bytes.subarray(0, joined.length - carry.length), carry.length);
      const done = this.#scan(joined, this.#position - carry.length, 0, carry.length);
      if (done >= carry.length) {
        this.#carry = NO_BYTES;
        this.#skip = Math.max(0, done - carry.length - bytes.length);
        return this.#skip > 0 ? -1 : done - carry.length;
      }
      if (joined.length < carry.length + bytes.length) continue;
      this.#carry = joined;
      return -1;
    }
  }

  /**
   * Scans the items of `bytes`, which stand at `base` in the stream, that begin at `from` or behind
   * and before `until`. Returns where the next one begins, maybe behind `bytes`.
   */
  #scan(bytes: Uint8Array, base: number, from: number, until: number): number {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#inKernel = KernelInstance.owner(bytes) !== undefined;
    this.#base = base;
    this.#at = from;
    let done = from;
    try {
      while (this.#at < until) {
        if (this.#inside) {
          if (!this.#plainRows(base, until)) this.#next(base);
        } else if (!this.#singleRows(base, until)) this.#head(base);
        done = this.#at;
      }
    } catch (error) {
      if (error !== windowEnds) throw error;
    }
    if (this.#inside) this.#cutter.hold();
    return done;
  }

  /**
   * Passes over partitions of one row of the commonest form, which have no row index; whether there
   * were any.
   */
  #singleRows(base: number, until: number): boolean {
    const clustering = this.#form.clustering;
    if (clustering < 0 || this.#hasStatics) return false;
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    let left = this.#inKernel ? FEW : Infinity;
    for (; left > 0 && at < until && at + 2 < bytes.length; left--) {
      const keyEnd = at + 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
      // So much in front the size of the row is sure to be there.
      if (keyEnd + 12 + clustering + 3 > bytes.length) break;
      const short = this.#form.shortDeletion && (bytes[keyEnd] as number) >= 0x80;
      const row = keyEnd + (short ? 1 : 12);
      if (((bytes[row] as number) & (END | MARKER | EXTENSION)) !== 0) break;
      if (clustering > 0 && bytes[row + 1] !== 0) break;
      let end = row + 1 + clustering;
      const size = bytes[end] as number;
      if (size >= 0xc0) break;
      if (size < 0x80) end += 1 + size;
      else end += 2 + (((size & 0x3f) << 8) | (bytes[end + 1] as number));
      if (end >= bytes.length || bytes[end] !== END) break;
      this.#batch.begin(base + at, bytes, at + 2, keyEnd - at - 2);
      this.#partitionStart = base + at;
      this.headerLength = row - at;
      this.lastRow = row - at;
      this.firstEnd ??= base + end + 1;
      at = end + 1;
    }
    this.#at = left === 0 ? this.#manySingleRows(base, at, until) : at;
    return at > from;
  }

  /** The same by the kernel, from `from` on; where it came to. */
  #manySingleRows(base: number, from: number, until: number): number {
    const { nextStart } = this.#batch;
    const form = this.#form;
    const many = singleRows(form, this.#bytes, { from, until, position: base, nextStart });
    if (many === null) return from;
    this.#batch.add(many.entries, many.starts);
    const { last } = many;
    const keyEnd = last + 2 + this.#view.getUint16(last);
    const short = form.shortDeletion && (this.#bytes[keyEnd] as number) >= 0x80;
    this.#partitionStart = base + last;
    this.headerLength = keyEnd + (short ? 1 : 12) - last;
    this.lastRow = this.headerLength;
    return many.end;
  }

  #head(base: number): void {
    const start = this.#at;
    this.#need(2);
    const keyLength = this.#view.getUint16(start);
    this.#at = start + 2 + keyLength;
    this.#need(1);
    const deletionAt = this.#at;
    const short = this.#form.shortDeletion && (this.#bytes[deletionAt] as number) >= 0x80;
    const deletionLength = short ? 1 : 12;
    this.#need(deletionLength);
    this.#at += deletionLength;
    if (this.#hasStatics) this.#staticRow();
    this.#deletionLength = deletionLength;
    for (let i = 0; i < deletionLength; i++) {
      this.#deletion[i] = this.#bytes[deletionAt + i] as number;
    }
    this.#partitionStart = base + start;
    this.headerLength = this.#at - start;
    this.#inside = true;
    this.#open = null;
    this.#batch.begin(base + start, this.#bytes, start + 2, keyLength);
  }

  #staticRow(): void {
    const start = this.#at;
    const flags = this.#u8();
    if ((flags & EXTENSION) === 0 || this.#u8() !== IS_STATIC) {
      throw this.#damage(start, 'a static row must stand here');
    }
    this.#at = this.#bodyEnd();
  }

  /** Passes over rows of the commonest form; whether there were any. */
  #plainRows(base: number, until: number): boolean {
    const clustering = this.#form.clustering;
    if (clustering < 0) return false;
    const bytes = this.#bytes;
    // So much in front the size of a row is sure to be there.
    const last = Math.min(until, bytes.length - clustering - 3);
    const shift = base - this.#partitionStart;
    const open = this.#open;
    const from = this.#at;
    let at = from;
    while (at < last) {
      const flags = bytes[at] as number;
      if ((flags & (END | MARKER | EXTENSION)) !== 0) break;
      let end = at + 1 + clustering;
      if (clustering > 0 && bytes[at + 1] !== 0) break;
      const size = bytes[end] as number;
      if (size >= 0xc0) break;
      const nameEnd = end;
      if (size < 0x80) end += 1 + size;
      else end += 2 + (((size & 0x3f) << 8) | (bytes[end + 1] as number));
      this.#cutter.add(at + shift, end + shift, bytes, at + 1, nameEnd, true, open);
      this.lastRow = at + shift;
      at = end;
    }
    this.#at = at;
    return at > from;
  }

  #next(base: number): void {
    const start = this.#at;
    const flags = this.#u8();
    if ((flags & (END | MARKER)) !== 0) {
      if (flags === END) this.#endPartition(base + start);
      else if (flags === MARKER) this.#marker(base, start);
      else throw this.#damage(start, `the flags of a row are ${flags}`);
      return;
    }
    if ((flags & EXTENSION) !== 0) this.#u8();
    const nameAt = this.#at;
    if (this.#fixedLengths.length > 0) this.#clustering(this.#fixedLengths.length);
    const nameEnd = this.#at;
    const end = this.#bodyEnd();
    this.#at = end;
    const shift = base - this.#partitionStart;
    this.lastRow = start + shift;
    this.#cutter.add(start + shift, end + shift, this.#bytes, nameAt, nameEnd, true, this.#open);
  }

  #marker(base: number, start: number): void {
    const nameAt = this.#at;
    const kind = this.#u8();
    this.#need(2);
    const count = this.#view.getUint16(this.#at);
    this.#at += 2;
    if (kind > 7 || kind === 3 || kind === 4 || count > this.#fixedLengths.length) {
      throw this.#damage(start, 'a range tombstone marker is malformed');
    }
    this.#clustering(count);
    const nameEnd = this.#at;
    const end = this.#bodyEnd();
    if (end > this.#at + MARKER_BYTES_MAX) throw this.#damage(start, 'a marker is too long');
    if (end > this.#bytes.length) throw windowEnds;
    this.#uvint();
    let deletion = this.#deletionTime();
    if (kind === 2 || kind === 5) deletion = this.#deletionTime();
    if (this.#at !== end) throw this.#damage(start, 'a marker does not end where its size says');
    this.#open = kind === 0 || kind === 6 ? null : deletion;
    const shift = base - this.#partitionStart;
    this.lastRow = start + shift;
    this.#cutter.add(start + shift, end + shift, this.#bytes, nameAt, nameEnd, false, this.#open);
  }

  #endPartition(position: number): void {
    const blocks = this.#cutter.finish(position - this.#partitionStart);
    if (blocks !== null) {
      const deletion = this.#deletion.slice(0, this.#deletionLength);
      this.#batch.index({ headerLength: this.headerLength, deletion, blocks });
    }
    this.#inside = false;
    this.firstEnd ??= position + 1;
  }

  /** Passes over `count` clustering values. */
  #clustering(count: number): void {
    for (let first = 0; first < count; first += 32) {
      const at = this.#at;
      const last = Math.min(count, first + 32);
      if (this.#uvint() !== 0) {
        this.#at = at;
        this.#sparseClustering(first, last);
        continue;
      }
      for (let i = first; i < last; i++) this.#value(this.#fixedLengths[i] as number);
    }
  }

  /** Some values are empty or null. */
  #sparseClustering(first: number, last: number): void {
    const at = this.#at;
    let bits = this.#uvintBig();
    for (let i = first; i < last; i++) {
      const state = Number(bits & 3n);
      bits >>= 2n;
      if (state === 0) this.#value(this.#fixedLengths[i] as number);
      else if (state === 3) throw this.#damage(at, 'a clustering is malformed');
    }
    if (bits !== 0n) throw this.#damage(at, 'a clustering is malformed');
  }

  #value(fixed: number): void {
    if (fixed >= 0) {
      this.#at += fixed;
      return;
    }
    const at = this.#at;
    const length = this.#uvint();
    if (length > VALUE_BYTES_MAX) throw this.#damage(at, `a clustering value of ${length} bytes`);
    this.#at += length;
  }

  /** Where the body of a row or marker ends, whose size comes next. */
  #bodyEnd(): number {
    const at = this.#at;
    const size = this.#uvint();
    if (size > LIMITS.rowBytesMax) throw this.#damage(at, 'a row is above the limit rowBytesMax');
    return this.#at + size;
  }

  /** One deletion of a marker (format reference, 7.5 and 8). */
  #deletionTime(): IndexDeletion {
    const { minTimestamp, minLocalDeletionTime } = this.#header;
    const time = BigInt.asIntN(64, this.#uvintBig() + minTimestamp);
    const local = Number(BigInt.asUintN(32, this.#uvintBig() + BigInt(minLocalDeletionTime)));
    return { markedForDeleteAt: time, localDeletionTime: local };
  }

  #need(length: number): void {
    if (this.#at + length > this.#bytes.length) throw windowEnds;
  }

  #u8(): number {
    if (this.#at >= this.#bytes.length) throw windowEnds;
    return this.#bytes[this.#at++] as number;
  }

  /** Numbers that are not exact are far above every limit. */
  #uvint(): number {
    const at = this.#at;
    const bytes = this.#bytes;
    if (at >= bytes.length) throw windowEnds;
    const first = bytes[at] as number;
    if (first < 0x80) {
      this.#at = at + 1;
      return first;
    }
    const extra = Math.clz32(~(first << 24));
    if (at + extra >= bytes.length) throw windowEnds;
    let value = extra > 7 ? 0 : first & (0xff >> extra);
    for (let i = at + 1; i <= at + extra; i++) value = value * 256 + (bytes[i] as number);
    this.#at = at + extra + 1;
    return value;
  }

  #uvintBig(): bigint {
    const at = this.#at;
    const value = this.#uvint();
    const extra = this.#at - at - 1;
    if (extra < 7) return BigInt(value);
    const bits = this.#view.getBigUint64(this.#at - 8);
    return extra === 8 ? bits : bits & 0xffffffffffffffn;
  }

  #damage(offset: number, message: string): SstashError {
    const uncompressedOffset = this.#base + offset;
    return new SstashError('SSTABLE_CORRUPT', message, { uncompressedOffset });
  }
}

/** A header of one byte and the values, if there are some. */
function plainClustering(fixedLengths: Int32Array): number {
  if (fixedLengths.length > 32 || fixedLengths.some((length) => length < 0)) return -1;
  return fixedLengths.reduce((sum, length) => sum + length, fixedLengths.length > 0 ? 1 : 0);
}
