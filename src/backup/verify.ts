/**
 * Looks at a repository by itself: are all packs and indexes there, do they say the same, can every
 * backup be reached; with `readData`, is every byte of every pack what it was. Nothing is ever
 * deleted: objects whose bytes are wrong are put in quarantine, so that the next backup that has them
 * stores them anew (invariant 7). What is only not there may come back and gets no marker.
 */
import { toHex } from '../binary/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { throwIfInterrupted } from '../parallel/index.js';
import {
  contentName,
  type Manifest,
  ObjectIndex,
  type ObjectLocation,
  type PackEntry,
  packKey,
  putQuarantine,
  type Repository,
  readPackIndex,
  visitFragment,
} from '../repository/index.js';
import { type Judge, type Problem, Reach } from './reach.js';
import { type DamagedObject, inspectPack, type PackInspection } from './verify-pack.js';

export interface VerifyOptions {
  readonly repository: Repository;
  /** Backups to look at; all when empty. */
  readonly ids: readonly string[];
  /** Node whose backups `ids` are: needed for `latest` where there are several. */
  readonly node?: string;
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
  /** Packs that are gone or cannot be read, with what of an absent one an index names. */
  readonly #lost = new Map<string, { problem: Problem; ids: Uint8Array[] }>();
  /** Packs of another size than an index says: they are always read. */
  readonly #resized = new Set<string>();
  /** By pack and id: objects found damaged. */
  readonly #damaged = new Map<string, Problem>();
  /** By id: objects that are nowhere. */
  readonly #nowhere = new Map<string, Problem>();
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
    const wanted = this.#options.readData ? await this.#packsOf(manifests) : this.#resized;
    for (const [name, bytes] of packs) {
      if (wanted === null || wanted.has(name) || this.#resized.has(name)) {
        await this.#readPack(name, bytes);
      }
    }
    const reach = new Reach(this.#repository, judge);
    for (const manifest of manifests) {
      throwIfInterrupted(this.#options.signal);
      for (const problem of await reach.backup(manifest)) this.#touches(problem, manifest.id);
    }
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
    // A pack that is gone, but all of whose objects are elsewhere by now, is no loss.
    for (const { ids, problem } of this.#lost.values()) {
      if (ids.some((id) => this.#judge(id) !== null)) this.#problems.add(problem);
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
    if (found === undefined) {
      const error = new SstashError('STORE_NOT_FOUND', 'a pack that an index names is not there', {
        file,
        component: 'pack',
        hint: 'Bring the file back, or back up again what it held.',
      });
      this.#lost.set(name, { problem: { error }, ids: [] });
      return;
    }
    this.#resized.add(name);
  }

  async #readManifests(): Promise<Manifest[]> {
    const { ids, node } = this.#options;
    if (ids.length > 0) {
      return Promise.all(ids.map((id) => this.#repository.findManifest(id, node)));
    }
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
      for (const { pack } of placesOf(location)) used.add(pack);
      return null;
    });
    for (const manifest of manifests) await reach.backup(manifest);
    return used;
  }

  async #readPack(name: string, bytes: number): Promise<void> {
    throwIfInterrupted(this.#options.signal);
    const { store, keys } = this.#repository;
    let found: PackInspection;
    try {
      found = await inspectPack(store, keys.ids, name, () => this.#entriesOf(name));
    } catch (error) {
      if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
      const problem = { error };
      this.#problems.add(problem);
      this.#lost.set(name, { problem, ids: [] });
      return;
    }
    this.#bytesRead += bytes;
    this.#options.onProgress?.(bytes);
    const { faults, damaged } = found;
    // One fault for everything behind the end of a pack that is cut short.
    const end = damaged.find(({ there }) => !there);
    const missing = end === undefined ? null : { error: end.error };
    for (const { id, error, there } of damaged) {
      const problem = there || missing === null ? { error } : missing;
      this.#damaged.set(`${name}/${toHex(id)}`, problem);
    }
    this.#releaseSound(name, found);
    const lost = damaged.filter(({ id }) => this.#judge(id) !== null);
    for (const { id } of lost) {
      const problem = this.#damaged.get(`${name}/${toHex(id)}`);
      if (problem !== undefined) this.#problems.add(problem);
    }
    // Damage whose objects a later backup has stored again harms nobody any more.
    if (damaged.length === 0) for (const error of faults) this.#problems.add({ error });
    await this.#quarantine(name, damaged);
  }

  /** What was in quarantine and is right, in a pack that was put back, counts again. */
  #releaseSound(name: string, { entries, damaged }: PackInspection): void {
    const bad = new Set(damaged.map(({ id }) => toHex(id)));
    for (const entry of entries) {
      const id = toHex(entry.id);
      if (this.#quarantinedBefore.get(id) === name && !bad.has(id)) this.#index.add(name, entry);
    }
  }

  async #quarantine(name: string, damaged: readonly DamagedObject[]): Promise<void> {
    const { store, config } = this.#repository;
    const before = await this.#repository.quarantine();
    const ids = damaged.flatMap(({ id, there }) => (there && !before.has(name, id) ? [id] : []));
    if (ids.length === 0) return;
    await this.#noting(async () => {
      if (await putQuarantine(store, name, ids, config.compression)) {
        this.#quarantined += ids.length;
      }
    });
  }

  /** What the index fragments say a pack holds. */
  async #entriesOf(wanted: string): Promise<PackEntry[]> {
    const { store } = this.#repository;
    const entries = new Map<string, PackEntry>();
    for (const { key } of await store.list('index')) {
      try {
        visitFragment(await store.get(key), {
          pack: () => undefined,
          entry: (pack, entry) => {
            const id = entry.id.slice();
            if (pack === wanted) entries.set(toHex(id), { ...entry, id });
          },
        });
      } catch (error) {
        // Reported when the indexes were read.
        if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
      }
    }
    return [...entries.values()];
  }

  /** Null where one of the packs that hold the object can give it. */
  #judge(id: Uint8Array): Problem | null {
    const text = toHex(id);
    let problem: Problem | null = null;
    for (const { pack } of placesOf(this.#index.locate(id))) {
      const here = this.#damaged.get(`${pack}/${text}`) ?? this.#lost.get(pack)?.problem;
      if (here === undefined) return null;
      problem ??= here;
    }
    return problem ?? this.#judgeUnplaced(id, text);
  }

  #judgeUnplaced(id: Uint8Array, text: string): Problem {
    const pack = this.#quarantinedBefore.get(text);
    const unindexed = this.#unindexed.locate(id);
    if (unindexed !== null && !this.#damaged.has(`${unindexed.pack}/${text}`)) {
      return this.#unindexedProblem(unindexed.pack);
    }
    const known = this.#nowhere.get(text);
    if (known !== undefined) return known;
    const { location: store } = this.#repository.store;
    const error =
      pack === undefined
        ? new SstashError('REPOSITORY_CORRUPT', `object ${text} is in no index`, {
            file: store,
            component: 'index',
          })
        : new SstashError('REPOSITORY_CORRUPT', `object ${text} is in quarantine`, {
            file: `${store}/${packKey(pack)}`,
            component: 'pack',
          });
    const problem = { error };
    this.#nowhere.set(text, problem);
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

function placesOf(location: ObjectLocation | null): readonly ObjectLocation[] {
  return location === null ? [] : [location, ...(location.others ?? [])];
}
