/** Native bytes back into the blocks of Data.db. */
import {
  type BlockCompressor,
  blockBound,
  combineCrc32,
  compressor,
  crc32,
  crc32WithItself,
  KernelInstance,
  LZ4_COMPRESSOR,
} from '../codec/index.js';
import { SstashError } from '../errors.js';
import { copyBytes } from '../io/index.js';
import { type BlockCompression, CRC_BYTES, rawPayload } from './block-layout.js';

export interface PackerOptions extends BlockCompression {
  readonly blockLength: number;
}

export interface StoredBlocks {
  /** Stored blocks, back to back. */
  readonly blocks: Uint8Array;
  /** Bytes of each of them. */
  readonly lengths: readonly number[];
  /** CRC-32 of all of them. */
  readonly crc: number;
}

/** What a stretch of native bytes gives: its blocks, and what of it belongs to blocks at its edges. */
export interface PackedBlocks extends StoredBlocks {
  /** Native bytes before the first boundary of blocks. */
  readonly head: Uint8Array;
  /** Native bytes after the last boundary. */
  readonly tail: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

export class BlockPacker {
  readonly #options: PackerOptions;
  readonly #codec: BlockCompressor;
  /** Whether a kernel encodes its blocks, many in a call. */
  readonly #isForKernels: boolean;
  readonly #exceptions: ReadonlyMap<number, Uint8Array>;
  /** Of the open block. */
  #number: number;
  readonly #open: Uint8Array;
  #filled = 0;
  /** Missing until the first boundary; then bytes go into blocks. */
  #headMissing: number;
  readonly #head: Uint8Array[] = [];
  #out: Uint8Array;
  #outLength = 0;
  #lengths: number[] = [];
  #crc = 0;

  /**
   * @param position native position of the first byte that will be pushed
   * @param exceptions payloads of blocks that the encoder does not give
   * @param room memory for the blocks
   */
  constructor(
    options: PackerOptions,
    position: number,
    exceptions: ReadonlyMap<number, Uint8Array>,
    room?: ArrayBufferLike,
  ) {
    const { blockLength } = options;
    this.#options = options;
    this.#codec = compressor(options.compressor, options.options, blockLength);
    this.#isForKernels =
      this.#codec.name === LZ4_COMPRESSOR && this.#codec.encodeInto !== undefined;
    this.#exceptions = exceptions;
    this.#number = Math.ceil(position / blockLength);
    this.#headMissing = this.#number * blockLength - position;
    this.#open = new Uint8Array(blockLength);
    this.#out = room === undefined ? new Uint8Array(0) : new Uint8Array(room);
  }

  push(native: Uint8Array): void {
    let rest = native;
    if (this.#headMissing > 0) {
      const part = rest.subarray(0, this.#headMissing);
      this.#head.push(part.slice());
      this.#headMissing -= part.length;
      rest = rest.subarray(part.length);
    }
    while (rest.length > 0) {
      const closed = this.#filled === 0 ? this.#closeMany(rest) : 0;
      rest = rest.subarray(closed * this.#open.length);
      const part = rest.subarray(0, this.#open.length - this.#filled);
      if (part.length === this.#open.length) {
        this.#close(part);
      } else {
        this.#open.set(part, this.#filled);
        this.#filled += part.length;
        if (this.#filled === this.#open.length) this.endBlock();
      }
      rest = rest.subarray(part.length);
    }
  }

  /** Notes blocks that were made elsewhere; only at a boundary. */
  pass(count: number): void {
    if (this.#filled > 0) throw new TypeError('blocks can only follow a whole block');
    this.#number += count;
  }

  /** Ends the open block, the last of the file; an empty one where `even` says so. */
  endBlock(even = false): void {
    if (this.#filled === 0 && !even) return;
    this.#close(this.#open.subarray(0, this.#filled));
    this.#filled = 0;
  }

  /** Whole blocks at the start of `native`, where a kernel has them in its memory; how many. */
  #closeMany(native: Uint8Array): number {
    const kernel = this.#isForKernels ? KernelInstance.owner(native) : undefined;
    if (kernel === undefined) return 0;
    const { maxCompressedLength, blockLength } = this.#options;
    const whole = Math.floor(native.length / blockLength);
    let wanted = 0;
    while (wanted < whole && !this.#exceptions.has(this.#number + wanted)) wanted++;
    const count = kernel.encodeBlocks(native, wanted, blockLength, maxCompressedLength);
    if (count === 0) return 0;
    const { blockTable, bytes } = kernel;
    const start = blockTable[0] as number;
    let end = start;
    for (let i = 0; i < count; i++) {
      const from = end;
      end += blockTable[2 * i + 1] as number;
      const crc = crc32(bytes.subarray(from, end));
      for (let shift = 24; shift >= 0; shift -= 8) bytes[end++] = crc >>> shift;
      this.#stored(end - from, crc);
    }
    const stored = bytes.subarray(start, end);
    copyBytes(this.#room(stored.length), stored);
    this.#outLength += stored.length;
    return count;
  }

  /** Notes a block that has `length` bytes with its checksum. */
  #stored(length: number, crc: number): void {
    this.#crc = combineCrc32(this.#crc, crc32WithItself(crc), length);
    this.#lengths.push(length);
    this.#number++;
  }

  #close(plain: Uint8Array): void {
    const exception = this.#exceptions.get(this.#number);
    const { maxCompressedLength } = this.#options;
    const most = Math.max(blockBound(plain.length), exception?.length ?? 0);
    const target = this.#room(most + CRC_BYTES);
    let length = exception?.length ?? this.#encode(plain, target);
    if (exception !== undefined) {
      target.set(exception);
    } else if (length >= maxCompressedLength) {
      const raw = rawPayload(plain, maxCompressedLength);
      target.set(raw);
      length = raw.length;
    }
    const crc = crc32(target.subarray(0, length));
    new DataView(target.buffer, target.byteOffset + length, CRC_BYTES).setUint32(0, crc);
    this.#outLength += length + CRC_BYTES;
    this.#stored(length + CRC_BYTES, crc);
  }

  #encode(plain: Uint8Array, target: Uint8Array): number {
    if (this.#codec.encodeInto !== undefined) return this.#codec.encodeInto(plain, target);
    throw new SstashError(
      'SSTABLE_UNSUPPORTED_COMPRESSION',
      `cannot compress ${this.#codec.name} blocks`,
      { found: this.#codec.name, hint: 'Use the release of sstash that made the backup.' },
    );
  }

  #room(bytes: number): Uint8Array {
    // A block that is stored as it is may be padded to the length of a whole one.
    const needed = this.#outLength + bytes + this.#open.length;
    if (needed > this.#out.length) {
      const grown = new Uint8Array(Math.max(needed, this.#out.length * 2));
      grown.set(this.#out.subarray(0, this.#outLength));
      this.#out = grown;
    }
    return this.#out.subarray(this.#outLength);
  }

  /** Number of the open block. */
  get block(): number {
    return this.#number;
  }

  /** The blocks made since the last call, back to back; a view, valid until the next `push`. */
  take(): StoredBlocks {
    const blocks = this.#out.subarray(0, this.#outLength);
    const lengths = this.#lengths;
    const crc = this.#crc;
    this.#outLength = 0;
    this.#lengths = [];
    this.#crc = 0;
    return { blocks, lengths, crc };
  }

  /** Everything, at the end of a stretch that others go on with. */
  finish(): PackedBlocks {
    const head = this.#head.length === 0 ? NO_BYTES : new Uint8Array(Buffer.concat(this.#head));
    return { head, ...this.take(), tail: this.#open.slice(0, this.#filled) };
  }
}
