/**
 * What a backup reaches: manifest → root → table records → SSTable records → recipes → lists →
 * chunks. Each object is looked at once, however many backups share it; what is wrong below an
 * object is remembered with it.
 */
import { toHex } from '../binary/index.js';
import { isSstashError, type SstashError } from '../errors.js';
import type { Manifest, Repository } from '../repository/index.js';
import { decodeChunkList } from './chunk-list.js';
import { readRoot, readSSTables, readTable } from './parent.js';
import { readRecipe } from './read-data.js';
import { idOf, type SSTableRecord, type StreamRef } from './records.js';

/** Something wrong, found at an object or on the way to it. */
export interface Problem {
  readonly error: SstashError;
}

/** Says what is wrong with an object, as far as is known without reading it. */
export type Judge = (id: Uint8Array) => Problem | null;

const NOTHING: ReadonlySet<Problem> = new Set();

export class Reach {
  readonly #repository: Repository;
  readonly #judge: Judge;
  readonly #known = new Map<string, Promise<ReadonlySet<Problem>>>();

  constructor(repository: Repository, judge: Judge) {
    this.#repository = repository;
    this.#judge = judge;
  }

  /** Everything wrong with what a backup needs; nothing where it can be restored. */
  backup(manifest: Manifest): Promise<ReadonlySet<Problem>> {
    return this.#once(toHex(manifest.root), async (problems) => {
      const root = await readRoot(this.#repository, manifest);
      for (const { record } of root.tables) join(problems, await this.#table(record));
    });
  }

  #table(id: string): Promise<ReadonlySet<Problem>> {
    return this.#once(id, async (problems) => {
      const record = await readTable(this.#repository, id);
      for (const { stream } of record.files) join(problems, await this.#stream(stream));
      for (const part of record.parts) this.#object(idOf(part), problems);
      for (const sstable of await readSSTables(this.#repository, record)) {
        join(problems, await this.sstable(sstable));
      }
    });
  }

  async sstable(record: SSTableRecord): Promise<ReadonlySet<Problem>> {
    const problems = new Set<Problem>();
    for (const { stream } of record.components) {
      if (stream !== null) join(problems, await this.#stream(stream));
    }
    if (record.recipe !== null) join(problems, await this.#recipe(record.recipe));
    return problems;
  }

  #recipe(id: string): Promise<ReadonlySet<Problem>> {
    return this.#once(id, async (problems) => {
      const { data } = await readRecipe(this.#repository, id);
      if (data.form === 'bytes') {
        join(problems, await this.#stream(data.stream));
        return;
      }
      const { ranges, statistics, tree } = data;
      for (const stream of [statistics, ...Object.values(ranges.exceptions)]) {
        join(problems, await this.#stream(stream));
      }
      for (const list of ranges.lists) join(problems, await this.#list(list));
      if (tree !== null) this.#object(idOf(tree), problems);
    });
  }

  async #stream(stream: StreamRef): Promise<ReadonlySet<Problem>> {
    const problems = new Set<Problem>();
    for (const chunk of stream.chunks ?? []) this.#object(idOf(chunk), problems);
    for (const list of stream.lists ?? []) join(problems, await this.#list(list));
    return problems;
  }

  #list(id: string): Promise<ReadonlySet<Problem>> {
    return this.#once(id, async (problems) => {
      const { chunks, slab } = decodeChunkList(await this.#repository.read(idOf(id)));
      if (slab !== null) this.#object(slab, problems);
      for (const { id: chunk } of chunks) this.#object(chunk, problems);
    });
  }

  #object(id: Uint8Array, problems: Set<Problem>): void {
    const problem = this.#judge(id);
    if (problem !== null) problems.add(problem);
  }

  /** Looks below an object the first time only. */
  #once(
    id: string,
    look: (problems: Set<Problem>) => Promise<void>,
  ): Promise<ReadonlySet<Problem>> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const looking = (async () => {
      const problems = new Set<Problem>();
      this.#object(idOf(id), problems);
      // What is known to be damaged cannot be looked into.
      if (problems.size > 0) return problems;
      try {
        await look(problems);
      } catch (error) {
        if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
        problems.add({ error });
      }
      return problems.size === 0 ? NOTHING : problems;
    })();
    this.#known.set(id, looking);
    return looking;
  }
}

function join(into: Set<Problem>, more: ReadonlySet<Problem>): void {
  for (const problem of more) into.add(problem);
}
