/** One partition, merged of what the SSTables of a table say of it, wherever their rows are kept. */
import type {
  ClusteringValues,
  DeletionTime,
  SerializationHeader,
} from '../../components/index.js';
import { clusteringComparator } from '../../cql/index.js';
import type { PartitionPart } from '../../sstable/index.js';
import { type DroppedAt, MergedColumns, udtsOf } from './columns.js';
import {
  type Merged,
  type MergedHead,
  mergeHeads,
  mergeUnfiltereds,
  PartitionMerger,
} from './merge-partition.js';
import { PartitionCursor } from './partition-cursor.js';
import { sliceOf } from './slice.js';

/** What one SSTable says of the partition. */
export interface PartitionRows {
  /** The head, then rows and markers in order. */
  readonly parts: AsyncGenerator<PartitionPart, void, undefined>;
  /** The range deletion in effect in front of the first row. */
  readonly open: DeletionTime | null;
}

/** An SSTable that holds the partition. */
export interface PartitionSource {
  /** `nb-1-big` */
  readonly base: string;
  /** Where it is: its Data.db, or its name in a backup. */
  readonly path: string;
  /** Where the partition begins in the uncompressed stream; null where that is not known. */
  readonly position: number | null;
  readonly header: SerializationHeader;
  /**
   * Reads the partition; of rows that are in front of all that begin with `clustering`, any number
   * may be left out.
   */
  read(clustering?: ClusteringValues, signal?: AbortSignal): Promise<PartitionRows>;
}

export interface MergedPartition {
  /** In the order of the SSTables; `source` of merged parts is an index here. */
  readonly sources: readonly PartitionSource[];
  readonly columns: MergedColumns;
  readonly head: MergedHead;
  /** Rows and range deletions in order; may be asked for once. Errors are those of reading. */
  unfiltereds(): AsyncGenerator<readonly Merged[], void, undefined>;
}

export interface OpenPartitionOptions {
  readonly droppedAt?: DroppedAt;
  /** Only clusterings that begin with these values. */
  readonly clustering?: ClusteringValues;
  readonly signal?: AbortSignal;
}

/** @param all the headers of all SSTables of the table: one that is no source may know more fields of a UDT */
export async function mergedPartition(
  sources: readonly PartitionSource[],
  all: readonly SerializationHeader[],
  { droppedAt, clustering, signal }: OpenPartitionOptions,
): Promise<MergedPartition> {
  const headers = sources.map(({ header }) => header);
  const udts = udtsOf(all);
  const columns = new MergedColumns(headers, { udts, ...(droppedAt && { droppedAt }) });
  const compare = clusteringComparator(headers[0]?.clusteringTypes ?? []);
  const rows: PartitionRows[] = [];
  for (const source of sources) rows.push(await source.read(clustering, signal));
  const cursors = rows.map(({ parts }, i) => {
    return new PartitionCursor(sources[i]?.path ?? '', parts, compare);
  });
  const heads = [];
  for (const cursor of cursors) heads.push(await cursor.open());
  const head = mergeHeads(heads, columns);
  return {
    sources,
    columns,
    head,
    async *unfiltereds() {
      const merger = new PartitionMerger(sources.length, head.deletion, columns);
      for (const [i, { open }] of rows.entries()) merger.open(i, open);
      try {
        const merged = mergeUnfiltereds(cursors, merger, compare);
        if (clustering === undefined) yield* merged;
        else yield* sliceOf(merged, { values: clustering, compare, open: merger.openRange });
      } finally {
        for (const cursor of cursors) await cursor.close();
      }
    },
  };
}
