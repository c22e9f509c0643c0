/** The bytes of compressed blocks as they are read for their rows: their sum, and how raw ones are. */
import { crc32 } from '../codec/index.js';
import type { CompressionInfo } from '../components/index.js';
import type { BlockSpan, CompressedCheck, FilePart } from './check-blocks.js';

const CRC_BYTES = 4;

export class StoredBlocks {
  readonly #info: CompressionInfo;
  readonly #fileSize: number;
  readonly #span: BlockSpan;
  readonly #check: CompressedCheck;
  #next: number;
  #crc = 0;
  #length = 0;

  /** @param span whose bytes are summed up; the first block before it may be read as well */
  constructor(info: CompressionInfo, fileSize: number, span: BlockSpan, check: CompressedCheck) {
    this.#info = info;
    this.#fileSize = fileSize;
    this.#span = span;
    this.#check = check;
    this.#next = span.first;
  }

  /** Of the blocks that were taken. */
  get part(): FilePart {
    return { crc: this.#crc, length: this.#length };
  }

  /** Whether every block was taken. */
  get complete(): boolean {
    return this.#next >= this.#span.end;
  }

  /** The bytes of one or more whole blocks from `first` on, in their order. */
  take(first: number, bytes: Uint8Array): void {
    const base = this.#start(first);
    const end = base + bytes.length;
    let block = first;
    for (; this.#start(block) < end; block++) {
      const payload = this.#start(block + 1) - this.#start(block) - CRC_BYTES;
      if (payload >= this.#info.maxCompressedLength) this.#check.checkBlock(block, bytes, base);
    }
    if (block <= this.#next) return;
    const from = this.#start(Math.max(first, this.#next)) - base;
    this.#crc = crc32(bytes.subarray(from), this.#crc);
    this.#length += bytes.length - from;
    this.#next = block;
  }

  #start(block: number): number {
    return this.#info.chunkOffsets[block] ?? this.#fileSize;
  }
}
