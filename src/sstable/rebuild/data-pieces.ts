/**
 * Data.db from the first byte to the last, each piece both as it is on disk and decoded. The checksum
 * of every block is verified before it is decoded.
 */
import {
  type BlockCompressor,
  compressor,
  crc32,
  KernelInstance,
  loadCompressor,
} from '../../codec/index.js';
import type { CompressionInfo } from '../../components/index.js';
import { SstashError } from '../../errors.js';
import type { RandomAccessFile } from '../../io/index.js';
import { checkLimit } from '../../limits.js';
import { throwIfInterrupted } from '../../parallel/index.js';
import { decodePayload } from '../blocks.js';
import type { SSTable } from '../sstable.js';

/** Views, valid until the next piece is asked for. */
export interface DataPiece {
  /** Bytes as they are on disk. */
  readonly stored: Uint8Array;
  /** Bytes on disk of each compressed block that ends in the piece. */
  readonly blocks: readonly number[];
  /** Bytes of the uncompressed stream. */
  readonly plain: Uint8Array;
}

const PIECE_BYTES = 1024 * 1024;
const CRC_BYTES = 4;

/** Throws SSTABLE_CHECKSUM, SSTABLE_CORRUPT, SSTABLE_TRUNCATED, SSTABLE_UNSUPPORTED_COMPRESSION. */
export async function* dataPieces(
  sstable: SSTable,
  signal?: AbortSignal,
): AsyncGenerator<DataPiece, void, undefined> {
  const file = await sstable.openComponent('Data.db');
  const { compression } = sstable;
  if (compression === null) {
    yield* plainPieces(file, signal);
    return;
  }
  await loadCompressor(compression.compressor);
  // In kernel memory blocks are decoded in place.
  const instance = KernelInstance.acquire();
  try {
    yield* new CompressedPieces(file, compression, instance).all(signal);
  } finally {
    instance.release();
  }
}

async function* plainPieces(
  file: RandomAccessFile,
  signal: AbortSignal | undefined,
): AsyncGenerator<DataPiece, void, undefined> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, file.size));
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    throwIfInterrupted(signal);
    const bytes = await file.read(at, Math.min(PIECE_BYTES, file.size - at), buffer);
    yield { stored: bytes, blocks: [], plain: bytes };
  }
}

class CompressedPieces {
  readonly #file: RandomAccessFile;
  readonly #info: CompressionInfo;
  readonly #instance: KernelInstance;
  readonly #codec: BlockCompressor;

  constructor(file: RandomAccessFile, info: CompressionInfo, instance: KernelInstance) {
    this.#file = file;
    this.#info = info;
    this.#instance = instance;
    this.#codec = compressor(
      info.compressor,
      info.options,
      info.chunkLength,
      info.dictionary?.bytes ?? null,
    );
  }

  async *all(signal: AbortSignal | undefined): AsyncGenerator<DataPiece, void, undefined> {
    const { chunkOffsets } = this.#info;
    for (let first = 0; first < chunkOffsets.length; ) {
      throwIfInterrupted(signal);
      const end = this.#endOfPiece(first);
      yield await this.#piece(first, end);
      first = end;
    }
  }

  /** Blocks from `first` on that together are about a piece, stored and plain. */
  #endOfPiece(first: number): number {
    const { chunkOffsets, chunkLength } = this.#info;
    const most = Math.max(1, Math.floor(PIECE_BYTES / chunkLength));
    let end = first + 1;
    while (
      end < chunkOffsets.length &&
      end - first < most &&
      this.#start(end + 1) - this.#start(first) <= 2 * PIECE_BYTES
    ) {
      end++;
    }
    return end;
  }

  async #piece(first: number, end: number): Promise<DataPiece> {
    const start = this.#start(first);
    const length = this.#checkedLength(first, end);
    const plainLength = this.#plainEnd(end) - this.#plainEnd(first);
    const instance = this.#instance;
    const storedAt = instance.start;
    const plainAt = storedAt + Math.ceil(length / 64) * 64 + 64;
    instance.ensure(plainAt + plainLength);
    const memory = instance.bytes;
    const stored = await this.#file.read(start, length, memory.subarray(storedAt, plainAt));
    const plain = memory.subarray(plainAt, plainAt + plainLength);
    const blocks: number[] = [];
    for (let block = first; block < end; block++) {
      const from = this.#start(block) - start;
      const to = this.#start(block + 1) - start;
      const base = this.#plainEnd(first);
      const target = plain.subarray(this.#plainEnd(block) - base, this.#plainEnd(block + 1) - base);
      this.#decode(block, stored.subarray(from, to), target);
      blocks.push(to - from);
    }
    return { stored, blocks, plain };
  }

  #start(block: number): number {
    return this.#info.chunkOffsets[block] ?? this.#file.size;
  }

  /** Where block `block` begins in the uncompressed stream. */
  #plainEnd(block: number): number {
    return Math.min(block * this.#info.chunkLength, this.#info.dataLength);
  }

  #checkedLength(first: number, end: number): number {
    const start = this.#start(first);
    const stop = this.#start(end);
    const where = { ...this.#where(first), length: Math.max(0, stop - start) };
    if (stop > this.#file.size || stop - this.#start(end - 1) < CRC_BYTES) {
      throw new SstashError('SSTABLE_TRUNCATED', 'the file ends before this block', {
        ...where,
        found: `${this.#file.size} bytes`,
      });
    }
    checkLimit('blockBytesMax', Math.floor((stop - this.#start(end - 1)) / 2), where);
    return stop - start;
  }

  #decode(block: number, stored: Uint8Array, target: Uint8Array): void {
    const payload = stored.subarray(0, stored.length - CRC_BYTES);
    const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
    const sum = crc32(payload);
    const where = { ...this.#where(block), length: stored.length };
    if (view.getUint32(payload.length) !== sum) {
      throw new SstashError('SSTABLE_CHECKSUM', 'a block does not match its checksum', where);
    }
    decodePayload(this.#codec, this.#info.maxCompressedLength, payload, target, where);
  }

  #where(block: number) {
    return {
      file: this.#file.path,
      component: 'Data.db',
      offset: this.#start(block),
      uncompressedOffset: block * this.#info.chunkLength,
    };
  }
}
