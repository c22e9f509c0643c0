/**
 * The blocks of a range of Data.db: read once, each checked and decoded, and encoded again where they
 * will have to be. They are kept as they are stored as well, since whoever hashes the file has to do
 * so in its order.
 */
import { combineCrc32 } from '../codec/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { judgeBlocks } from './block-batch.js';
import type { BlockException, BlockReader } from './block-layout.js';

/** Of a stored block, beside its payload. */
const BLOCK_ROOM = 4096;
/** A range that is handed over in pieces takes less than its bytes. */
const ROOM_MAX = 8 * 1024 * 1024;

export interface BlockSource {
  readonly file: RandomAccessFile;
  readonly blocks: BlockReader;
  readonly where: ErrorDetails;
  /** The blocks will be stored as they are: whether the encoder gives the same does not matter. */
  readonly keepsBlocks: boolean;
}

/** Consecutive bytes of the file, and their CRC-32. */
export interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** Feeds the native bytes of a range. Only the range in which a block begins keeps its stored bytes. */
export class BlockFeed {
  readonly #source: BlockSource;
  readonly #from: number;
  readonly #to: number;
  /** Native bytes handed out end here. */
  position: number;
  #next = 0;
  /** Blocks that begin in the range. */
  checked = 0;
  readonly exceptions: BlockException[] = [];
  /** Blocks that were not taken yet, and behind them those that are read. */
  #stored: Uint8Array;
  /** The stored block that the range begins inside of, if it does. */
  lead: Uint8Array = new Uint8Array(0);
  #length = 0;
  #crc = 0;

  /** @param room memory that is not needed any more, to be used for stored bytes */
  constructor(source: BlockSource, from: number, to: number, room?: ArrayBufferLike) {
    this.#source = source;
    this.#from = from;
    this.#to = to;
    this.position = from;
    this.#stored = room === undefined ? new Uint8Array(0) : new Uint8Array(room);
  }

  /** Native bytes that the next `fill` takes: about `wanted`, up to the end of a block. */
  next(wanted: number): number {
    const { blockLength } = this.#source.blocks.spec;
    const blocks = Math.floor((this.position + wanted) / blockLength);
    const end = Math.max(blocks, Math.floor(this.position / blockLength) + 1) * blockLength;
    this.#next = Math.min(this.#to, end) - this.position;
    return this.#next;
  }

  /** Fills `target`, as long as the last `next` said. */
  async fill(target: Uint8Array): Promise<void> {
    const { file, blocks } = this.#source;
    const { blockLength } = blocks.spec;
    const from = this.position;
    const to = from + this.#next;
    this.position = to;
    if (from === to) return;
    const firstBlock = Math.floor(from / blockLength);
    const endBlock = Math.ceil(to / blockLength);
    const fileStart = blocks.offset(firstBlock);
    const length = blocks.offset(endBlock) - fileStart;
    // Offsets may come from a damaged file: no compressor makes blocks twice as long.
    if (!(length >= 0 && length <= (endBlock - firstBlock) * (blockLength * 2 + BLOCK_ROOM))) {
      throw new SstashError('SSTABLE_CORRUPT', `blocks from ${firstBlock} on cannot be that long`, {
        ...this.#source.where,
        offset: fileStart,
        found: `${length} bytes`,
      });
    }
    const stored = await file.read(fileStart, length, this.#room(length));
    const owned = firstBlock * blockLength < this.#from ? firstBlock + 1 : firstBlock;
    this.#decode(firstBlock, owned, stored, target);
    const foreign = blocks.offset(owned) - fileStart;
    if (foreign > 0) {
      this.lead = Uint8Array.from(stored.subarray(0, foreign));
      this.#stored.copyWithin(this.#length, this.#length + foreign, this.#length + length);
    }
    this.#length += length - foreign;
  }

  /** Decodes all of `stored`, blocks from `firstBlock` on, and judges those from `owned` on. */
  #decode(firstBlock: number, owned: number, stored: Uint8Array, target: Uint8Array): void {
    const { blocks, keepsBlocks } = this.#source;
    const { blockLength, nativeBytes } = blocks.spec;
    const to = this.position;
    const from = to - target.length;
    const base = blocks.offset(firstBlock);
    // Whole blocks are decoded straight to where they belong.
    const endBlock = Math.ceil(to / blockLength);
    const whole = to === nativeBytes ? endBlock : Math.floor(to / blockLength);
    const wholeEnd = Math.min(whole * blockLength, nativeBytes);
    for (let i = firstBlock; i < endBlock; ) {
      const start = i * blockLength;
      if (i >= owned && i < whole) {
        const room = target.subarray(start - from, wholeEnd - from);
        const bytes = stored.subarray(blocks.offset(i) - base);
        const many = judgeBlocks(blocks, i, bytes, room, !keepsBlocks);
        if (many !== null) {
          this.checked += many.count;
          this.#crc = combineCrc32(this.#crc, many.crc, many.bytes);
          this.exceptions.push(...many.exceptions);
          i += many.count;
          continue;
        }
      }
      const end = Math.min(start + blockLength, nativeBytes);
      const bytes = stored.subarray(blocks.offset(i) - base, blocks.offset(i + 1) - base);
      const inside = start >= from && end <= to;
      const plain = inside
        ? target.subarray(start - from, end - from)
        : new Uint8Array(end - start);
      const crc = blocks.decode(i, bytes, plain);
      if (!inside) copyPart(plain, start, target, from, to);
      if (i >= owned) this.#check(i, bytes, crc, plain);
      i++;
    }
  }

  #check(i: number, stored: Uint8Array, crc: number, plain: Uint8Array): void {
    this.checked++;
    this.#crc = combineCrc32(this.#crc, crc, stored.length);
    if (this.#source.keepsBlocks) return;
    const exception = this.#source.blocks.exception(i, stored, plain);
    if (exception !== null) this.exceptions.push(exception);
  }

  /** The blocks read since the last call; a view, valid until the next `fill`. */
  take(): StoredBytes {
    const taken = { bytes: this.#stored.subarray(0, this.#length), crc: this.#crc };
    this.#length = 0;
    this.#crc = 0;
    return taken;
  }

  /** Room for `bytes` more: at first for the whole range, where that is not too much. */
  #room(bytes: number): Uint8Array {
    const needed = this.#length + bytes;
    if (needed > this.#stored.length) {
      const { spec } = this.#source.blocks;
      const [first = 0] = spec.offsets;
      const range = (spec.offsets[spec.offsets.length - 1] ?? 0) - first;
      const grown = new Uint8Array(Math.max(needed, Math.min(range, ROOM_MAX), 1.5 * this.#length));
      grown.set(this.#stored.subarray(0, this.#length));
      this.#stored = grown;
    }
    return this.#stored.subarray(this.#length, needed);
  }
}

/** Copies what of `plain`, which begins at native position `start`, lies between `from` and `to`. */
function copyPart(
  plain: Uint8Array,
  start: number,
  target: Uint8Array,
  from: number,
  to: number,
): void {
  const first = Math.max(start, from);
  const end = Math.min(start + plain.length, to);
  target.set(plain.subarray(first - start, end - start), first - from);
}
