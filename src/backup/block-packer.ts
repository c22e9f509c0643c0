/** Native bytes back into the blocks of Data.db. */
import { type BlockCompressor, compressor } from '../codec/index.js';
import { SstashError } from '../errors.js';
import { type BlockCompression, blockPayload, storedBlock } from './block-layout.js';

export interface PackerOptions extends BlockCompression {
  readonly blockLength: number;
}

/** What a stretch of native bytes gives: its blocks, and what of it belongs to blocks at its edges. */
export interface PackedBlocks {
  /** Native bytes before the first boundary of blocks. */
  readonly head: Uint8Array;
  /** Stored blocks, back to back. */
  readonly blocks: readonly Uint8Array[];
  /** Native bytes after the last boundary. */
  readonly tail: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

export class BlockPacker {
  readonly #options: PackerOptions;
  readonly #codec: BlockCompressor;
  readonly #exceptions: ReadonlyMap<number, Uint8Array>;
  /** Of the open block. */
  #number: number;
  readonly #open: Uint8Array;
  #filled = 0;
  /** Missing until the first boundary; then bytes go into blocks. */
  #headMissing: number;
  readonly #head: Uint8Array[] = [];
  #blocks: Uint8Array[] = [];

  /**
   * @param position native position of the first byte that will be pushed
   * @param exceptions payloads of blocks that the encoder does not give
   */
  constructor(
    options: PackerOptions,
    position: number,
    exceptions: ReadonlyMap<number, Uint8Array>,
  ) {
    const { blockLength } = options;
    this.#options = options;
    this.#codec = compressor(options.compressor, options.options, blockLength);
    this.#exceptions = exceptions;
    this.#number = Math.ceil(position / blockLength);
    this.#headMissing = this.#number * blockLength - position;
    this.#open = new Uint8Array(blockLength);
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

  /** Takes blocks that were made elsewhere; only at a boundary. */
  pass(blocks: readonly Uint8Array[], count: number): void {
    if (this.#filled > 0) throw new TypeError('blocks can only follow a whole block');
    this.#blocks.push(...blocks);
    this.#number += count;
  }

  /** Ends the open block, the last of the file; an empty one where `even` says so. */
  endBlock(even = false): void {
    if (this.#filled === 0 && !even) return;
    this.#close(this.#open.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #close(plain: Uint8Array): void {
    const { maxCompressedLength } = this.#options;
    const payload =
      this.#exceptions.get(this.#number) ?? blockPayload(this.#codec, plain, maxCompressedLength);
    if (payload === null) {
      throw new SstashError(
        'SSTABLE_UNSUPPORTED_COMPRESSION',
        `cannot compress ${this.#codec.name} blocks`,
        { found: this.#codec.name, hint: 'use the release of sstash that made the backup' },
      );
    }
    this.#blocks.push(storedBlock(payload));
    this.#number++;
  }

  /** Number of the open block. */
  get block(): number {
    return this.#number;
  }

  /** Blocks made since the last call. */
  take(): Uint8Array[] {
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  /** Everything, at the end of a stretch that others go on with. */
  finish(): PackedBlocks {
    const head = this.#head.length === 0 ? NO_BYTES : new Uint8Array(Buffer.concat(this.#head));
    return { head, blocks: this.take(), tail: this.#open.slice(0, this.#filled) };
  }
}
