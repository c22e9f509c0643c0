/**
 * One range of whole partitions of an SSTable: native bytes, checked and walked, into chunks of
 * leaves and runs of its tree. Every leaf is made into native bytes again and every block encoded
 * again, and both are compared, so what comes out of here rebuilds the range byte for byte
 * (invariant 9 of docs/repository-format.md).
 */
import { LeafNote, LeafWalker, type LeafWindow, type WalkerOptions } from '../canonical/index.js';
import { combineCrc32 } from '../codec/index.js';
import { type PartitionBatch, PartitionScanner } from '../components/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { RunBuilder, type RunRule } from '../merkle/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { BlockException, BlockReader } from './block-layout.js';
import { BatchBuilder, type ChunkBatch, type ChunkerOptions } from './chunk-batch.js';
import { ExactReturn } from './exact-return.js';
import { LeafChunker } from './leaf-chunks.js';
import { LeafMatcher, type MatchResult, type RangeMatch } from './match/index.js';

/** Native bytes that are decoded before the walker runs over them. */
const STEP_BYTES = 512 * 1024;
/** Share of stored leaves from which on new chunks are compressed well rather than fast. */
const SMALL_FROM = 0.75;
/** Of a stored block, beside its payload. */
const BLOCK_ROOM = 4096;

export interface RangeSource {
  readonly file: RandomAccessFile;
  readonly blocks: BlockReader;
  readonly walker: WalkerOptions;
  readonly where: ErrorDetails;
}

export interface EncodeRangeOptions {
  readonly from: number;
  readonly to: number;
  readonly chunker: ChunkerOptions;
  readonly rule: RunRule;
  readonly signal?: AbortSignal;
  /** A piece is handed over when its chunks have this many bytes. */
  readonly pieceBytes: number;
  /** A buffer that may be used for the chunks. */
  readonly room?: ArrayBuffer;
  /** Bytes after which a block of a row index ends: then partitions are described (facts). */
  readonly columnIndexSize: number | null;
  /** For a range that is one piece: leaves that are stored already are left out of it. */
  readonly match?: RangeMatch;
}

export interface RangeCounts {
  partitions: number;
  rows: number;
  leaves: number;
  opaqueLeaves: number;
  /** Canonical bytes of the leaves that are opaque. */
  opaqueBytes: number;
  canonicalBytes: number;
}

export function noRows(): RangeCounts {
  const bytes = { opaqueBytes: 0, canonicalBytes: 0 };
  return { partitions: 0, rows: 0, leaves: 0, opaqueLeaves: 0, ...bytes };
}

/** What is handed over while a range is read; valid until the next piece is asked for. */
export interface RangePiece {
  readonly batch: ChunkBatch;
}

/** What a range gives besides its pieces, once all of it is read. */
export interface RangeSummary extends RangeCounts {
  readonly runs: { readonly count: number; readonly buffer: ArrayBuffer };
  /** Blocks that begin in the range, and those whose bytes the encoder does not give. */
  readonly blocks: number;
  readonly exceptions: readonly BlockException[];
  /** Bytes of the file that those blocks take, and their CRC-32: what was read is what is hashed. */
  readonly storedBytes: number;
  readonly storedCrc: number;
  /** What the partitions say to index components; null where it was not asked for. */
  readonly facts: PartitionBatch | null;
  /** Null where it was not asked for. */
  readonly match: MatchResult | null;
}

/** Yields chunks, returns the rest. Throws SSTABLE_… for damage. */
export async function* encodeRange(
  source: RangeSource,
  options: EncodeRangeOptions,
): AsyncGenerator<RangePiece, RangeSummary, undefined> {
  const { from, to, signal } = options;
  const batch = new BatchBuilder(options.chunker, expectedBytes(options), options.room);
  const chunker = new LeafChunker(options.chunker, (raw, leaves) => batch.add(raw, leaves));
  const { match } = options;
  const matcher = match === undefined ? null : new LeafMatcher(match, chunker);
  const runs = new RunBuilder(options.rule);
  const blocks = new BlockFeed(source, from, to);
  const walker = new LeafWalker(source.walker);
  const exact = new ExactReturn(source.walker, source.where);
  const scanner = scannerOf(source, options);
  const counts = noRows();
  try {
    while (blocks.position < to || walker.pending > 0) {
      throwIfInterrupted(signal);
      const pending = walker.pending;
      const base = blocks.position - pending;
      const fresh = blocks.next(STEP_BYTES);
      const window = walker.window(pending + fresh);
      await blocks.fill(window.subarray(pending));
      const last = blocks.position === to;
      scanner?.push(window.subarray(pending));
      const leaves = walker.walk(pending + fresh, last, base);
      if (last && fresh === 0 && leaves.consumed === 0) throw unconsumed(base, source.where);
      exact.compare(leaves);
      runs.add({ position: base, ...batchOf(leaves) });
      (matcher ?? chunker).add(leaves);
      count(counts, leaves);
      if (batch.frameBytes >= options.pieceBytes) yield { batch: batch.take() };
    }
    exact.finish();
    scanner?.end();
    const share = (await matcher?.match(signal)) ?? 0;
    // What little is new is made small; where much is new, speed counts.
    batch.isSmall = share >= SMALL_FROM;
    const matched = matcher?.handOn() ?? null;
    chunker.finish();
    yield { batch: batch.take() };
    const { count: runCount, buffer } = runs.finish();
    const { checked, exceptions, storedBytes, storedCrc } = blocks;
    const stored = { blocks: checked, exceptions, storedBytes, storedCrc };
    return {
      ...counts,
      ...stored,
      runs: { count: runCount, buffer },
      match: matched,
      facts: scanner?.take() ?? null,
    };
  } finally {
    exact.close();
    walker.close();
    matcher?.close();
  }
}

function scannerOf(
  { walker: { header, version } }: RangeSource,
  { columnIndexSize, from }: EncodeRangeOptions,
): PartitionScanner | null {
  if (columnIndexSize === null) return null;
  return new PartitionScanner({ header, version, columnIndexSize, position: from });
}

/** Compressed chunks are about half of the native bytes. */
function expectedBytes({ from, to, pieceBytes }: EncodeRangeOptions): number {
  return Math.ceil(Math.min((to - from) * 0.6, pieceBytes * 1.25));
}

function batchOf(leaves: LeafWindow): Omit<Parameters<RunBuilder['add']>[0], 'position'> {
  const { leafCount, leafStarts, leafDigests, leafCuts, leafIsHead } = leaves;
  const { partitionTokenHigh, partitionTokenLow } = leaves;
  const partitions = { partitionTokenHigh, partitionTokenLow };
  return { leafCount, leafStarts, leafDigests, leafCuts, leafIsHead, ...partitions };
}

function count(counts: RangeCounts, leaves: LeafWindow): void {
  counts.partitions += leaves.partitionCount;
  counts.rows += leaves.rows;
  counts.leaves += leaves.leafCount;
  counts.opaqueLeaves += leaves.opaqueLeaves;
  counts.canonicalBytes += leaves.bytes.length;
  if (leaves.opaqueLeaves > 0) counts.opaqueBytes += opaqueBytes(leaves);
}

function opaqueBytes({ leafCount, leafEnds, leafNotes }: LeafWindow): number {
  let bytes = 0;
  for (let i = 0; i < leafCount; i++) {
    if (((leafNotes[i] as number) & LeafNote.opaque) === 0) continue;
    bytes += (leafEnds[i] as number) - (i === 0 ? 0 : (leafEnds[i - 1] as number));
  }
  return bytes;
}

function unconsumed(position: number, where: ErrorDetails): SstashError {
  return new SstashError('SSTABLE_CORRUPT', 'the rows do not end where the range ends', {
    uncompressedOffset: position,
    ...where,
  });
}

/** Feeds the native bytes of a range, block by block, each checked and encoded again. */
class BlockFeed {
  readonly #source: RangeSource;
  readonly #from: number;
  readonly #to: number;
  /** Native bytes handed out end here. */
  position: number;
  #next = 0;
  /** Blocks that begin in the range. */
  checked = 0;
  readonly exceptions: BlockException[] = [];
  storedBytes = 0;
  storedCrc = 0;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(source: RangeSource, from: number, to: number) {
    this.#source = source;
    this.#from = from;
    this.#to = to;
    this.position = from;
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
    const { blockLength, nativeBytes } = blocks.spec;
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
    const stored = await this.#read(file, fileStart, length);
    // Only the range in which a block begins takes care of it as it is stored.
    const owned = firstBlock * blockLength < this.#from ? firstBlock + 1 : firstBlock;
    for (let i = firstBlock; i < endBlock; i++) {
      const start = i * blockLength;
      const end = Math.min(start + blockLength, nativeBytes);
      const bytes = stored.subarray(blocks.offset(i) - fileStart, blocks.offset(i + 1) - fileStart);
      const inside = start >= from && end <= to;
      const plain = inside
        ? target.subarray(start - from, end - from)
        : new Uint8Array(end - start);
      const crc = blocks.decode(i, bytes, plain);
      if (!inside) copyPart(plain, start, target, from, to);
      if (i >= owned) this.#check(i, bytes, crc, plain);
    }
  }

  #check(i: number, stored: Uint8Array, crc: number, plain: Uint8Array): void {
    this.checked++;
    this.storedBytes += stored.length;
    this.storedCrc = combineCrc32(this.storedCrc, crc, stored.length);
    const exception = this.#source.blocks.exception(i, stored, plain);
    if (exception !== null) this.exceptions.push(exception);
  }

  /** Into one buffer for all reads: large arrays cost more to make than to fill. */
  #read(file: RandomAccessFile, position: number, length: number): Promise<Uint8Array> {
    if (position + length > file.size) return file.read(position, length);
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(Math.ceil(length * 1.25));
    return file.read(position, length, this.#buffer);
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
