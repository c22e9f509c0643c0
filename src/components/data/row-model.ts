/**
 * What Data.db says, as plain objects: a partition's head, its rows and range tombstone markers.
 *
 * Write times are bigint microseconds; local deletion times unsigned 32-bit seconds. Keys, clustering
 * values, paths and cell values are views into the window they were read from.
 */
import type { ColumnDefinition } from '../serialization-header.js';

export interface DeletionTime {
  readonly markedForDeleteAt: bigint;
  readonly localDeletionTime: number;
}

/** Primary-key liveness of a row. */
export interface Liveness {
  readonly timestamp: bigint;
  /** 0: does not expire. */
  readonly ttl: number;
  /** Meaningless when ttl is 0. */
  readonly localExpirationTime: number;
}

export interface Cell {
  /** Path of a cell of a complex column, else null. */
  readonly path: Uint8Array | null;
  readonly timestamp: bigint;
  /** 0: does not expire. */
  readonly ttl: number;
  /** Null for a live cell that does not expire; a tombstone has one and ttl 0. */
  readonly localDeletionTime: number | null;
  /** No bytes: empty, or a tombstone. */
  readonly value: Uint8Array;
}

export interface ColumnData {
  readonly column: ColumnDefinition;
  /** Null when live; always null for simple columns. */
  readonly complexDeletion: DeletionTime | null;
  /** Exactly one for a simple column. */
  readonly cells: readonly Cell[];
}

export type ClusteringValues = readonly (Uint8Array | null)[];

export interface Row {
  readonly type: 'row';
  /** Start in the uncompressed stream. */
  readonly position: number;
  /** Native bytes from the flags to the end of the row. */
  readonly size: number;
  readonly clustering: ClusteringValues;
  readonly liveness: Liveness | null;
  readonly deletion: DeletionTime | null;
  /** The row deletion is shadowable (materialised views). */
  readonly shadowable: boolean;
  readonly columns: readonly ColumnData[];
}

/** A bound or boundary of a range tombstone. */
export interface Marker {
  readonly type: 'marker';
  readonly position: number;
  readonly size: number;
  /** Cassandra's bound kind: 0, 1, 6, 7 bounds; 2, 5 boundaries. */
  readonly kind: number;
  readonly clustering: ClusteringValues;
  /** Bound: the deletion it opens or closes. Boundary: the one that ends here. */
  readonly deletion: DeletionTime;
  /** Boundary: the deletion that starts here; else null. */
  readonly openingDeletion: DeletionTime | null;
}

export type Unfiltered = Row | Marker;

export interface PartitionHead {
  readonly type: 'partition';
  readonly position: number;
  /** Bytes from the partition's start to its first unfiltered. */
  readonly headerLength: number;
  readonly key: Uint8Array;
  /** Null when live. */
  readonly deletion: DeletionTime | null;
  /** Present whenever the header has static columns, then maybe without columns. */
  readonly staticRow: Row | null;
}

export interface PartitionEnd {
  readonly type: 'end';
  /** Of the end-of-partition byte. */
  readonly position: number;
}
