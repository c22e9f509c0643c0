/**
 * What the index components say about partitions, as flat arrays: no object for a partition of one
 * block, which most are. Batches follow each other in the order of Data.db; they are plain data and
 * may cross threads.
 */
import type { IndexDeletion } from '../promoted-index.js';

export interface PartitionBatch {
  readonly count: number;
  /**
   * Entries of Index.db, one behind the other, all as if there were no row indexes: u16 key length,
   * key, unsigned vint position in the uncompressed stream, 0.
   */
  readonly entries: Uint8Array;
  /** Where each begins in `entries`. */
  readonly starts: Uint32Array;
  /** Those of two blocks or more. */
  readonly indexed: readonly IndexedPartition[];
}

export interface IndexedPartition {
  /** Its number in the batch. */
  readonly at: number;
  /** Bytes from the partition's start to its first row or marker. */
  readonly headerLength: number;
  /** Partition deletion as it stands in Data.db. */
  readonly deletion: Uint8Array;
  readonly blocks: RowBlocks;
}

/** Blocks of one partition; positions count from its start. */
export interface RowBlocks {
  readonly count: number;
  /** First and last clustering of each block as Index.db has them (clustering-prefix.ts). */
  readonly names: Uint8Array;
  /** Two ends in `names` per block. */
  readonly nameEnds: Uint32Array;
  readonly offsets: Float64Array;
  /** The last one with the end-of-partition byte, where that closed it. */
  readonly widths: Float64Array;
  /** The range deletion in effect at the start of each block, and one more: at the end. */
  readonly open: readonly (IndexDeletion | null)[];
  /** Of the end-of-partition byte. */
  readonly end: number;
}

/** View of key `i`. */
export function batchKey({ entries, starts }: PartitionBatch, i: number): Uint8Array {
  const from = starts[i] as number;
  return entries.subarray(from + 2, from + 2 + keyLength(entries, from));
}

/** Where partition `i` begins in the uncompressed stream. */
export function batchPosition({ entries, starts }: PartitionBatch, i: number): number {
  const from = starts[i] as number;
  const at = from + 2 + keyLength(entries, from);
  const first = entries[at] as number;
  const extra = Math.clz32(~(first << 24));
  let position = extra > 7 ? 0 : first & (0xff >> extra);
  for (let k = at + 1; k <= at + extra; k++) position = position * 256 + (entries[k] as number);
  return position;
}

function keyLength(entries: Uint8Array, from: number): number {
  return ((entries[from] as number) << 8) | (entries[from + 1] as number);
}
