/** What `get` tells of a partition, and who prints it. */
import type { DeletionFacts, MarkerFacts, RowFacts } from './partition-facts.js';
import type { RawJson } from './raw-json.js';

export interface KeyPart {
  /** Null where no schema says it. */
  readonly name: string | null;
  /** As CQL writes it. */
  readonly type: string;
  readonly value: RawJson;
  /** For people. */
  readonly text: string;
}

export interface PartitionIntro {
  readonly keyspace: string;
  readonly table: string;
  readonly key: string;
  readonly keyHex: string;
  readonly keyColumns: readonly KeyPart[];
  readonly clusteringColumns: readonly Omit<KeyPart, 'value' | 'text'>[];
  readonly token: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** SSTables that were asked. */
  readonly searched: number;
  /** Those that hold the partition. */
  readonly sstables: readonly {
    readonly sstable: string;
    readonly path: string;
    /** Null in a backup. */
    readonly position: number | null;
  }[];
  readonly deletion: DeletionFacts | null;
  readonly static: RowFacts | null;
}

/** Clustering values; null for a null one. */
export type ClusteringParts = readonly (KeyPart | null)[];

export interface PartitionEnd {
  readonly liveRows: number;
  readonly found: boolean;
}

export interface PartitionOutput {
  begin(intro: PartitionIntro): Promise<void>;
  row(clustering: ClusteringParts, facts: RowFacts): Promise<void>;
  marker(clustering: ClusteringParts, facts: MarkerFacts): Promise<void>;
  end(end: PartitionEnd): Promise<void>;
}
