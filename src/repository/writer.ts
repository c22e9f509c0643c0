/**
 * What a backup writes through. Objects that are known are not stored again; new ones are gathered
 * in packs, data apart from what describes it. The order in which things become durable keeps
 * invariants 1 and 2: pack, then the index fragment that names it, then (by the caller) the manifest.
 */
import { randomBytes } from 'node:crypto';
import { toHex } from '../binary/index.js';
import { OBJECT_KINDS, type ObjectKind } from './entries.js';
import { encodeSmallFrame } from './frame.js';
import { encodeFragment, type IndexedPack, indexKey } from './index-fragment.js';
import { objectId } from './keys.js';
import type { ObjectIndex } from './object-index.js';
import { type Pack, PackBuilder, packKey, type SlabChunk, type SlabFrame } from './pack.js';
import type { Repository } from './repository.js';

/** Of the next pack, held in memory while one is on its way to the store. */
const AHEAD_BYTES = 8 * 1024 * 1024;

/** Packs between two index fragments: what a killed backup stored is found by the next one. */
const PACKS_PER_FRAGMENT = 8;

export interface WriterStats {
  /** Objects that were not in the repository, and their raw bytes. */
  newObjects: number;
  newRawBytes: number;
  /** Objects that were. */
  knownObjects: number;
  knownRawBytes: number;
  /** The same two, of data chunks alone. */
  newChunks: number;
  knownChunks: number;
  /** Bytes of all files written, in packs and index fragments. */
  storedBytes: number;
  packs: number;
}

export class RepositoryWriter {
  readonly #repository: Repository;
  readonly #index: ObjectIndex;
  readonly #builders = { data: new PackBuilder(), meta: new PackBuilder() };
  /** Those whose packs are stored, to be used again. */
  readonly #idle: PackBuilder[] = [];
  /** Ids of objects in packs that are not durable yet. */
  readonly #pending = new Set<string>();
  /** Ids of objects that an index names, but that nobody can read; and those stored again since. */
  readonly #unreadable = new Set<string>();
  readonly #renewed = new Set<string>();
  #unindexed: IndexedPack[] = [];
  #putting: Promise<void> = Promise.resolve();
  readonly session = toHex(randomBytes(16));
  readonly stats: WriterStats = {
    newObjects: 0,
    newRawBytes: 0,
    knownObjects: 0,
    knownRawBytes: 0,
    newChunks: 0,
    knownChunks: 0,
    storedBytes: 0,
    packs: 0,
  };

  private constructor(repository: Repository, index: ObjectIndex) {
    this.#repository = repository;
    this.#index = index;
  }

  static async open(repository: Repository): Promise<RepositoryWriter> {
    return new RepositoryWriter(repository, await repository.index());
  }

  /**
   * Whether an index names the object, or this writer has it on its way there (invariant 6). Not so
   * for what turned out to be unreadable: it is stored again.
   */
  has(id: Uint8Array): boolean {
    const isIndexed = this.#index.has(id);
    if (isIndexed && this.#unreadable.size === 0) return true;
    const name = toHex(id);
    return this.#pending.has(name) || (isIndexed && !this.#unreadable.has(name));
  }

  /** What was to be read of this object cannot be; not for what this writer stored itself. */
  noteUnreadable(id: Uint8Array): void {
    const name = toHex(id);
    if (!this.#renewed.has(name)) this.#unreadable.add(name);
  }

  /** Whether the object was stored and is damaged or lost. */
  isLost(id: Uint8Array): boolean {
    return !this.has(id) && this.#repository.isDoubtful(id);
  }

  /** Stores raw bytes; returns their id, whether they were new, and then the bytes of their frame. */
  async put(
    kind: ObjectKind,
    raw: Uint8Array,
  ): Promise<{ id: Uint8Array; isNew: boolean; storedBytes: number }> {
    const id = objectId(this.#repository.keys.ids, raw);
    if (this.has(id)) {
      this.#known(kind, raw.length);
      return { id, isNew: false, storedBytes: 0 };
    }
    const frame = encodeSmallFrame(raw, this.#repository.config.compression);
    await this.putFrame(kind, id, frame, raw.length);
    return { id, isNew: true, storedBytes: frame.length };
  }

  /**
   * Stores an object that is in a frame already; false when it was known. The writer keeps `id`,
   * which must not change any more, and copies `frame`.
   */
  async putFrame(
    kind: ObjectKind,
    id: Uint8Array,
    frame: Uint8Array,
    rawLength: number,
  ): Promise<boolean> {
    if (this.has(id)) {
      this.#known(kind, rawLength);
      return false;
    }
    this.#begin(id);
    this.stats.newObjects++;
    if (kind === 'chunk') this.stats.newChunks++;
    this.stats.newRawBytes += rawLength;
    const which = kind === 'chunk' ? 'data' : 'meta';
    this.#builders[which].add(id, frame, rawLength, OBJECT_KINDS[kind]);
    await this.#added(which);
    return true;
  }

  /** The object is on its way. */
  #begin(id: Uint8Array): void {
    const name = toHex(id);
    this.#pending.add(name);
    if (this.#unreadable.delete(name)) this.#renewed.add(name);
  }

  async #added(which: 'data' | 'meta'): Promise<void> {
    const { bytes } = this.#builders[which];
    if (bytes >= this.#repository.config.packBytes) await this.#close(which);
    else if (bytes > AHEAD_BYTES) await this.#putting;
  }

  /**
   * Stores the blocks of a slab, and with them `chunks`, those that were known too. The writer keeps
   * ids, which must not change any more, and copies bytes. A slab that is known has its chunks.
   */
  async putSlab(
    slab: SlabFrame,
    blocks: readonly Uint8Array[],
    chunks: readonly SlabChunk[],
  ): Promise<void> {
    for (const { id, rawLength } of chunks) {
      if (this.has(id)) {
        this.#known('chunk', rawLength);
        continue;
      }
      this.#begin(id);
      this.stats.newObjects++;
      this.stats.newChunks++;
      this.stats.newRawBytes += rawLength;
    }
    this.#begin(slab.id);
    this.stats.newObjects++;
    this.stats.newRawBytes += slab.rawLength;
    this.#builders.data.addSlab(slab, blocks, chunks);
    await this.#added('data');
  }

  #known(kind: ObjectKind, rawLength: number): void {
    if (kind === 'chunk') this.stats.knownChunks++;
    this.stats.knownObjects++;
    this.stats.knownRawBytes += rawLength;
  }

  /** Ends a pack and starts its way to the store, behind the one that is under way. */
  async #close(which: 'data' | 'meta'): Promise<void> {
    const builder = this.#builders[which];
    if (builder.count === 0) return;
    this.#builders[which] = this.#idle.pop() ?? new PackBuilder();
    const pack = builder.finish(this.#repository.config.compression);
    const previous = this.#putting;
    this.#putting = previous.then(async () => {
      await this.#putPack(pack);
      builder.clear();
      this.#idle.push(builder);
    });
    // A failure is thrown where the promise is awaited next; until then it counts as handled.
    this.#putting.catch(() => undefined);
    await previous;
    if (this.#unindexed.length >= PACKS_PER_FRAGMENT) await this.#writeFragment();
  }

  async #putPack(pack: Pack): Promise<void> {
    const { name, file, entries } = pack;
    const bytes = file.length;
    const written = await this.#repository.store.put(packKey(name), [file]);
    this.stats.storedBytes += written ? bytes : 0;
    this.stats.packs++;
    for (const entry of entries) {
      this.#index.add(name, entry);
      this.#pending.delete(toHex(entry.id));
    }
    this.#unindexed.push({ name, bytes, entries });
  }

  /** Invariant 2: only packs whose put has returned are named. */
  async #writeFragment(): Promise<void> {
    const packs = this.#unindexed;
    if (packs.length === 0) return;
    this.#unindexed = [];
    const { name, file } = encodeFragment(packs, this.#repository.config.compression);
    const written = await this.#repository.store.put(indexKey(name), [file]);
    this.stats.storedBytes += written ? file.length : 0;
  }

  /** Makes everything durable; after this the manifest may be committed. */
  async flush(): Promise<void> {
    await this.#close('data');
    await this.#putting;
    await this.#writeFragment();
    await this.#close('meta');
    await this.#putting;
    await this.#writeFragment();
  }

  /**
   * For the way out: waits for what is under way and names it in an index, so that the next backup
   * finds what one that was stopped has stored.
   */
  async abandon(): Promise<void> {
    await this.#putting.catch(() => {});
    // The error that brought us here is the one to report.
    await this.#writeFragment().catch(() => {});
  }
}
