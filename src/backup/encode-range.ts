/**
 * One range of whole partitions of an SSTable: native bytes, checked and walked, into chunks of
 * leaves and runs of its tree. Where the blocks are not kept as they are, every leaf is made into
 * native bytes again and every block encoded again, and both are compared, so what comes out of here
 * rebuilds the range byte for byte (invariant 9 of docs/repository-format.md).
 */
import { LeafNote, LeafWalker, type LeafWindow, type WalkerOptions } from '../canonical/index.js';
import { type PartitionBatch, PartitionScanner } from '../components/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { RunBuilder, type RunRule } from '../merkle/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import { BlockFeed, type BlockSource, type StoredBytes } from './block-feed.js';
import type { BlockException } from './block-layout.js';
import { BatchBuilder, type ChunkBatch, type ChunkerOptions } from './chunk-batch.js';
import { ExactReturn } from './exact-return.js';
import { LeafChunker } from './leaf-chunks.js';
import { LeafMatcher, type MatchResult, type RangeMatch } from './match/index.js';
import type { AnswerRooms } from './rooms.js';
import { SlabBuilder, type SlabPart, type SlabSource } from './slabs/index.js';

/** Native bytes that are decoded before the walker runs over them. */
const STEP_BYTES = 512 * 1024;
/** Share of stored leaves from which on new chunks are compressed well rather than fast. */
const SMALL_FROM = 0.75;
export interface RangeSource extends BlockSource {
  readonly walker: WalkerOptions;
}

export interface EncodeRangeOptions {
  readonly from: number;
  readonly to: number;
  readonly chunker: ChunkerOptions;
  readonly rule: RunRule;
  readonly signal?: AbortSignal;
  /** A piece is handed over when its chunks have this many bytes. */
  readonly pieceBytes: number;
  /** Memory that may be used. */
  readonly rooms?: AnswerRooms;
  /** Bytes after which a block of a row index ends: then partitions are described (facts). */
  readonly columnIndexSize: number | null;
  /** For a range that is one piece: leaves that are stored already are left out of it. */
  readonly match?: RangeMatch;
  /** For a range that is one piece, with nothing to match: it becomes a slab. */
  readonly slab?: SlabSource;
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
  /** The blocks that begin in the range, as far as they were read since the last piece. */
  readonly stored: StoredBytes;
  /** Given where the chunks of the batch have no frames: they are in the blocks then. */
  readonly slab: SlabPart | null;
}

/** What a range gives besides its pieces, once all of it is read. */
export interface RangeSummary extends RangeCounts {
  readonly runs: { readonly count: number; readonly buffer: ArrayBuffer };
  /** Blocks that begin in the range, and those whose bytes the encoder does not give. */
  readonly blocks: number;
  readonly exceptions: readonly BlockException[];
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
  const { from, to, signal, rooms } = options;
  const batch = new BatchBuilder(options.chunker, expectedBytes(options), rooms?.chunks);
  const slab = options.slab === undefined ? null : new SlabBuilder(options.slab);
  const chunker =
    slab === null
      ? new LeafChunker(options.chunker, (raw, leaves) => batch.add(raw, leaves))
      : new LeafChunker(
          options.chunker,
          (raw, leaves) => batch.addUnframed(raw, leaves),
          (leaf) => slab.begin(leaf),
        );
  const { match } = options;
  const matcher = match === undefined ? null : new LeafMatcher(match, chunker, rooms?.digests);
  const runs = new RunBuilder(options.rule);
  const blocks = new BlockFeed(source, from, to, rooms?.blocks);
  const walker = new LeafWalker(source.walker);
  const exact = slab === null ? new ExactReturn(source.walker, source.where) : null;
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
      exact?.compare(leaves);
      slab?.window(leaves, base);
      runs.add({ position: base, ...batchOf(leaves) });
      (matcher ?? chunker).add(leaves);
      count(counts, leaves);
      if (batch.frameBytes >= options.pieceBytes)
        yield { batch: batch.take(), stored: blocks.take(), slab: null };
    }
    exact?.finish();
    scanner?.end();
    const share = (await matcher?.match(signal)) ?? 0;
    // What little is new is made small; where much is new, speed counts.
    batch.isSmall = share >= SMALL_FROM;
    const matched = matcher?.handOn() ?? null;
    chunker.finish();
    const chunks = batch.take();
    const stored = blocks.take();
    const range = { from, to, batch: chunks, lead: blocks.lead, stored, spec: source.blocks.spec };
    const part = slab?.finish(range, options.chunker) ?? null;
    yield { batch: chunks, stored, slab: part };
    const { count: runCount, buffer } = runs.finish();
    return {
      ...counts,
      blocks: blocks.checked,
      exceptions: blocks.exceptions,
      runs: { count: runCount, buffer },
      match: matched,
      facts: scanner?.take(rooms?.facts) ?? null,
    };
  } finally {
    exact?.close();
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
