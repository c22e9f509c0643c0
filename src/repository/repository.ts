import { toHex } from '../binary/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { checkLimit, LIMITS } from '../limits.js';
import type { BlobStore } from '../store/index.js';
import {
  decodeConfig,
  encodeConfig,
  type NewRepositoryOptions,
  newConfig,
  type RepositoryConfig,
} from './config.js';
import { OBJECT_KINDS, type PackEntry } from './entries.js';
import { indexKey, visitFragment } from './index-fragment.js';
import { contentName, deriveKeys, type RepositoryKeys } from './keys.js';
import {
  decodeManifest,
  encodeManifest,
  MANIFEST_PREFIX,
  type Manifest,
  type ManifestName,
  type NewManifest,
  parseManifestKey,
} from './manifest.js';
import { ObjectIndex } from './object-index.js';
import { ObjectReader, type PlacedObject } from './object-reader.js';
import { readPackIndex } from './pack.js';
import { type Quarantine, readQuarantine } from './quarantine.js';

const CONFIG_KEY = 'config';
const CONCURRENT_READS = 8;

/** What is wrong with one index costs time only: packs say themselves what they hold. */
const DAMAGE = ['REPOSITORY_CORRUPT', 'STORE_NOT_FOUND', 'STORE_FAILED', 'LIMIT_EXCEEDED'] as const;

/** A repository that is open: config, keys, and what is committed. */
export class Repository {
  readonly store: BlobStore;
  readonly config: RepositoryConfig;
  readonly keys: RepositoryKeys;
  readonly reader: ObjectReader;
  #index: Promise<ObjectIndex> | null = null;
  /** Places that do not count: packs that are not there, or cut short; objects in quarantine. */
  readonly #doubtful = new ObjectIndex();
  #quarantine: Promise<Quarantine> | null = null;
  /** Packs whose objects are in the index: those that a fragment names, and those looked into. */
  readonly #indexed = new Set<string>();
  /** Their bytes, as fragments say. */
  readonly #packBytes = new Map<string, number>();
  #unindexed: Promise<void> | null = null;

  private constructor(store: BlobStore, config: RepositoryConfig) {
    this.store = store;
    this.config = config;
    this.keys = deriveKeys(config.key);
    this.reader = new ObjectReader(store, this.keys.ids);
  }

  /** Makes a new repository; throws REPOSITORY_EXISTS when the store has a config already. */
  static async create(store: BlobStore, options: NewRepositoryOptions = {}): Promise<Repository> {
    const config = newConfig(options);
    const written = await store.put(CONFIG_KEY, [encodeConfig(config)]);
    if (!written) {
      throw new SstashError('REPOSITORY_EXISTS', `${store.location} holds a repository already`, {
        file: store.location,
        hint: 'Use it as it is, or choose another place.',
      });
    }
    return new Repository(store, config);
  }

  /** Throws REPOSITORY_NOT_FOUND, REPOSITORY_UNSUPPORTED or REPOSITORY_CORRUPT. */
  static async open(store: BlobStore): Promise<Repository> {
    const where = { file: `${store.location}/${CONFIG_KEY}`, component: 'config' };
    let bytes: Uint8Array;
    try {
      bytes = await store.get(CONFIG_KEY);
    } catch (cause) {
      if (!isSstashError(cause, 'STORE_NOT_FOUND')) throw cause;
      throw new SstashError('REPOSITORY_NOT_FOUND', `${store.location} holds no repository`, {
        file: store.location,
        hint: `\`sstash init ${store.location}\` makes one there.`,
        cause,
      });
    }
    return new Repository(store, decodeConfig(bytes, where));
  }

  /** The same repository through another store (a wrapper of the first). */
  through(store: BlobStore): Repository {
    return new Repository(store, this.config);
  }

  /** Damaged objects that are as good as not there. */
  quarantine(): Promise<Quarantine> {
    this.#quarantine ??= readQuarantine(this.store);
    return this.#quarantine;
  }

  /** Where every object lies; read once, on first use. */
  index(): Promise<ObjectIndex> {
    this.#index ??= this.#loadIndex();
    return this.#index;
  }

  /** Whether the index has the objects of the pack; it must have been read. */
  isIndexed(pack: string): boolean {
    return this.#indexed.has(pack);
  }

  async #loadIndex(): Promise<ObjectIndex> {
    const index = new ObjectIndex();
    // Listed before the packs: what a fragment names was there before the fragment.
    const fragments = await this.store.list('index');
    const add = await this.#adder(index);
    await forEachConcurrently(fragments, async ({ key, bytes }) => {
      const where = { file: `${this.store.location}/${key}`, component: 'index' };
      try {
        checkLimit('indexFragmentBytesMax', bytes, where);
        const file = await this.store.get(key);
        if (key !== indexKey(contentName([file]))) throw new SstashError('REPOSITORY_CORRUPT', key);
        const pack = (name: string, size: number): void => {
          this.#indexed.add(name);
          this.#packBytes.set(name, size);
        };
        visitFragment(file, { pack, entry: add }, where);
      } catch (error) {
        // Every pack says at its end what it holds, so that a damaged fragment costs time only.
        if (!isSstashError(error, ...DAMAGE)) throw error;
      }
    });
    return index;
  }

  async #adder(index: ObjectIndex): Promise<(pack: string, entry: PackEntry) => void> {
    const quarantine = await this.quarantine();
    const sizes = new Map<string, number>();
    for (const { key, bytes } of await this.store.list('packs')) {
      sizes.set(key.slice(key.lastIndexOf('/') + 1), bytes);
    }
    return (pack, entry) => {
      const size = sizes.get(pack) ?? 0;
      // What is read of a chunk in a slab goes beyond its entry: of a pack that is cut, none counts.
      const isOfSlab = entry.kind === OBJECT_KINDS.slab || entry.kind === OBJECT_KINDS.leaves;
      const end = isOfSlab ? (this.#packBytes.get(pack) ?? 0) : 0;
      const isThere = Math.max(end, entry.offset + entry.length) <= size;
      const counts = isThere && (quarantine.empty || !quarantine.has(pack, entry.id));
      (counts ? index : this.#doubtful).add(pack, entry);
      (counts ? this.#doubtful : index).noteSlab(pack, entry);
    };
  }

  /** Whether the object has a place that does not count; the index must have been read. */
  isDoubtful(id: Uint8Array): boolean {
    return this.#doubtful.has(id);
  }

  /** Adds what packs say that no index names: once, when an object is missed. */
  #readUnindexed(index: ObjectIndex): Promise<void> {
    this.#unindexed ??= (async () => {
      const add = await this.#adder(index);
      await forEachConcurrently(await this.store.list('packs'), async ({ key, bytes }) => {
        const name = key.slice(key.lastIndexOf('/') + 1);
        if (this.#indexed.has(name)) return;
        try {
          for (const entry of await readPackIndex(this.store, name, bytes)) add(name, entry);
          this.#indexed.add(name);
        } catch (error) {
          if (!isSstashError(error, ...DAMAGE)) throw error;
        }
      });
    })();
    return this.#unindexed;
  }

  /** Places of objects; throws REPOSITORY_CORRUPT for the first one that is nowhere. */
  async place(ids: readonly Uint8Array[]): Promise<PlacedObject[]> {
    const index = await this.index();
    if (!ids.every((id) => index.has(id))) await this.#readUnindexed(index);
    return ids.map((id) => {
      const location = index.locate(id);
      const doubtful = this.#doubtful.size === 0 ? null : this.#doubtful.locate(id);
      if (location !== null && doubtful === null) return { id, ...location };
      // Whatever is read is checked: a pack may be back, or a marker of quarantine be outdated.
      const places = [location, doubtful].flatMap((place) =>
        place === null ? [] : [place, ...(place.others ?? [])],
      );
      const [first, ...others] = places;
      if (first !== undefined) return { id, ...first, others };
      throw new SstashError('REPOSITORY_CORRUPT', `object ${toHex(id)} is not in any index`, {
        file: this.store.location,
        component: indexKey(''),
        hint: '`sstash verify` lists all damage and the backups it touches.',
      });
    });
  }

  /** Raw bytes of an object, checked against its id. */
  async read(id: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const [object] = await this.place([id]);
    return this.reader.read(object as PlacedObject, signal);
  }

  /** Names of all backups, oldest first; reads no manifest. */
  async manifestNames(): Promise<ManifestName[]> {
    const blobs = await this.store.list(MANIFEST_PREFIX);
    return blobs.flatMap(({ key }) => parseManifestKey(key) ?? []);
  }

  async readManifest(name: ManifestName): Promise<Manifest> {
    const where = { file: `${this.store.location}/${name.key}`, component: 'manifest' };
    // One byte more than may be there: a larger file is refused without reading all of it.
    const length = LIMITS.manifestBytesMax + 1;
    return decodeManifest(this.keys.ids, name, await this.store.get(name.key, { length }), where);
  }

  /** All manifests, oldest first; `unreadable` is told of each that is damaged. */
  async manifests(
    unreadable?: (name: ManifestName, error: SstashError) => void,
  ): Promise<Manifest[]> {
    const names = await this.manifestNames();
    const manifests = new Map<string, Manifest>();
    await forEachConcurrently(names, async (name) => {
      try {
        manifests.set(name.key, await this.readManifest(name));
      } catch (error) {
        if (unreadable === undefined || !isSstashError(error)) throw error;
        unreadable(name, error);
      }
    });
    return names.flatMap(({ key }) => manifests.get(key) ?? []);
  }

  /**
   * The backup whose id begins with `text`, or the newest for `latest`; of `node`, if that is given.
   * Throws BACKUP_NOT_FOUND or BACKUP_AMBIGUOUS, and USAGE for the latest of nobody knows which node.
   */
  async findManifest(text: string, node?: string): Promise<Manifest> {
    if (text.toLowerCase() === 'latest') return this.#latest(node);
    const names = await this.manifestNames();
    const wanted = text.toLowerCase();
    const found = names.filter(({ id }) => id.startsWith(wanted));
    const [name] = found;
    if (name === undefined || wanted === '') throw this.#noBackup(text, node);
    if (found.length > 1) {
      throw new SstashError('BACKUP_AMBIGUOUS', `${found.length} backups begin with ${text}`, {
        file: this.store.location,
        found: found.map(({ id }) => id).join(', '),
        hint: 'Give more digits of the id.',
      });
    }
    const manifest = await this.readManifest(name);
    if (node !== undefined && manifest.node !== node) throw this.#noBackup(text, node);
    return manifest;
  }

  async #latest(node: string | undefined): Promise<Manifest> {
    const damaged = new Map<string, SstashError>();
    const all = await this.manifests((name, error) => damaged.set(name.id, error));
    const nodes = new Set(all.map((manifest) => manifest.node));
    if (node === undefined && nodes.size > 1) {
      const names = [...nodes].sort().join(', ');
      throw new SstashError('USAGE', `latest of which node? There are backups of ${names}`, {
        file: this.store.location,
        hint: 'Name one with --node, or give the id of a backup.',
      });
    }
    const newest = all.filter((manifest) => node === undefined || manifest.node === node).at(-1);
    // A damaged one that is newer may be the one that is meant.
    for (const { id } of (await this.manifestNames()).reverse()) {
      const error = damaged.get(id);
      if (error !== undefined) throw error;
      if (id === newest?.id) break;
    }
    if (newest === undefined) throw this.#noBackup('latest', node);
    return newest;
  }

  #noBackup(text: string, node: string | undefined): SstashError {
    const of = node === undefined ? '' : ` of node ${node}`;
    return new SstashError('BACKUP_NOT_FOUND', `there is no backup ${text}${of}`, {
      file: this.store.location,
      hint: '`sstash backups` lists them.',
    });
  }

  /**
   * Commits a backup (invariant 1: everything it reaches must be durable by now).
   * Throws STORE_EXISTS when the very same manifest is there.
   */
  async commit(manifest: NewManifest): Promise<Manifest> {
    const encoded = encodeManifest(this.keys.ids, manifest, this.config.compression);
    const written = await this.store.put(encoded.name.key, [encoded.file]);
    if (!written) {
      throw new SstashError('STORE_EXISTS', `backup ${encoded.name.id} is there already`, {
        file: `${this.store.location}/${encoded.name.key}`,
        hint: 'Run the command again.',
      });
    }
    return encoded.manifest;
  }
}

async function forEachConcurrently<T>(
  items: readonly T[],
  action: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await action(item);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_READS, items.length) }, lane));
}
