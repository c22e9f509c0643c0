/** Single partitions of a table straight from the repository. */
import { partitioner } from '../cql/index.js';
import type { Repository } from '../repository/index.js';
import { SSTable } from '../sstable/index.js';
import {
  type LeafSource,
  leafPartition,
  type MergedPartition,
  mergedPartition,
  type OpenPartitionOptions,
  sstablePartition,
  type TableKey,
} from '../table/index.js';
import { readSSTables, readTable } from './parent.js';
import { readRecipe } from './read-data.js';
import type { SSTableRecord, TableEntry } from './records.js';
import { storedFiles } from './stored-files.js';
import { StoredSource } from './stored-source.js';

/** Known by its leaves, or, where it was stored as it is, read as on disk. */
type Stored = LeafSource | SSTable;

export class BackupReader {
  readonly key: TableKey;
  readonly #sstables: readonly Stored[];

  private constructor(key: TableKey, sstables: readonly Stored[]) {
    this.key = key;
    this.#sstables = sstables;
  }

  static async open(repository: Repository, entry: TableEntry): Promise<BackupReader | null> {
    const sstables: Stored[] = [];
    for (const record of await readSSTables(
      repository,
      await readTable(repository, entry.record),
    )) {
      sstables.push(await openStored(repository, entry.path, record));
    }
    const [first] = sstables;
    return first === undefined ? null : new BackupReader(keyOf(first), sstables);
  }

  /** SSTables that are searched. */
  get searched(): number {
    return this.#sstables.length;
  }

  /** Null when no SSTable holds it. */
  async partition(
    key: Uint8Array,
    options: OpenPartitionOptions = {},
  ): Promise<MergedPartition | null> {
    const headers = this.#sstables.map(({ header }) => header);
    const sources = [];
    for (const stored of this.#sstables) {
      const source =
        stored instanceof SSTable
          ? await sstablePartition(stored, key)
          : await leafPartition(stored, key, options.signal);
      if (source !== null) sources.push(source);
    }
    return sources.length === 0 ? null : mergedPartition(sources, headers, options);
  }

  async close(): Promise<void> {
    for (const stored of this.#sstables) if (stored instanceof SSTable) await stored.close();
  }
}

function keyOf(stored: Stored): TableKey {
  const { header, partitioner: order } = stored;
  return {
    header,
    partitioner: typeof order === 'string' ? partitioner(order, header.keyType) : order,
  };
}

async function openStored(
  repository: Repository,
  path: string,
  record: SSTableRecord,
): Promise<Stored> {
  const name = `${path}/${record.base}`;
  const recipe = record.recipe === null ? null : await readRecipe(repository, record.recipe);
  const opened = recipe && (await StoredSource.open(repository, name, recipe));
  if (opened !== null) return opened.source;
  const { files, fs } = storedFiles(repository, path, record, recipe);
  return SSTable.open(files, { fs });
}
