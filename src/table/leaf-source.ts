/** What a comparison needs of one SSTable, wherever its rows are kept. */
import type { PartitionHead, SerializationHeader, Unfiltered } from '../components/index.js';
import type { LeafSpan, SSTableTree } from '../merkle/index.js';
import type { TableFiles } from '../sstable/index.js';
import type { LoadedTree } from './load-tree.js';

export interface PartitionPlace {
  readonly key: Uint8Array;
  /** Murmur3 token xor 2^63, its two unsigned halves. */
  readonly ringHigh: number;
  readonly ringLow: number;
}

/** A record and the partition that it is in; the views in it stay valid. */
export interface PlacedRecord {
  readonly partition: PartitionPlace;
  readonly record: PartitionHead | Unfiltered;
}

export interface LeafSource {
  /** How messages call the SSTable. */
  readonly name: string;
  readonly tree: SSTableTree;
  readonly header: SerializationHeader;
  /** Class name of the partitioner. */
  readonly partitioner: string;
  /** Bytes read for rows so far. */
  readonly bytesRead: number;
  /**
   * The records of the leaves of `span` in file order, in batches, small ones first: a consumer may
   * stop after the first record. A span that begins inside a partition gives no head for it; all
   * records of one partition have the same `partition` object. Errors are those of reading.
   */
  read(span: LeafSpan, signal?: AbortSignal): AsyncGenerator<readonly PlacedRecord[], void>;
}

/** One table as a side of a comparison; it is opened when its turn comes. */
export interface ComparedTable {
  readonly keyspace: string;
  readonly table: string;
  /** Where it is, as messages tell it: a directory, a tree file, a backup. */
  readonly location: string;
  /** It is known to hold no SSTable. */
  readonly empty?: boolean;
  /** Errors are those of reading or building its trees. */
  open(): Promise<OpenedTable>;
}

/** SSTables on disk, and their trees in the same order. */
export interface LocalSSTables {
  readonly files: TableFiles;
  readonly loaded: readonly LoadedTree[];
}

export interface OpenedTable {
  /** Trees of all SSTables. */
  readonly trees: readonly SSTableTree[];
  /** One per tree, in the same order; null where there are trees alone (a tree file). */
  readonly sources: readonly LeafSource[] | null;
  /** The SSTables where they are on disk. */
  readonly local?: LocalSSTables;
  /** Class names of the SSTables' partitioners, each once. */
  readonly partitioners: readonly string[];
  /** Bytes of stored trees that were read. */
  readonly treeBytesRead: number;
  /** Bytes of SSTables that were read to build trees that were not there. */
  readonly bytesReadForTrees: number;
  close(): Promise<void>;
}
