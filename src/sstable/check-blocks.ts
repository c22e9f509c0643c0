/**
 * The bytes of Data.db as they are on disk: the checksum of every block, how raw blocks are padded,
 * and the sum for Digest.crc32. Decoding is left to whoever reads the rows.
 */
import { type BlockCompressor, compressor, crc32, loadCompressor } from '../codec/index.js';
import { type CompressionInfo, type DataChecksums, parseCrc } from '../components/index.js';
import { type ErrorCode, isSstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { Faults } from './check-faults.js';

/** CRC-32 of a part of the file. */
export interface FilePart {
  readonly crc: number;
  readonly length: number;
}

const READ_BYTES = 1024 * 1024;

/** Blocks with a number from `first` up to `end`; the last part also has what is behind them. */
export interface BlockSpan {
  readonly first: number;
  readonly end: number;
  readonly last: boolean;
}

/** Which blocks belong to the range from `from` to `to` of the stream: those that begin in it. */
export function blockSpan(from: number, to: number, last: boolean, blockLength: number): BlockSpan {
  return {
    first: Math.ceil(from / blockLength),
    end: last ? Infinity : Math.ceil(to / blockLength),
    last,
  };
}

/** How the bytes of Data.db are checked: by CompressionInfo.db, or by CRC.db if there is one. */
export interface BlockSums {
  readonly compression: CompressionInfo | null;
  readonly checksums: DataChecksums | null;
}

export async function checkBlocks(
  file: RandomAccessFile,
  sums: BlockSums,
  span: BlockSpan,
  faults: Faults,
  signal?: AbortSignal,
): Promise<FilePart> {
  const { compression, checksums } = sums;
  if (compression === null) return checkPlain(file, checksums, span, faults, signal);
  await loadCompressor(compression.compressor);
  return new CompressedCheck(file, compression, faults).run(span, signal);
}

/** Every block to the end of the file. */
export const ALL_BLOCKS: BlockSpan = { first: 0, end: Infinity, last: true };

/** CRC.db where there is a sound one; otherwise that is reported by the check of the components. */
export async function readChecksums(store: {
  readonly components: ReadonlyMap<string, unknown>;
  readComponent(name: string): Promise<Uint8Array>;
}): Promise<DataChecksums | null> {
  if (!store.components.has('CRC.db')) return null;
  try {
    return parseCrc(await store.readComponent('CRC.db'));
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

/** Reads the file from `start` to `end` in pieces. */
async function* pieces(
  file: RandomAccessFile,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ at: number; bytes: Uint8Array }, void, undefined> {
  for (let at = start; at < end; at += READ_BYTES) {
    throwIfInterrupted(signal);
    yield { at, bytes: await file.read(at, Math.min(READ_BYTES, end - at)) };
  }
}

/** The whole file without knowledge of its blocks. */
export async function fileCrc(file: RandomAccessFile, signal?: AbortSignal): Promise<number> {
  let crc = 0;
  for await (const { bytes } of pieces(file, 0, file.size, signal)) crc = crc32(bytes, crc);
  return crc;
}

async function checkPlain(
  file: RandomAccessFile,
  checksums: DataChecksums | null,
  span: BlockSpan,
  faults: Faults,
  signal: AbortSignal | undefined,
): Promise<FilePart> {
  const size = checksums?.chunkSize ?? 65536;
  const start = Math.min(span.first * size, file.size);
  const end = span.last ? file.size : Math.min(span.end * size, file.size);
  let whole = 0;
  for (let at = start; at < end; at += size) {
    throwIfInterrupted(signal);
    const bytes = await file.read(at, Math.min(size, end - at));
    whole = crc32(bytes, whole);
    if (checksums === null || crc32(bytes) === checksums.checksums[at / size]) continue;
    faults.add({
      code: 'SSTABLE_CHECKSUM',
      file: file.path,
      component: 'Data.db',
      offset: at,
      uncompressedOffset: at,
      message: `the ${bytes.length} bytes of this block do not match their checksum in CRC.db`,
    });
  }
  return { crc: whole, length: end - start };
}

/** Blocks of a compressed Data.db, one by one. */
export class CompressedCheck {
  readonly #file: RandomAccessFile;
  readonly #info: CompressionInfo;
  readonly #faults: Faults;
  readonly #codec: BlockCompressor | null;

  constructor(file: RandomAccessFile, info: CompressionInfo, faults: Faults) {
    this.#file = file;
    this.#info = info;
    this.#faults = faults;
    this.#codec = codecOf(info);
  }

  async run(span: BlockSpan, signal: AbortSignal | undefined): Promise<FilePart> {
    const { chunkOffsets } = this.#info;
    const end = Math.min(span.end, chunkOffsets.length);
    const start = Math.min(this.#startOf(span.first), this.#file.size);
    let whole = 0;
    let block = span.first;
    while (block < end) {
      throwIfInterrupted(signal);
      const from = this.#startOf(block);
      if (from + 4 > this.#file.size) break;
      let next = block + 1;
      while (next < end && this.#startOf(next + 1) - from <= READ_BYTES) next++;
      const to = Math.min(this.#startOf(next), this.#file.size);
      if (to - from > 2 * READ_BYTES + 2 * this.#info.chunkLength) {
        whole = await this.#tooLong(block, from, to, whole, signal);
        block = next;
        continue;
      }
      const bytes = await this.#file.read(from, to - from);
      whole = crc32(bytes, whole);
      for (; block < next; block++) this.checkBlock(block, bytes, from);
    }
    if (block < end) this.#missing(block);
    const read = block >= end ? this.#startOf(end) : this.#startOf(block);
    const stop = span.last ? this.#file.size : Math.min(read, this.#file.size);
    // What is left is a piece too short to be a block.
    const done = Math.min(read, this.#file.size);
    if (stop > done) whole = crc32(await this.#file.read(done, stop - done), whole);
    return { crc: whole, length: Math.max(0, stop - start) };
  }

  #startOf(block: number): number {
    return this.#info.chunkOffsets[block] ?? this.#file.size;
  }

  /** No block is that long: an offset in CompressionInfo.db is wrong. */
  async #tooLong(
    block: number,
    from: number,
    to: number,
    whole: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    this.#fault(block, 'SSTABLE_CORRUPT', `block ${block} would have ${to - from} bytes`);
    let crc = whole;
    for await (const { bytes } of pieces(this.#file, from, to, signal)) crc = crc32(bytes, crc);
    return crc;
  }

  #missing(block: number): void {
    const count = this.#info.chunkOffsets.length;
    this.#faults.add({
      code: 'SSTABLE_TRUNCATED',
      file: this.#file.path,
      component: 'Data.db',
      offset: this.#file.size,
      uncompressedOffset: block * this.#info.chunkLength,
      message: `the file ends after ${block} of the ${count} blocks that CompressionInfo.db lists`,
    });
  }

  /** Block `block` in `bytes`, which begin at `base` of the file. */
  checkBlock(block: number, bytes: Uint8Array, base: number): void {
    const start = this.#startOf(block) - base;
    const end = Math.min(this.#startOf(block + 1) - base, bytes.length);
    if (end - start < 4) {
      this.#fault(block, 'SSTABLE_TRUNCATED', 'the file ends inside a block');
      return;
    }
    const payload = bytes.subarray(start, end - 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset + end - 4, 4);
    if (view.getUint32(0) !== crc32(payload)) {
      const length = end - start;
      this.#fault(
        block,
        'SSTABLE_CHECKSUM',
        `the ${length} bytes of block ${block} do not match their checksum`,
      );
      return;
    }
    const plain = this.#plainLength(block);
    if (payload.length >= this.#info.maxCompressedLength) this.#checkRaw(block, payload, plain);
    else if (plain === 0) this.#checkEmpty(block, payload);
    else if (this.#info.compressor === 'LZ4Compressor') this.#checkLength(block, payload, plain);
  }

  /** An LZ4 block begins with its length, which the sound block knows better than dataLength. */
  #checkLength(block: number, payload: Uint8Array, plain: number): void {
    if (payload.length < 4) return;
    const found = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true);
    if (found === plain) return;
    this.#faults.add({
      code: 'SSTABLE_CORRUPT',
      file: this.#file.path.replace(/Data\.db$/, 'CompressionInfo.db'),
      component: 'CompressionInfo.db',
      offset: null,
      uncompressedOffset: block * this.#info.chunkLength,
      message: `block ${block} should have ${plain} bytes when decoded, it says ${found}`,
    });
  }

  #plainLength(block: number): number {
    const { chunkLength, dataLength } = this.#info;
    return Math.max(0, Math.min(chunkLength, dataLength - block * chunkLength));
  }

  /**
   * A block is stored as it is where it would not have got smaller than the limit; a short one is
   * filled up with zeros to the limit.
   */
  #checkRaw(block: number, payload: Uint8Array, plain: number): void {
    const { maxCompressedLength } = this.#info;
    const wanted = Math.max(plain, maxCompressedLength);
    if (payload.length !== wanted) {
      const message = `the uncompressed block ${block} has ${payload.length} bytes, not ${wanted}`;
      this.#fault(block, 'SSTABLE_CORRUPT', message);
      return;
    }
    if (payload.subarray(plain).some((byte) => byte !== 0)) {
      this.#fault(block, 'SSTABLE_CORRUPT', `block ${block} is filled up with other bytes than 0`);
    }
    const compressed = this.#codec?.encode?.(payload.subarray(0, plain)).length;
    // Other releases of the compressor may come out some bytes larger.
    if (compressed !== undefined && compressed < maxCompressedLength * 0.98) {
      this.#fault(
        block,
        'SSTABLE_CORRUPT',
        `block ${block} is not compressed although it would have ${compressed} bytes`,
      );
    }
  }

  /** The last block of a compaction: nothing, compressed. */
  #checkEmpty(block: number, payload: Uint8Array): void {
    try {
      this.#codec?.decode(payload, new Uint8Array(0));
    } catch (error) {
      if (!isSstashError(error)) throw error;
      this.#fault(block, error.code, `the last, empty block does not decode: ${error.message}`);
    }
  }

  #fault(block: number, code: ErrorCode, message: string): void {
    this.#faults.add({
      code,
      file: this.#file.path,
      component: 'Data.db',
      offset: this.#startOf(block),
      uncompressedOffset: block * this.#info.chunkLength,
      message,
    });
  }
}

/** Null where this release cannot decode the blocks; that is a fault of its own, found elsewhere. */
function codecOf(info: CompressionInfo): BlockCompressor | null {
  try {
    return compressor(
      info.compressor,
      info.options,
      info.chunkLength,
      info.dictionary?.bytes ?? null,
    );
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}
