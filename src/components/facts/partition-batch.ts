/**
 * What the index components say about partitions, as flat arrays: no object for a partition of one
 * block, which most are. Batches follow each other in the order of Data.db; they are plain data and
 * may cross threads.
 */
import type { IndexDeletion } from '../promoted-index.js';

/** Words of one hash in `PartitionBatch.hashes`. */
export const HASH_WORDS = 4;

export interface PartitionBatch {
  readonly count: number;
  /** The keys, one behind the other. */
  readonly keys: Uint8Array;
  /** Where each key ends in `keys`. */
  readonly keyEnds: Uint32Array;
  /** Murmur3 of each key: low and high half of h1, then of h2. */
  readonly hashes: Uint32Array;
  /** Where each partition begins in the uncompressed stream. */
  readonly positions: Float64Array;
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
export function batchKey(batch: PartitionBatch, i: number): Uint8Array {
  return batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]);
}
