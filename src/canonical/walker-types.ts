/** What both leaf walkers take and give. */
import type { FormatVersion, SerializationHeader } from '../components/index.js';

export interface WalkerOptions {
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  /** Local deletion time of a live complex deletion beside a live one (canonical form, 5). */
  readonly liveComplexDeletionTime: number;
  /** 192 bytes that key the leaf digests; the default secret of XXH3 where absent. */
  readonly digestSecret?: Uint8Array;
  /** Only bytes, ends, starts and heads of leaves and the counts: all other tables are left empty. */
  readonly leavesOnly?: boolean;
}

/** Result of one step. Every array is a view that is valid until the next call on the walker. */
/** As in native-bindings/assembly/walk.ts. */
export const LeafNote = {
  /** A partition deletion, or a bound or boundary of a range deletion: it covers other leaves. */
  covers: 0x01,
  /** Something in it is deleted, or ends with a TTL. */
  mortal: 0x02,
  /** An opaque record, of which no other note is made. */
  opaque: 0x04,
} as const;

export interface LeafWindow {
  /**
   * Native bytes done. The rest is kept for the next window: the end of a record that this window
   * cuts, or more, when the leaves found the walker's tables full.
   */
  readonly consumed: number;
  /** Those native bytes. */
  readonly native: Uint8Array;
  /** Canonical bytes, leaf after leaf. */
  readonly bytes: Uint8Array;
  readonly leafCount: number;
  /** End of each leaf in `bytes`. */
  readonly leafEnds: Uint32Array;
  /** Offset in the window of each leaf's first native byte. */
  readonly leafStarts: Uint32Array;
  /** 16 bytes per leaf. */
  readonly leafDigests: Uint8Array;
  readonly leafCuts: Uint32Array;
  /** 1 where the leaf begins a partition. */
  readonly leafIsHead: Uint8Array;
  /** What may change the meaning of the leaf: bits of LeafNote. */
  readonly leafNotes: Uint8Array;
  readonly partitionCount: number;
  /** First leaf of each partition that begins in this step. */
  readonly partitionLeaf: Uint32Array;
  /** Halves of the partitions' Murmur3 tokens. */
  readonly partitionTokenHigh: Int32Array;
  readonly partitionTokenLow: Uint32Array;
  /** Rows other than static ones; rows in opaque records count too. */
  readonly rows: number;
  readonly markers: number;
  readonly cells: number;
  readonly opaqueLeaves: number;
  /** Whether the step ends between two records of one partition. */
  readonly insidePartition: boolean;
}

export interface Walker {
  readonly pending: number;
  resume(previousSize: number): void;
  window(capacity: number): Uint8Array;
  walk(length: number, last: boolean, basePosition: number): LeafWindow;
  close(): void;
}
