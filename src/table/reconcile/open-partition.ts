/** One partition of a table on disk, found in its SSTables and merged; nothing else is read. */
import type { ClusteringValues } from '../../components/index.js';
import { ClusteringKind, type Partitioner } from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import { throwIfInterrupted } from '../../parallel/index.js';
import {
  type PartitionPart,
  readPartition,
  SSTable,
  type SSTableFiles,
  seekRows,
} from '../../sstable/index.js';
import { primaryKeyText } from '../primary-key.js';
import {
  type MergedPartition,
  mergedPartition,
  type OpenPartitionOptions,
  type PartitionSource,
} from './merged-partition.js';

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
    return mergedPartition(sources, this.#headers, options);
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
      const source = await sstablePartition(sstable, key);
      if (source !== null) sources.push(source);
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

/** What the SSTable says of a partition, to be read while it is open; null where that is nothing. */
export async function sstablePartition(
  sstable: SSTable,
  key: Uint8Array,
): Promise<PartitionSource | null> {
  const position = await sstable.seek(key);
  if (position === null) return null;
  return {
    base: sstable.descriptor.base,
    path: sstable.files.dataPath,
    position,
    header: sstable.header,
    async read(clustering, signal) {
      const place = clustering === undefined ? null : await seekPlace(sstable, key, clustering);
      const inside = place?.inside ?? 0;
      return { parts: partsOf(sstable, position, inside, signal), open: place?.open ?? null };
    },
  };
}

function seekPlace(sstable: SSTable, key: Uint8Array, values: ClusteringValues) {
  return seekRows(sstable, key, { kind: ClusteringKind.inclStart, values });
}

/** The head, then the rows from `inside` on, or from the first where that is 0. */
async function* partsOf(
  sstable: SSTable,
  position: number,
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
