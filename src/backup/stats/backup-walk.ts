/**
 * Goes through backups, oldest first, and counts what each was the first to need. Reads records,
 * recipes and lists, each of them once; of chunks it asks the index for their sizes.
 */
import { type Manifest, OBJECT_ID_BYTES, type Repository } from '../../repository/index.js';
import { decodeChunkList, segmentsOf } from '../chunk-list.js';
import { addCounts, type StoredKind } from '../counts.js';
import { readRoot, readTable } from '../parent.js';
import { readRecipe } from '../read-data.js';
import {
  decodeSSTableRecords,
  idOf,
  type RowsData,
  type SSTableRecord,
  type StreamRef,
  type TableEntry,
} from '../records.js';
import { dataSha256, WholeFiles } from '../whole-files.js';
import type { Objects } from './objects.js';
import { again, noTally, type Tally } from './tally.js';

export interface WalkedTable extends Tally {
  readonly keyspace: string;
  readonly table: string;
  readonly path: string;
}

/** What a recipe costs each backup that has it, and what it makes. */
interface KnownRecipe {
  readonly restore: Tally['restore'];
  readonly sha256: string;
}

export class BackupWalk {
  readonly #repository: Repository;
  readonly #objects: Objects;
  readonly #reading: (bytes: number) => void;
  /** By path of the table: its contents so far. */
  readonly #wholeFiles = new Map<string, WholeFiles>();
  /** By id of a table record, or of a part of one. */
  readonly #known = new Map<string, Tally>();
  readonly #recipes = new Map<string, KnownRecipe>();

  /** @param reading told of the sizes of objects that are read */
  constructor(repository: Repository, objects: Objects, reading: (bytes: number) => void) {
    this.#repository = repository;
    this.#objects = objects;
    this.#reading = reading;
  }

  /**
   * Counts a backup into `whole`, and its tables. Throws what reading an object throws; then `whole`
   * and `tables` hold what was counted until there.
   */
  async backup(manifest: Manifest, whole: Tally, tables: WalkedTable[]): Promise<void> {
    if (manifest.root.length !== OBJECT_ID_BYTES) throw new TypeError('not an id');
    await this.#take(whole, 'records', manifest.root);
    const root = await readRoot(this.#repository, manifest);
    for (const entry of root.tables) {
      const tally = noTally();
      try {
        await this.#table(tally, entry);
      } finally {
        const { keyspace, table, path } = entry;
        tables.push({ keyspace, table, path, ...tally });
        addCounts(whole, tally);
      }
    }
  }

  /** What was counted once costs later backups the same, and adds nothing. */
  async #once(id: string, into: Tally, count: (tally: Tally) => Promise<void>): Promise<void> {
    const known = this.#known.get(id);
    if (known !== undefined) {
      addCounts(into, known);
      return;
    }
    const tally = noTally();
    try {
      await count(tally);
      this.#known.set(id, again(tally));
    } finally {
      addCounts(into, tally);
    }
  }

  #table(into: Tally, { record: id, path }: TableEntry): Promise<void> {
    const wholeFiles = this.#contentsOf(path);
    return this.#once(id, into, async (tally) => {
      await this.#take(tally, 'records', idOf(id));
      const { files, parts } = await readTable(this.#repository, id);
      for (const { bytes, stream } of files) {
        tally.logicalBytes += bytes;
        tally.wholeFileBytes += await wholeFiles.add(bytes, stream.sha256, false);
        await this.#stream(tally, 'files', stream);
      }
      for (const part of parts) await this.#part(tally, part, wholeFiles);
    });
  }

  #contentsOf(path: string): WholeFiles {
    const known = this.#wholeFiles.get(path);
    if (known !== undefined) return known;
    const made = new WholeFiles((id) => readRecipe(this.#repository, id));
    this.#wholeFiles.set(path, made);
    return made;
  }

  #part(into: Tally, id: string, wholeFiles: WholeFiles): Promise<void> {
    return this.#once(id, into, async (tally) => {
      await this.#take(tally, 'records', idOf(id));
      for (const sstable of decodeSSTableRecords(await this.#repository.read(idOf(id)))) {
        await this.#sstable(tally, sstable, wholeFiles);
      }
    });
  }

  async #sstable(
    tally: Tally,
    { recipe, components }: SSTableRecord,
    wholeFiles: WholeFiles,
  ): Promise<void> {
    tally.sstables++;
    const data = recipe === null ? null : await this.#recipe(tally, recipe);
    for (const { name, bytes, stream, derived } of components) {
      tally.logicalBytes += bytes;
      const sha256 = name === 'Data.db' ? data?.sha256 : (stream?.sha256 ?? derived);
      if (sha256 !== undefined) tally.wholeFileBytes += await wholeFiles.add(bytes, sha256, false);
      const kind = name === 'Statistics.db' ? 'statistics' : 'components';
      if (stream !== null) await this.#stream(tally, kind, stream);
    }
  }

  async #recipe(into: Tally, id: string): Promise<KnownRecipe> {
    const known = this.#recipes.get(id);
    if (known !== undefined) {
      addCounts(into.restore, known.restore);
      return known;
    }
    const tally = noTally();
    try {
      await this.#take(tally, 'recipes', idOf(id));
      const recipe = await readRecipe(this.#repository, id);
      const { data } = recipe;
      if (data.form === 'bytes') await this.#stream(tally, 'data', data.stream);
      else await this.#rows(tally, data);
      const made = { restore: { ...tally.restore }, sha256: dataSha256(recipe) };
      this.#recipes.set(id, made);
      return made;
    } finally {
      addCounts(into, tally);
    }
  }

  async #rows(tally: Tally, { statistics, ranges, tree, leaves }: RowsData): Promise<void> {
    await this.#stream(tally, 'statistics', statistics);
    for (const stream of Object.values(ranges.exceptions)) {
      await this.#stream(tally, 'exceptions', stream);
    }
    if (tree !== null) await this.#take(tally, 'trees', idOf(tree));
    tally.leaves.all += leaves;
    for (const id of ranges.lists) await this.#listOfLeaves(tally, idOf(id));
  }

  async #listOfLeaves(tally: Tally, id: Uint8Array): Promise<void> {
    const list = await this.#list(tally, id);
    const { chunks, streams, extents, slab } = list;
    if (slab !== null) {
      const length = await this.#take(tally, 'leaves', slab);
      tally.restore.chunks += length;
      tally.restore.needed += length;
    }
    const segments = segmentsOf(list);
    const used = new Float64Array(chunks.length);
    for (let i = 0; i < segments.count; i++) {
      const chunk = segments.chunk[i] as number;
      used[chunk] = (used[chunk] as number) + (segments.leaves[i] as number);
    }
    const own = extents === null ? chunks.length : (streams[0] ?? 0);
    for (const [at, { id: chunk, leaves }] of chunks.entries()) {
      const length = await this.#take(tally, 'leaves', chunk);
      tally.restore.chunks += length;
      tally.restore.needed += leaves === 0 ? length : (length * (used[at] as number)) / leaves;
      if (at < own) tally.leaves.own += leaves;
    }
    tally.leaves.extents += extents?.counts.length ?? 0;
  }

  async #stream(tally: Tally, kind: StoredKind, stream: StreamRef): Promise<void> {
    for (const id of stream.chunks ?? []) await this.#take(tally, kind, idOf(id));
    for (const id of stream.lists ?? []) {
      for (const chunk of (await this.#list(tally, idOf(id))).chunks) {
        await this.#take(tally, kind, chunk.id);
      }
    }
  }

  async #list(tally: Tally, id: Uint8Array): Promise<ReturnType<typeof decodeChunkList>> {
    await this.#take(tally, 'lists', id);
    return decodeChunkList(await this.#repository.read(id));
  }

  /** Returns the bytes of the object's frame. */
  async #take(tally: Tally, kind: StoredKind, id: Uint8Array): Promise<number> {
    const { length, rawLength, isFirst } = await this.#objects.take(id);
    const isDescription = ['lists', 'recipes', 'records'].includes(kind);
    if (isDescription) this.#reading(length);
    // A restore reads no trees.
    if (kind !== 'leaves' && kind !== 'trees') tally.restore.other += length;
    if (isFirst) {
      tally.stored[kind] += length;
      tally.objects++;
      tally.rawBytes += rawLength;
    }
    return length;
  }
}
