/** The tables of a backup as a side of a comparison: trees as stored, rows only where asked for. */
import { formatVersion, parseStatistics } from '../components/index.js';
import { SstashError } from '../errors.js';
import { type LeafSpan, parseTree, type SSTableTree } from '../merkle/index.js';
import { Repository } from '../repository/index.js';
import { openStore } from '../store/index.js';
import {
  type ComparedTable,
  type LeafSource,
  type OpenedTable,
  type PartitionPlace,
  type PlacedRecord,
  placeOf,
} from '../table/index.js';
import { readSSTables, readTable } from './parent.js';
import { readRecipe, versionOf } from './read-data.js';
import { readStreamWhole } from './read-stream.js';
import { idOf, type RowsData, type SSTableRecord, type TableEntry } from './records.js';
import { selectTables } from './restore-plan.js';
import { StoredLeaves } from './stored-leaves.js';

export interface OpenBackupOptions {
  /** SSTASH_REPO stands for the repository of `::ID`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Node whose backup it is: needed for `latest` where there are several. */
  readonly node?: string;
  readonly signal?: AbortSignal;
}

/** `REPO::ID` or `::ID`, narrowed to a table by `:keyspace.table` behind it. */
export interface BackupName {
  readonly location: string;
  readonly id: string;
  readonly table: string | null;
}

/** Throws USAGE. */
export function parseBackupName(text: string, env: OpenBackupOptions['env']): BackupName {
  const { SSTASH_REPO: fromEnvironment = '' } = env;
  const at = text.lastIndexOf('::');
  const [id = '', ...table] = text.slice(at + 2).split(':');
  const location = text.slice(0, Math.max(0, at)) || fromEnvironment;
  if (at < 0 || id === '' || table.length > 1 || table[0] === '') {
    throw new SstashError('USAGE', `${text} does not name a backup`, {
      expected: 'REPO::ID or REPO::ID:keyspace.table',
    });
  }
  if (location === '') {
    throw new SstashError('USAGE', `${text} names no repository`, {
      hint: 'put it before the colons, or set SSTASH_REPO',
    });
  }
  return { location, id, table: table[0] ?? null };
}

/** Errors are those of opening the repository and finding the backup; reading comes later. */
export async function openBackupTables(
  text: string,
  options: OpenBackupOptions,
): Promise<ComparedTable[]> {
  const { location, id, table } = parseBackupName(text, options.env);
  const repository = await Repository.open(openStore(location));
  const manifest = await repository.findManifest(id, options.node);
  const filter = table === null ? {} : { tables: [table] };
  const entries = await selectTables(repository, manifest, filter);
  return entries.map((entry) => ({
    keyspace: entry.keyspace,
    table: entry.table,
    location: `${location}::${manifest.id.slice(0, 12)}:${entry.keyspace}.${entry.table}`,
    open: () => openTable(repository, entry),
  }));
}

async function openTable(repository: Repository, entry: TableEntry): Promise<OpenedTable> {
  const record = await readTable(repository, entry.record);
  const sources: StoredSource[] = [];
  let treeBytesRead = 0;
  for (const sstable of await readSSTables(repository, record)) {
    const { source, treeBytes } = await openSource(repository, entry.path, sstable);
    sources.push(source);
    treeBytesRead += treeBytes;
  }
  return {
    trees: sources.map(({ tree }) => tree),
    sources,
    partitioners: [...new Set(sources.map(({ partitioner }) => partitioner))],
    treeBytesRead,
    bytesReadForTrees: 0,
    close: async () => {},
  };
}

async function openSource(
  repository: Repository,
  path: string,
  sstable: SSTableRecord,
): Promise<{ source: StoredSource; treeBytes: number }> {
  const name = `${path}/${sstable.base}`;
  if (sstable.recipe === null) throw notComparable(name, 'it has no Data.db');
  const { data, sstable: base } = await readRecipe(repository, sstable.recipe);
  if (data.form === 'bytes') throw notComparable(name, data.reason);
  if (data.tree === null) throw notComparable(name, 'it has no tree');
  const bytes = await repository.read(idOf(data.tree));
  const source = await StoredSource.open(repository, name, base, data, parseTree(bytes));
  return { source, treeBytes: bytes.length };
}

function notComparable(name: string, reason: string): SstashError {
  return new SstashError('REPOSITORY_UNSUPPORTED', `the rows of ${name} cannot be compared`, {
    file: name,
    found: reason,
    hint: 'restore the backup into a folder and compare that',
  });
}

class StoredSource implements LeafSource {
  readonly name: string;
  readonly tree: SSTableTree;
  readonly header: LeafSource['header'];
  readonly partitioner: string;
  readonly #leaves: StoredLeaves;

  private constructor(
    name: string,
    tree: SSTableTree,
    facts: Pick<LeafSource, 'header' | 'partitioner'>,
    leaves: StoredLeaves,
  ) {
    this.name = name;
    this.tree = tree;
    this.header = facts.header;
    this.partitioner = facts.partitioner;
    this.#leaves = leaves;
  }

  static async open(
    repository: Repository,
    name: string,
    base: string,
    data: RowsData,
    tree: SSTableTree,
  ): Promise<StoredSource> {
    const { version: letters, format } = versionOf(base);
    const version = formatVersion(format, letters);
    const statistics = parseStatistics(await readStreamWhole(repository, data.statistics), version);
    const leaves = new StoredLeaves(repository, data, statistics.header, version);
    return new StoredSource(name, tree, statistics, leaves);
  }

  get bytesRead(): number {
    return this.#leaves.bytesRead;
  }

  async *read(span: LeafSpan, signal?: AbortSignal): AsyncGenerator<readonly PlacedRecord[], void> {
    const { firstLeaf, leafCount, headLeaf } = span;
    let partition: PartitionPlace | null = null;
    if (headLeaf < firstLeaf) partition = await this.#partitionOf(headLeaf, signal);
    for await (const records of this.#leaves.read(firstLeaf, firstLeaf + leafCount, signal)) {
      const placed: PlacedRecord[] = [];
      for (const record of records) {
        if (record.type === 'partition') partition = placeOf(record.key);
        if (partition === null) throw noPartition(this.name);
        placed.push({ partition, record });
      }
      yield placed;
    }
  }

  async #partitionOf(headLeaf: number, signal?: AbortSignal): Promise<PartitionPlace> {
    for await (const [head] of this.#leaves.read(headLeaf, headLeaf + 1, signal)) {
      if (head?.type === 'partition') return placeOf(head.key);
    }
    throw noPartition(this.name);
  }
}

function noPartition(name: string): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', 'a tree and its leaves do not fit', { file: name });
}
