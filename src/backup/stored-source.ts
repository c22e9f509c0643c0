/** An SSTable of a backup that is known by its tree and its leaves. */
import { formatVersion, parseStatistics } from '../components/index.js';
import { SstashError } from '../errors.js';
import { type LeafSpan, parseTree, type SSTableTree } from '../merkle/index.js';
import type { Repository } from '../repository/index.js';
import {
  type LeafSource,
  type PartitionPlace,
  type PlacedRecord,
  placeOf,
} from '../table/index.js';
import { versionOf } from './read-data.js';
import { readStreamWhole } from './read-stream.js';
import { idOf, type Recipe } from './records.js';
import { StoredLeaves } from './stored-leaves.js';

export class StoredSource implements LeafSource {
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

  /** Null where the rows cannot be read one by one. `name` is how messages call the SSTable. */
  static async open(
    repository: Repository,
    name: string,
    { sstable, data }: Recipe,
  ): Promise<{ source: StoredSource; treeBytes: number } | null> {
    if (data.form === 'bytes' || data.tree === null) return null;
    const bytes = await repository.read(idOf(data.tree));
    const { version: letters, format } = versionOf(sstable);
    const version = formatVersion(format, letters);
    const statistics = parseStatistics(await readStreamWhole(repository, data.statistics), version);
    const leaves = new StoredLeaves(repository, data, statistics.header, version);
    const source = new StoredSource(name, parseTree(bytes), statistics, leaves);
    return { source, treeBytes: bytes.length };
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
