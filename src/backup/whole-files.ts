/**
 * What a store of whole files would have been sent: of each table, the files with contents that
 * neither the backups it is compared with have, nor the files before them in the same backup.
 */
import { DigestSet } from './digest-set.js';
import type { FileRecord, Recipe, SSTableRecord } from './records.js';

const DATA = 'Data.db';

/** Files of a table in one backup. */
export interface KnownFiles {
  readonly sstables: Iterable<SSTableRecord>;
  readonly files: readonly FileRecord[];
}

export class WholeFiles {
  readonly #known = new DigestSet();
  /** Recipes of Data.db files, by size: only of one of the same size the SHA-256 is asked for. */
  readonly #recipes = new Map<number, Set<string>>();
  readonly #recipe: (id: string) => Promise<Recipe>;
  readonly #more: () => Promise<readonly KnownFiles[]>;
  #noted: Promise<void> | null = null;

  /** @param more what else is known, asked for where `note` did not tell of a file */
  constructor(
    recipe: (id: string) => Promise<Recipe>,
    more: () => Promise<readonly KnownFiles[]> = async () => [],
  ) {
    this.#recipe = recipe;
    this.#more = more;
  }

  /** Contents that were stored before. */
  note({ sstables, files }: KnownFiles): void {
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

  /** Bytes to be sent for a file with this content: all or none. */
  async add(bytes: number, sha256: string, isData: boolean): Promise<number> {
    if (isData) await this.#noteData(bytes);
    if (this.#known.has(sha256)) return 0;
    this.#noted ??= this.#noteMore();
    await this.#noted;
    if (isData) await this.#noteData(bytes);
    return this.#known.add(sha256) ? bytes : 0;
  }

  async #noteMore(): Promise<void> {
    for (const files of await this.#more()) this.note(files);
  }

  async #noteData(bytes: number): Promise<void> {
    for (const id of this.#recipes.get(bytes) ?? []) this.#known.add(await this.#sha256(id));
    this.#recipes.delete(bytes);
  }

  /** A recipe that is not there any more knows no content. */
  async #sha256(id: string): Promise<string> {
    const recipe = await this.#recipe(id).catch(() => null);
    return recipe === null ? '' : dataSha256(recipe);
  }
}

/** SHA-256 of the Data.db that a recipe makes. */
export function dataSha256({ data }: Recipe): string {
  return data.form === 'rows' ? data.sha256 : data.stream.sha256;
}
