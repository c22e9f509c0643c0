/**
 * Ranges that are stored as slabs: their blocks as they were found (slabs/index.ts). That compresses
 * nothing and has nothing to prove, and restoring them is copying. What is stored so is found again
 * by its rows all the same, for each chunk in a slab has the id of its rows.
 */
import type { SSTable } from '../sstable/index.js';
import { listedAt, noneStored, type StoredCount } from './chunk-batch.js';
import type { ListedChunk } from './chunk-list.js';
import type { CountedWriter } from './counted-writer.js';
import { addCounts } from './counts.js';
import type { RangePiece } from './encode-range.js';
import type { RangeMatch } from './match/index.js';
import { idText } from './records.js';
import type { SlabPart } from './slabs/index.js';

/** Smaller ranges cost little; single chunks of theirs are read with less around them out of frames. */
export const SLAB_NATIVE_BYTES_MIN = 2 * 1024 * 1024;
/** Smaller blocks are less well compressed than chunks are. */
const SLAB_BLOCK_BYTES_MIN = 16 * 1024;
/** Share of a range's canonical bytes that may be stored twice rather than look at it again. */
const KNOWN_SHARE_MAX = 1 / 16;

export interface SlabChoice {
  readonly sstable: SSTable;
  /** Native bytes of the range, and least ones of a slab. */
  readonly nativeBytes: number;
  readonly slabBytesMin: number;
  readonly match: RangeMatch;
}

/** Whether a range becomes a slab; where something may match, its leaves are looked up instead. */
export function becomesSlab(choice: SlabChoice): boolean {
  const { sstable, nativeBytes, slabBytesMin, match } = choice;
  if (match.task !== null || sstable.compression === null) return false;
  if (sstable.compression.chunkLength < SLAB_BLOCK_BYTES_MIN) return false;
  return nativeBytes >= slabBytesMin;
}

/** A range that was made a slab. */
export type SlabPiece = RangePiece & { readonly slab: SlabPart };

/**
 * Stores the slab, unless it is stored; returns its chunks for a list, or null where so many of them
 * are stored that the range had better be stored by chunks. Not so for a slab that is damaged or
 * lost: stored again, it makes older backups whole as well.
 */
export async function storeSlab(
  writer: CountedWriter,
  { batch, slab, stored }: SlabPiece,
  count: StoredCount,
): Promise<ListedChunk[] | null> {
  await writer.turn;
  const listed = Array.from({ length: batch.count }, (_, i) => listedAt(batch, i));
  const isKnown = writer.has(slab.id);
  const found = countOf(writer, listed);
  const known = found.rawBytes - found.newRawBytes;
  const isPoor = known > found.rawBytes * KNOWN_SHARE_MAX;
  if (isPoor && !isKnown && !writer.isLost(slab.id)) return null;
  addCounts(count, found);
  if (isKnown) return listed;
  const chunks = listed.map(({ id, rawLength }, i) => {
    return { id, rawLength, length: slab.ownBytes[i] as number };
  });
  await writer.putSlab(slab, [slab.lead, stored.bytes], chunks);
  return listed;
}

function countOf(writer: CountedWriter, listed: readonly ListedChunk[]): StoredCount {
  const count = noneStored();
  // Rows of two partitions may be the same, and so may chunks.
  const seen = new Set<string>();
  for (const { id, rawLength, leaves } of listed) {
    count.rawBytes += rawLength;
    count.leaves += leaves;
    const text = idText(id);
    if (seen.has(text) || writer.has(id)) continue;
    seen.add(text);
    count.newRawBytes += rawLength;
    count.newLeaves += leaves;
  }
  return count;
}

export function isSlabPiece(piece: RangePiece): piece is SlabPiece {
  return piece.slab !== null;
}
