/** The chunks of a slab: its blocks decoded, and the rows in them walked into leaves again. */
import { ByteReader, equalBytes } from '../../binary/index.js';
import { LeafWalker, type WalkerOptions } from '../../canonical/index.js';
import { combineCrc32, loadCompressor } from '../../codec/index.js';
import { formatVersion, parseSerializationHeader } from '../../components/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../../errors.js';
import { type BytePool, NO_POOL } from '../../io/index.js';
import { checkLimit } from '../../limits.js';
import { decodeFrame, objectId } from '../../repository/index.js';
import { judgeBlocks } from '../block-batch.js';
import { BlockReader } from '../block-layout.js';
import { decodeSlabHead, type SlabHead } from './slab-head.js';

/** Blocks of a slab, from one to before another, and where they lie behind its head. */
export interface BlockSpan {
  readonly first: number;
  readonly end: number;
  readonly offset: number;
  readonly length: number;
}

/** Neighbouring chunks of a slab, from one to before another. */
export interface ChunkRun {
  readonly first: number;
  readonly end: number;
}

export class SlabRows {
  readonly head: SlabHead;
  readonly walker: WalkerOptions;
  readonly #where: ErrorDetails;
  readonly #blocks: BlockReader;
  /** Where blocks begin behind the head, and where the last one ends. */
  readonly #offsets: Float64Array;
  /** Native position of each chunk, counted from the start of the first block. */
  readonly #starts: Float64Array;

  private constructor(head: SlabHead, where: ErrorDetails) {
    const version = formatVersion(head.format, head.version);
    const header = parseSerializationHeader(new ByteReader(head.header, { where }), version);
    const { liveComplexDeletionTime } = head;
    this.head = head;
    this.walker = { header, version, liveComplexDeletionTime };
    this.#where = where;
    this.#offsets = sums(0, head.blocks);
    this.#starts = sums(head.lead, head.chunks.nativeBytes);
    const { blockLength } = head.compression;
    const spec = {
      blockLength,
      nativeBytes: (head.blocks.length - 1) * blockLength + head.lastBlockBytes,
      firstBlock: 0,
      offsets: this.#offsets,
      checksums: null,
      compression: head.compression,
    };
    this.#blocks = new BlockReader(spec, where);
  }

  /**
   * Opens a slab whose frame was read, and whose id it should have. Throws REPOSITORY_CORRUPT for
   * other bytes, and for a head that does not describe rows.
   */
  static async open(
    frame: Uint8Array,
    id: Uint8Array,
    idsKey: Uint8Array,
    where: ErrorDetails,
  ): Promise<SlabRows> {
    const raw = decodeFrame(frame, where);
    if (!equalBytes(objectId(idsKey, raw), id)) {
      throw new SstashError('REPOSITORY_CORRUPT', 'the head of a slab has other bytes', where);
    }
    const head = decodeSlabHead(raw, where);
    try {
      await loadCompressor(head.compression.compressor);
      return new SlabRows(head, where);
    } catch (error) {
      throw ofRepository(error, where);
    }
  }

  /** Blocks for `chunks`; one byte behind the last one says whether its last partition ends. */
  spanOf({ first, end }: ChunkRun): BlockSpan {
    return this.span(this.#starts[first] as number, (this.#starts[end] as number) + 1);
  }

  /** From the start of one span to the end of another. */
  join({ first, offset }: BlockSpan, last: BlockSpan): BlockSpan {
    return { first, end: last.end, offset, length: last.offset + last.length - offset };
  }

  /** One block more, where there is one. */
  longer(span: BlockSpan): BlockSpan {
    const { blockLength } = this.head.compression;
    return this.span(span.first * blockLength, (span.end + 1) * blockLength);
  }

  /** The blocks that hold these native positions, counted from the start of the first block. */
  span(from: number, to: number): BlockSpan {
    const { blockLength } = this.head.compression;
    const first = Math.floor(from / blockLength);
    const end = Math.min(this.head.blocks.length, Math.ceil(to / blockLength));
    const offset = this.#offsets[first] as number;
    return { first, end, offset, length: (this.#offsets[end] as number) - offset };
  }

  /**
   * Decodes the blocks of a span, whose stored bytes are given, into `room`, many in a call where that
   * is memory of a kernel; returns the CRC-32 of the stored bytes. Throws REPOSITORY_CORRUPT.
   */
  decode(span: BlockSpan, stored: Uint8Array, room: Uint8Array): number {
    const { blockLength } = this.head.compression;
    const plain = room.subarray(0, this.nativeOf(span));
    let crc = 0;
    for (let i = span.first; i < span.end; ) {
      const start = (i - span.first) * blockLength;
      const at = (this.#offsets[i] as number) - span.offset;
      const rest = plain.subarray(start);
      const many = judgeBlocks(this.#blocks, i, stored.subarray(at), rest, false);
      if (many !== null) {
        crc = combineCrc32(crc, many.crc, many.bytes);
        i += many.count;
        continue;
      }
      const length = this.head.blocks[i] as number;
      const one = rest.subarray(0, this.#plain(i));
      crc = combineCrc32(crc, this.#decode(i, stored.subarray(at, at + length), one), length);
      i++;
    }
    return crc;
  }

  /** Decodes one block into all of `plain`; returns the CRC-32 of the stored block. */
  #decode(i: number, stored: Uint8Array, plain: Uint8Array): number {
    try {
      return this.#blocks.decode(i, stored, plain);
    } catch (error) {
      throw ofRepository(error, this.#where);
    }
  }

  nativeOf({ first, end }: BlockSpan): number {
    if (end <= first) return 0;
    return (end - 1 - first) * this.head.compression.blockLength + this.#plain(end - 1);
  }

  #plain(block: number): number {
    const { compression, blocks, lastBlockBytes } = this.head;
    return block + 1 === blocks.length ? lastBlockBytes : compression.blockLength;
  }

  /**
   * Canonical bytes of chunks out of the stored blocks of a span that holds them, each in memory of
   * `pool`; null when the last leaf can only be told with more blocks. Not checked against the ids of
   * the chunks yet. Throws REPOSITORY_CORRUPT.
   */
  chunks(
    run: ChunkRun,
    span: BlockSpan,
    stored: Uint8Array,
    pool: BytePool = NO_POOL,
  ): Uint8Array[] | null {
    const { blockLength } = this.head.compression;
    const from = (this.#starts[run.first] as number) - span.first * blockLength;
    const walker = new LeafWalker({ ...this.walker, leavesOnly: true });
    const previous = this.head.chunks.previousSizes[run.first] as number;
    if (previous > 0) walker.resume(previous);
    try {
      const length = this.nativeOf(span) - from;
      const window = walker.window(length);
      // The window begins inside the first block.
      const first = pool.take(this.#plain(span.first));
      const firstLength = this.head.blocks[span.first] as number;
      this.#decode(span.first, stored.subarray(0, firstLength), first);
      window.set(first.subarray(from));
      const rest = this.span((span.first + 1) * blockLength, span.end * blockLength);
      this.decode(rest, stored.subarray(firstLength), window.subarray(first.length - from));
      pool.giveBack(first);
      return this.#walk(walker, length, run, pool);
    } catch (error) {
      throw ofRepository(error, this.#where);
    } finally {
      walker.close();
    }
  }

  #walk(
    walker: LeafWalker,
    length: number,
    { first, end }: ChunkRun,
    pool: BytePool,
  ): Uint8Array[] | null {
    const raws: Uint8Array[] = [];
    let raw = this.#rawOf(first, pool);
    let filled = 0;
    /** Native bytes walked, and those of the chunks up to the open one. */
    let done = 0;
    let chunkEnd = this.head.chunks.nativeBytes[first] as number;
    while (raws.length < end - first) {
      const leaves = walker.walk(done === 0 ? length : walker.pending, false, done);
      const { bytes, consumed, leafCount, leafStarts, leafEnds } = leaves;
      if (consumed === 0) return null;
      for (let leaf = 0, from = 0; leaf < leafCount; ) {
        const start = leaf;
        while (leaf < leafCount && done + (leafStarts[leaf] as number) < chunkEnd) leaf++;
        const to = leaf === start ? from : (leafEnds[leaf - 1] as number);
        if (filled + to - from > raw.length) throw this.#otherLeaves();
        raw.set(bytes.subarray(from, to), filled);
        filled += to - from;
        from = to;
        if (filled < raw.length && leaf < leafCount) throw this.#otherLeaves();
        if (filled < raw.length) break;
        if (raws.push(raw) === end - first) return raws;
        raw = this.#rawOf(first + raws.length, pool);
        filled = 0;
        chunkEnd += this.head.chunks.nativeBytes[first + raws.length] as number;
      }
      done += consumed;
    }
    return raws;
  }

  /** Room for the canonical bytes of a chunk. */
  #rawOf(i: number, pool: BytePool): Uint8Array {
    const length = this.head.chunks.rawLengths[i] as number;
    checkLimit('objectBytesMax', length, this.#where);
    return pool.take(length);
  }

  #otherLeaves(): SstashError {
    return new SstashError('REPOSITORY_CORRUPT', 'a chunk of a slab has other leaves', this.#where);
  }
}

function sums(first: number, lengths: ArrayLike<number>): Float64Array {
  const all = new Float64Array(lengths.length + 1);
  all[0] = first;
  for (let i = 0; i < lengths.length; i++) all[i + 1] = (all[i] as number) + (lengths[i] as number);
  return all;
}

/** What is wrong with rows in the repository is damage of the repository. */
function ofRepository(error: unknown, where: ErrorDetails): unknown {
  if (!isSstashError(error) || error.code === 'LIMIT_EXCEEDED') return error;
  const { message } = error;
  return new SstashError('REPOSITORY_CORRUPT', message, { ...where, cause: error });
}
