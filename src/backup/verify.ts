/**
 * Looks at a repository by itself: are all packs and indexes there, do they say the same, can every
 * backup be reached; with `readData`, is every byte of every pack what it was. Nothing is ever
 * deleted: objects that are damaged or gone are put in quarantine, so that the next backup that has
 * them stores them anew (invariant 7).
 */
import { toHex } from '../binary/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { throwIfInterrupted } from '../parallel/index.js';
import {
  contentName,
  type Manifest,
  ObjectIndex,
  packKey,
  putQuarantine,
  type Repository,
  readPackIndex,
  visitFragment,
} from '../repository/index.js';
import { type Judge, type Problem, Reach } from './reach.js';
import { inspectPack } from './verify-pack.js';

export interface VerifyOptions {
  readonly repository: Repository;
  /** Backups to look at; all when empty. */
  readonly ids: readonly string[];
  /** Read every pack (of those backups) and check each object in it. */
  readonly readData: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
}

export interface VerifyFault {
  readonly code: string;
  readonly file: string;
  readonly component: string;
  readonly offset: number | null;
  readonly message: string;
  /** Ids of the backups that need what is damaged. */
  readonly backups: readonly string[];
}

export interface VerifyReport {
  readonly sound: boolean;
  readonly faults: readonly VerifyFault[];
  readonly backups: number;
  readonly packs: number;
  readonly objects: number;
  /** Bytes of packs that were read and checked. */
  readonly bytesRead: number;
  /** Packs that no index names: left by a backup that was stopped, harmless. */
  readonly unindexedPacks: number;
  /** Objects put in quarantine by this run. */
  readonly quarantined: number;
}

export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  return new Verification(options).run();
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #repository: Repository;
  readonly #index = new ObjectIndex();
  /** Bytes of each pack, as the indexes say. */
  readonly #indexed = new Map<string, number>();
  /** Ids of each pack that an index names; only of packs that are gone or cut short. */
  readonly #lost = new Map<string, { problem: Problem; ids: Uint8Array[] }>();
  readonly #damaged = new Map<string, Problem>();
  /** Objects that an earlier run put in quarantine, with their pack. */
  readonly #quarantinedBefore = new Map<string, string>();
  /** Objects of packs that no index names. */
  readonly #unindexed = new ObjectIndex();
  readonly #unindexedProblems = new Map<string, Problem>();
  readonly #problems = new Set<Problem>();
  readonly #backupsOf = new Map<Problem, string[]>();
  #bytesRead = 0;
  #quarantined = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#repository = options.repository;
  }

  async run(): Promise<VerifyReport> {
    const packs = new Map<string, number>();
    for (const { key, bytes } of await this.#repository.store.list('packs')) {
      packs.set(key.slice(key.lastIndexOf('/') + 1), bytes);
    }
    await this.#readIndexes(packs);
    await this.#readUnindexed(packs);
    const manifests = await this.#readManifests();
    const judge: Judge = (id) => this.#judge(id);
    if (this.#options.readData) {
      const wanted = await this.#packsOf(manifests);
      for (const [name, bytes] of packs) {
        if (wanted === null || wanted.has(name)) await this.#readPack(name, bytes);
      }
    }
    const reach = new Reach(this.#repository, judge);
    for (const manifest of manifests) {
      throwIfInterrupted(this.#options.signal);
      for (const problem of await reach.backup(manifest)) this.#touches(problem, manifest.id);
    }
    await this.#quarantineLost();
    const faults = [...this.#problems].map((problem) => this.#fault(problem));
    return {
      sound: faults.length === 0,
      faults,
      backups: manifests.length,
      packs: packs.size,
      objects: this.#index.size,
      bytesRead: this.#bytesRead,
      unindexedPacks: [...packs.keys()].filter((name) => !this.#indexed.has(name)).length,
      quarantined: this.#quarantined,
    };
  }

  /** Index fragments: readable, and speaking of packs that are there in that size. */
  async #readIndexes(packs: ReadonlyMap<string, number>): Promise<void> {
    const { store } = this.#repository;
    const quarantine = await this.#repository.quarantine();
    for (const { key } of await store.list('index')) {
      throwIfInterrupted(this.#options.signal);
      const where = { file: `${store.location}/${key}`, component: 'index' };
      await this.#noting(async () => {
        const file = await store.get(key);
        if (key !== `index/${contentName([file])}`) {
          throw new SstashError(
            'REPOSITORY_CORRUPT',
            'an index is not the one its name says',
            where,
          );
        }
        visitFragment(
          file,
          {
            pack: (name, bytes) => this.#indexedPack(name, bytes, packs.get(name)),
            entry: (pack, entry) => {
              if (quarantine.has(pack, entry.id)) {
                this.#quarantinedBefore.set(toHex(entry.id), pack);
                return;
              }
              this.#lost.get(pack)?.ids.push(entry.id.slice());
              this.#index.add(pack, entry);
            },
          },
          where,
        );
      });
    }
    // A pack that is gone, but all of whose objects are in quarantine, is known already.
    for (const { ids, problem } of this.#lost.values()) {
      if (ids.length > 0) this.#problems.add(problem);
    }
  }

  /** Packs of stopped backups, or of an index that is gone. */
  async #readUnindexed(packs: ReadonlyMap<string, number>): Promise<void> {
    for (const [name, bytes] of packs) {
      if (this.#indexed.has(name)) continue;
      await this.#noting(async () => {
        for (const entry of await readPackIndex(this.#repository.store, name, bytes)) {
          this.#unindexed.add(name, entry);
        }
      });
    }
  }

  #indexedPack(name: string, expected: number, found: number | undefined): void {
    if (this.#indexed.has(name)) return;
    this.#indexed.set(name, expected);
    if (found === expected) return;
    const file = `${this.#repository.store.location}/${packKey(name)}`;
    const error =
      found === undefined
        ? new SstashError('STORE_NOT_FOUND', 'a pack that an index names is not there', {
            file,
            component: 'pack',
          })
        : new SstashError('REPOSITORY_CORRUPT', 'a pack has another size than its index says', {
            file,
            component: 'pack',
            expected: `${expected} bytes`,
            found: `${found} bytes`,
          });
    this.#lost.set(name, { problem: { error }, ids: [] });
  }

  async #readManifests(): Promise<Manifest[]> {
    const { ids } = this.#options;
    if (ids.length > 0) return Promise.all(ids.map((id) => this.#repository.findManifest(id)));
    const manifests: Manifest[] = [];
    for (const name of await this.#repository.manifestNames()) {
      await this.#noting(async () => {
        manifests.push(await this.#repository.readManifest(name));
      }, name.id);
    }
    return manifests;
  }

  /** Packs that the chosen backups use; null = all. */
  async #packsOf(manifests: readonly Manifest[]): Promise<ReadonlySet<string> | null> {
    if (this.#options.ids.length === 0) return null;
    const used = new Set<string>();
    const reach = new Reach(this.#repository, (id) => {
      const location = this.#index.locate(id);
      if (location !== null) used.add(location.pack);
      return null;
    });
    for (const manifest of manifests) await reach.backup(manifest);
    return used;
  }

  async #readPack(name: string, bytes: number): Promise<void> {
    throwIfInterrupted(this.#options.signal);
    const { store, keys, config } = this.#repository;
    const found = await inspectPack(store, keys.ids, name, bytes);
    this.#bytesRead += bytes;
    this.#options.onProgress?.(bytes);
    const elsewhere = (id: Uint8Array): boolean => {
      const location = this.#index.locate(id);
      return location !== null && location.pack !== name;
    };
    // Damage whose objects a later backup has stored again harms nobody any more.
    if (found.damaged.length > 0 && found.damaged.every(({ id }) => elsewhere(id))) return;
    if (found.damaged.length === 0) {
      for (const error of found.faults) this.#problems.add({ error });
      return;
    }
    const ids: Uint8Array[] = [];
    for (const { id, error } of found.damaged) {
      ids.push(id);
      if (elsewhere(id)) continue;
      const problem = { error };
      this.#problems.add(problem);
      this.#damaged.set(toHex(id), problem);
    }
    await this.#noting(async () => {
      if (await putQuarantine(store, name, ids, config.compression))
        this.#quarantined += ids.length;
    });
  }

  #judge(id: Uint8Array): Problem | null {
    const location = this.#index.locate(id);
    const damaged = this.#damaged.get(toHex(id));
    if (damaged !== undefined) return damaged;
    if (location !== null) return this.#lost.get(location.pack)?.problem ?? null;
    const pack = this.#quarantinedBefore.get(toHex(id));
    const unindexed = this.#unindexed.locate(id);
    if (pack === undefined && unindexed !== null) return this.#unindexedProblem(unindexed.pack);
    const { location: store } = this.#repository.store;
    const error =
      pack === undefined
        ? new SstashError('REPOSITORY_CORRUPT', `object ${toHex(id)} is in no index`, {
            file: store,
            component: 'index',
          })
        : new SstashError('REPOSITORY_CORRUPT', `object ${toHex(id)} is in quarantine`, {
            file: `${store}/${packKey(pack)}`,
            component: 'pack',
          });
    const problem = { error };
    this.#damaged.set(toHex(id), problem);
    return problem;
  }

  /** The object can be had, at the cost of looking into every pack. */
  #unindexedProblem(pack: string): Problem {
    const known = this.#unindexedProblems.get(pack);
    if (known !== undefined) return known;
    const error = new SstashError('REPOSITORY_CORRUPT', 'no index names this pack any more', {
      file: `${this.#repository.store.location}/${packKey(pack)}`,
      component: 'index',
    });
    const problem = { error };
    this.#unindexedProblems.set(pack, problem);
    return problem;
  }

  #touches(problem: Problem, backup: string): void {
    this.#problems.add(problem);
    this.#backupsOf.set(problem, [...(this.#backupsOf.get(problem) ?? []), backup]);
  }

  /** Runs a step; what it finds wrong is noted, and the next step goes on. */
  async #noting(step: () => Promise<void>, backup?: string): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
      const problem = { error };
      this.#problems.add(problem);
      if (backup !== undefined) this.#touches(problem, backup);
    }
  }

  async #quarantineLost(): Promise<void> {
    const { store, config } = this.#repository;
    for (const [pack, { ids }] of this.#lost) {
      if (ids.length === 0) continue;
      await this.#noting(async () => {
        if (await putQuarantine(store, pack, ids, config.compression)) {
          this.#quarantined += ids.length;
        }
      });
    }
  }

  #fault(problem: Problem): VerifyFault {
    const { error } = problem;
    return {
      code: error.code,
      file: error.file ?? this.#repository.store.location,
      component: error.component ?? 'repository',
      offset: error.offset ?? null,
      message: error.message,
      backups: this.#backupsOf.get(problem) ?? [],
    };
  }
}
