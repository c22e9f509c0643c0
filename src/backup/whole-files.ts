/**
 * What a store of whole files would have been sent: of each table, the files with contents that
 * neither the backups it is compared with have, nor the files before them in the same backup.
 */
import { isSstashError } from '../errors.js';
import { DigestSet } from './digest-set.js';
import type { FileRecord, Recipe, SSTableRecord } from './records.js';

const DATA = 'Data.db';

/** Files of a table in one backup. */
export interface KnownFiles {
  readonly sstables: Iterable<SSTableRecord>;
  readonly files: readonly FileRecord[];
}

export type KnownSource = () => Promise<readonly KnownFiles[]>;

export class WholeFiles {
  readonly #known = new DigestSet();
  /** Recipes of Data.db files, by size: only of one of the same size the SHA-256 is asked for. */
  readonly #recipes = new Map<number, Set<string>>();
  readonly #recipe: (id: string) => Promise<Recipe>;
  readonly #sources: readonly KnownSource[];
  /** As many of the sources as were asked. */
  readonly #asked: Promise<void>[] = [];

  /** @param sources what is known, the likeliest first: each is asked where those before it failed */
  constructor(recipe: (id: string) => Promise<Recipe>, sources: readonly KnownSource[] = []) {
    this.#recipe = recipe;
    this.#sources = sources;
  }

  /** Bytes to be sent for a file with this content: all or none. */
  async add(bytes: number, sha256: string, isData: boolean): Promise<number> {
    for (const [i, source] of this.#sources.entries()) {
      if (this.#known.has(sha256)) return 0;
      this.#asked[i] ??= this.#ask(source);
      await this.#asked[i];
      if (isData) await this.#noteData(bytes);
    }
    return this.#known.add(sha256) ? bytes : 0;
  }

  async #ask(source: KnownSource): Promise<void> {
    for (const files of await source()) this.#note(files);
  }

  #note({ sstables, files }: KnownFiles): void {
    for (const { stream } of files) this.#known.add(stream.sha256);
    for (const { components, recipe } of sstables) {
      for (const { name, bytes, stream, derived } of components) {
        const hash = stream?.sha256 ?? derived;
        if (hash !== undefined) this.#known.add(hash);
        if (name !== DATA || recipe === null) continue;
        const known = this.#recipes.get(bytes);
        if (known === undefined) this.#recipes.set(bytes, new Set([recipe]));
        else known.add(recipe);
      }
    }
  }

  async #noteData(bytes: number): Promise<void> {
    for (const id of this.#recipes.get(bytes) ?? []) this.#known.add(await this.#sha256(id));
    this.#recipes.delete(bytes);
  }

  /** A recipe that is not there any more knows no content. */
  async #sha256(id: string): Promise<string> {
    try {
      return dataSha256(await this.#recipe(id));
    } catch (error) {
      if (!isSstashError(error)) throw error;
      return '';
    }
  }
}

/** SHA-256 of the Data.db that a recipe makes. */
export function dataSha256({ data }: Recipe): string {
  return data.form === 'rows' ? data.sha256 : data.stream.sha256;
}
