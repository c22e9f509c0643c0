/**
 * The uncompressed stream of Data.db, with the checksum of every block verified before a byte of it
 * is used (format reference, sections 13.2 and 14).
 *
 * Compressed, a block in the file is
 *
 *   payload   up to 4 bytes before the next block begins; of maxCompressedLength bytes or more it
 *             is the plain bytes (the last one maybe padded), else the compressed ones
 *   crc       u32, CRC-32 of the payload
 *
 * Uncompressed, CRC.db has a CRC-32 for each 64 KiB of the file.
 */
import {
  type BlockCompressor,
  compressor,
  crc32,
  KernelInstance,
  LZ4_COMPRESSOR,
  xxh3_128,
} from '../codec/index.js';
import type { CompressionInfo, DataChecksums } from '../components/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { checkLimit } from '../limits.js';

/** XXH3-128 of blocks as they are in the file, checksums included: 16 bytes each, from `first` on. */
export interface StoredDigests {
  readonly first: number;
  readonly bytes: Uint8Array;
}

export interface BlockReader {
  /** Bytes of the uncompressed stream. */
  readonly length: number;
  /** Reads that begin and end at multiples of it decode nothing twice. */
  readonly blockLength: number;
  /**
   * `length` bytes from `from`, in a fresh array or at the start of `into`. Blocks that have one of
   * them and a place in `digests` are digested too.
   */
  read(
    from: number,
    length: number,
    into?: Uint8Array,
    digests?: StoredDigests,
  ): Promise<Uint8Array>;
  /** Where the block with the byte `position` of the stream begins in the file. */
  filePosition(position: number): number;
}

/** Adjacent blocks are fetched together up to this many bytes. */
const READ_BYTES = 1024 * 1024;
/** As many blocks go through a kernel at once. */
const BLOCKS_MAX = 1024;
const CRC_BYTES = 4;
const DIGEST_BYTES = 16;
const HINT =
  'Restore the file from another replica or a backup, or let Cassandra repair the range.';

function outside(path: string, from: number, length: number, end: number): SstashError {
  return new SstashError('SSTABLE_TRUNCATED', `bytes from ${from} on, ${length}, are not there`, {
    file: path,
    component: 'Data.db',
    uncompressedOffset: from,
    length,
    expected: `at most ${end} bytes`,
  });
}

const NO_ROOM = new Uint8Array(0);

/** Told the bytes of the blocks from `first` on as they are read: a view. */
export type OnStored = (first: number, bytes: Uint8Array) => void;

export class CompressedBlocks implements BlockReader {
  readonly length: number;
  readonly blockLength: number;
  readonly #file: RandomAccessFile;
  readonly #info: CompressionInfo;
  readonly #codec: BlockCompressor;
  /** The last block that was decoded for a part of it only. */
  #cached = -1;
  #cache: Uint8Array = new Uint8Array(0);
  #room: Uint8Array = NO_ROOM;

  readonly #onStored: OnStored | undefined;

  /** Throws SSTABLE_UNSUPPORTED_COMPRESSION. */
  constructor(file: RandomAccessFile, info: CompressionInfo, onStored?: OnStored) {
    this.#onStored = onStored;
    this.#file = file;
    this.#info = info;
    this.length = info.dataLength;
    this.blockLength = info.chunkLength;
    this.#codec = compressor(
      info.compressor,
      info.options,
      info.chunkLength,
      info.dictionary?.bytes ?? null,
    );
  }

  filePosition(position: number): number {
    const { chunkOffsets, chunkLength } = this.#info;
    const block = Math.min(Math.floor(position / chunkLength), chunkOffsets.length - 1);
    return chunkOffsets[block] ?? 0;
  }

  async read(
    from: number,
    length: number,
    into?: Uint8Array,
    digests?: StoredDigests,
  ): Promise<Uint8Array> {
    if (length < 0 || from < 0 || from + length > this.length) {
      throw outside(this.#file.path, from, length, this.length);
    }
    const target = into === undefined ? new Uint8Array(length) : into.subarray(0, length);
    if (length === 0) return target;
    const last = Math.floor((from + length - 1) / this.blockLength);
    const most = KernelInstance.owner(target)?.inputBytes ?? READ_BYTES;
    let block = Math.floor(from / this.blockLength);
    while (block <= last) {
      let end = block + 1;
      while (end <= last && this.#mayJoin(block, end, most)) end++;
      await this.#copyBlocks(block, end, from, target, digests);
      block = end;
    }
    return target;
  }

  /** Whether block `next` can be fetched with those from `first` on, in `most` bytes all together. */
  #mayJoin(first: number, next: number, most: number): boolean {
    const end = this.#end(next);
    return end - this.#start(first) <= most && end <= this.#file.size && next - first < BLOCKS_MAX;
  }

  /** Blocks from `first` up to `end`, as far as they lie in `target`, which begins at `from`. */
  async #copyBlocks(
    first: number,
    end: number,
    from: number,
    target: Uint8Array,
    digests: StoredDigests | undefined,
  ): Promise<void> {
    const start = this.#start(first);
    const cached = end - first === 1 && first === this.#cached && digests === undefined;
    const length = cached ? 0 : this.#checkedLength(first, end);
    const kernel = KernelInstance.owner(target);
    const own = kernel?.inputRoom(length);
    const room = own ?? this.#takeRoom(length);
    const stored = cached ? null : await this.#file.read(start, length, room);
    let done = first;
    if (stored !== null) {
      this.#onStored?.(first, stored);
      if (own !== undefined && kernel !== undefined) {
        done = this.#decodeInKernel(kernel, first, end, stored, from, target, digests);
      }
      if (digests !== undefined) this.#digest(done, end, start, stored, digests);
    }
    this.#copyStored(done, end, start, stored, from, target);
    if (own === undefined) this.#room = room;
  }

  /** A buffer for stored bytes, used again and again: fresh ones cost more than what is read. */
  #takeRoom(length: number): Uint8Array {
    const room = this.#room;
    // Another read may come while this one waits; it takes a buffer of its own.
    this.#room = NO_ROOM;
    return room.length >= length ? room : new Uint8Array(Math.max(length, READ_BYTES));
  }

  /** Digests those of the blocks `from` to `end` that have a place in `digests`. */
  #digest(
    from: number,
    end: number,
    base: number,
    stored: Uint8Array,
    digests: StoredDigests,
  ): void {
    for (let block = from; block < end; block++) {
      const own = stored.subarray(this.#start(block) - base, this.#end(block) - base);
      setDigests(digests, block, xxh3_128(own));
    }
  }

  /**
   * Verifies, decodes and digests the blocks `first` to `end` in few calls, where that is possible;
   * returns the first that is left: one that is not all in `target`, or not sound.
   */
  #decodeInKernel(
    kernel: KernelInstance,
    first: number,
    end: number,
    stored: Uint8Array,
    from: number,
    target: Uint8Array,
    digests: StoredDigests | undefined,
  ): number {
    const at = first * this.blockLength - from;
    if (at < 0 || this.#codec.name !== LZ4_COMPRESSOR) return first;
    const { blockTable } = kernel;
    const base = this.#start(first);
    let room = target.length - at;
    let block = first;
    for (let i = 0; block < end; block++, i += 2) {
      room -= this.#plainLength(block);
      const start = this.#start(block) - base;
      const crcAt = this.#end(block) - base - CRC_BYTES;
      if (room < 0 || crc32(stored.subarray(start, crcAt)) !== u32At(stored, crcAt)) break;
      blockTable[i] = stored.byteOffset + start;
      blockTable[i + 1] = crcAt - start;
    }
    const count = block - first;
    if (count === 0) return first;
    if (digests !== undefined) setDigests(digests, first, kernel.digestBlocks(count));
    const last = this.#plainLength(block - 1);
    const { maxCompressedLength } = this.#info;
    const place = target.subarray(at);
    return first + kernel.decodeBlocks(count, place, this.blockLength, last, maxCompressedLength);
  }

  #copyStored(
    first: number,
    end: number,
    start: number,
    stored: Uint8Array | null,
    from: number,
    target: Uint8Array,
  ): void {
    for (let block = first; block < end; block++) {
      const at = block * this.blockLength - from;
      const length = this.#plainLength(block);
      if (at >= 0 && at + length <= target.length && stored !== null) {
        this.#decode(block, stored, start, target.subarray(at, at + length));
        continue;
      }
      if (stored !== null) {
        const plain = new Uint8Array(length);
        this.#decode(block, stored, start, plain);
        this.#cache = plain;
        this.#cached = block;
      }
      const skip = Math.max(0, -at);
      target.set(this.#cache.subarray(skip, Math.min(length, target.length - at)), at + skip);
    }
  }

  #start(block: number): number {
    return this.#info.chunkOffsets[block] ?? this.#file.size;
  }

  #end(block: number): number {
    return this.#start(block + 1);
  }

  /** Bytes in the file of the blocks from `first` up to `end`. */
  #checkedLength(first: number, end: number): number {
    const start = this.#start(first);
    const stop = this.#end(end - 1);
    const where = {
      file: this.#file.path,
      component: 'Data.db',
      offset: start,
      uncompressedOffset: first * this.blockLength,
    };
    // Of several blocks only the last one can end behind the file, and then it stands alone.
    if (stop > this.#file.size || stop - this.#start(end - 1) < CRC_BYTES) {
      throw new SstashError('SSTABLE_TRUNCATED', 'the file ends before this block', {
        ...where,
        uncompressedOffset: (end - 1) * this.blockLength,
        length: Math.max(0, stop - start),
        found: `${this.#file.size} bytes`,
        hint: HINT,
      });
    }
    checkLimit('blockBytesMax', Math.floor((stop - start) / 2), where);
    return stop - start;
  }

  #plainLength(block: number): number {
    return Math.max(0, Math.min(this.blockLength, this.length - block * this.blockLength));
  }

  #decode(block: number, stored: Uint8Array, base: number, target: Uint8Array): void {
    const crcAt = this.#end(block) - base - CRC_BYTES;
    const payload = stored.subarray(this.#start(block) - base, crcAt);
    const sum = crc32(payload);
    const expected = u32At(stored, crcAt);
    if (expected !== sum) {
      throw new SstashError('SSTABLE_CHECKSUM', 'a block does not match its checksum', {
        ...this.#where(block),
        expected: hex(expected),
        found: hex(sum),
        hint: HINT,
      });
    }
    try {
      decodePayload(this.#codec, this.#info.maxCompressedLength, payload, target);
    } catch (error) {
      throw error instanceof SstashError ? error.with(this.#where(block)) : error;
    }
  }

  /** For errors. */
  #where(block: number): ErrorDetails {
    const start = this.#start(block);
    return {
      file: this.#file.path,
      component: 'Data.db',
      offset: start,
      uncompressedOffset: block * this.blockLength,
      length: this.#end(block) - start,
    };
  }
}

/** Enters digests of the blocks from `block` on, as far as they have a place in `digests`. */
function setDigests({ first, bytes }: StoredDigests, block: number, digests: Uint8Array): void {
  const at = DIGEST_BYTES * (block - first);
  const from = Math.max(0, -at);
  const to = Math.min(digests.length, bytes.length - at);
  if (from < to) bytes.set(digests.subarray(from, to), at + from);
}

function u32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return ((high << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}

/** Decodes one verified payload into `target`, which has the block's plain length. */
export function decodePayload(
  codec: BlockCompressor,
  maxCompressedLength: number,
  payload: Uint8Array,
  target: Uint8Array,
  where: ErrorDetails = {},
): void {
  if (payload.length >= maxCompressedLength) {
    if (payload.length < target.length) {
      throw new SstashError('SSTABLE_CORRUPT', 'a block that is stored as it is is too short', {
        ...where,
        expected: `${target.length} bytes`,
        found: `${payload.length} bytes`,
        hint: HINT,
      });
    }
    target.set(payload.subarray(0, target.length));
    return;
  }
  try {
    codec.decode(payload, target);
  } catch (error) {
    throw error instanceof SstashError ? error.with(where) : error;
  }
}

export class PlainBlocks implements BlockReader {
  readonly length: number;
  readonly blockLength: number;
  readonly #file: RandomAccessFile;
  readonly #checksums: DataChecksums | null;

  /** Without `checksums` (CRC.db is missing) nothing can be verified. */
  constructor(file: RandomAccessFile, checksums: DataChecksums | null) {
    this.#file = file;
    this.#checksums = checksums;
    this.length = file.size;
    this.blockLength = checksums?.chunkSize ?? 65536;
  }

  filePosition(position: number): number {
    return position;
  }

  async read(
    from: number,
    length: number,
    into?: Uint8Array,
    digests?: StoredDigests,
  ): Promise<Uint8Array> {
    if (length < 0 || from < 0 || from + length > this.length) {
      throw outside(this.#file.path, from, length, this.length);
    }
    const isBare = this.#checksums === null && digests === undefined;
    if (isBare || length === 0) return this.#file.read(from, length, into);
    const size = this.blockLength;
    const start = from - (from % size);
    const end = Math.min(this.length, Math.ceil((from + length) / size) * size);
    if (start === from && end === from + length) {
      const whole = await this.#file.read(from, length, into);
      this.#verify(whole, start, digests);
      return whole;
    }
    const stored = await this.#file.read(start, end - start);
    this.#verify(stored, start, digests);
    const wanted = stored.subarray(from - start, from - start + length);
    if (into === undefined) return wanted;
    into.set(wanted);
    return into.subarray(0, length);
  }

  #verify(bytes: Uint8Array, start: number, digests: StoredDigests | undefined): void {
    const size = this.blockLength;
    for (let at = 0; at < bytes.length; at += size) {
      const block = bytes.subarray(at, at + size);
      if (this.#checksums !== null) this.#verifyBlock(block, start + at, this.#checksums);
      if (digests !== undefined) setDigests(digests, (start + at) / size, xxh3_128(block));
    }
  }

  #verifyBlock(block: Uint8Array, start: number, { checksums }: DataChecksums): void {
    const sum = crc32(block);
    const expected = checksums[start / this.blockLength];
    if (sum === expected) return;
    throw new SstashError('SSTABLE_CHECKSUM', 'a block does not match its checksum in CRC.db', {
      file: this.#file.path,
      component: 'Data.db',
      offset: start,
      uncompressedOffset: start,
      length: block.length,
      ...(expected === undefined ? {} : { expected: hex(expected) }),
      found: hex(sum),
      hint: HINT,
    });
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
