/** One partition of a table on disk, found in its SSTables and merged; nothing else is read. */
import type { ClusteringValues } from '../../components/index.js';
import {
  ClusteringKind,
  clusteringComparator,
  type Partitioner,
  type UdtVersions,
} from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import { throwIfInterrupted } from '../../parallel/index.js';
import {
  type PartitionPart,
  type RowsPlace,
  readPartition,
  SSTable,
  type SSTableFiles,
  seekRows,
} from '../../sstable/index.js';
import { primaryKeyText } from '../primary-key.js';
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

/** An SSTable that holds the partition. */
export interface PartitionSource {
  /** It stays open until the partition is closed. */
  readonly sstable: SSTable;
  /** Where the partition begins in the uncompressed stream. */
  readonly position: number;
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

/** The primary key and the order of the partitions, which all SSTables of a table share. */
export interface TableKey {
  readonly header: SSTable['header'];
  readonly partitioner: Partitioner;
}

function keyOf({ header, partitioner }: SSTable): string {
  return `${primaryKeyText(header)}; ${partitioner.name}`;
}

function otherKey(first: SSTable, other: SSTable): SstashError {
  return new SstashError('USAGE', 'SSTables of different tables cannot be merged', {
    file: other.files.dataPath,
    expected: keyOf(first),
    found: keyOf(other),
    hint: 'Give the folder of one table, or one SSTable.',
  });
}

/** SSTables of one table that are searched for partitions; those with a hit stay open. */
export class TableReader {
  readonly #files: readonly SSTableFiles[];
  readonly #open: SSTable[] = [];
  /** Of all SSTables. */
  readonly #headers: SSTable['header'][] = [];

  /** @param files the SSTables of one table, at least one */
  constructor(files: readonly SSTableFiles[]) {
    this.#files = files;
  }

  /** From the first SSTable's Statistics.db. */
  async key(): Promise<TableKey> {
    const [first] = this.#files;
    if (first === undefined) throw new TypeError('a table without SSTables');
    const sstable = await SSTable.open(first);
    try {
      return { header: sstable.header, partitioner: sstable.partitioner };
    } finally {
      await sstable.close();
    }
  }

  /**
   * The partition `key`, null when no SSTable holds it. Throws what `SSTable.open` and
   * `SSTable.seek` throw, USAGE for SSTables of different tables.
   */
  async partition(
    key: Uint8Array,
    options: OpenPartitionOptions = {},
  ): Promise<MergedPartition | null> {
    const sources = await this.#find(key, options.signal);
    if (sources.length === 0) return null;
    return mergedPartition(key, sources, udtsOf(this.#headers), options);
  }

  async #find(key: Uint8Array, signal: AbortSignal | undefined): Promise<PartitionSource[]> {
    const sources: PartitionSource[] = [];
    let first: SSTable | null = null;
    for (const files of this.#files) {
      throwIfInterrupted(signal);
      const sstable = await SSTable.open(files);
      this.#open.push(sstable);
      first ??= sstable;
      this.#headers.push(sstable.header);
      if (keyOf(first) !== keyOf(sstable)) throw otherKey(first, sstable);
      const position = await sstable.seek(key);
      if (position !== null) sources.push({ sstable, position });
      else if (sstable !== first) await this.#close(sstable);
    }
    return sources;
  }

  async #close(sstable: SSTable): Promise<void> {
    this.#open.splice(this.#open.indexOf(sstable), 1);
    await sstable.close();
  }

  async close(): Promise<void> {
    for (const sstable of this.#open.splice(0)) await sstable.close();
  }
}

async function mergedPartition(
  key: Uint8Array,
  sources: readonly PartitionSource[],
  udts: UdtVersions,
  { droppedAt, clustering, signal }: OpenPartitionOptions,
): Promise<MergedPartition> {
  const headers = sources.map(({ sstable }) => sstable.header);
  const columns = new MergedColumns(headers, { udts, ...(droppedAt && { droppedAt }) });
  const compare = clusteringComparator(headers[0]?.clusteringTypes ?? []);
  const places: (RowsPlace | null)[] = [];
  for (const { sstable } of sources) {
    const from = { kind: ClusteringKind.inclStart, values: clustering ?? [] };
    places.push(clustering === undefined ? null : await seekRows(sstable, key, from));
  }
  const cursors = sources.map((source, i) => {
    return new PartitionCursor(
      source.sstable.files.dataPath,
      partsOf(source, places[i]?.inside ?? 0, signal),
      compare,
    );
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
      for (const [i, place] of places.entries()) merger.open(i, place?.open ?? null);
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

/** The head, then the rows from `inside` on, or from the first where that is 0. */
async function* partsOf(
  { sstable, position }: PartitionSource,
  inside: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PartitionPart, void, undefined> {
  const options = signal === undefined ? {} : { signal };
  if (inside === 0) {
    yield* readPartition(sstable, position, options);
    return;
  }
  for await (const { head } of readPartition(sstable, position, options)) {
    if (head === null) continue;
    yield { head, unfiltereds: [] };
    break;
  }
  yield* readPartition(sstable, position, { ...options, inside });
}
