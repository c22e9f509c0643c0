/**
 * A repository's writer that counts what is new by what it is for. SSTables that are worked on at the
 * same time write in their order all the same: two backups of the same files make the same packs, and
 * a dry run has the counts of the real one.
 */
import type { ObjectKind, RepositoryWriter, SlabChunk, SlabFrame } from '../repository/index.js';
import type { StoredBytes, StoredKind } from './counts.js';

const OBJECT_KIND: Readonly<Record<StoredKind, ObjectKind>> = {
  leaves: 'chunk',
  statistics: 'chunk',
  components: 'chunk',
  data: 'chunk',
  files: 'chunk',
  exceptions: 'chunk',
  lists: 'list',
  trees: 'tree',
  recipes: 'recipe',
  records: 'record',
};

export class CountedWriter {
  readonly #writer: RepositoryWriter;
  readonly #stored: StoredBytes;
  readonly #turn: Promise<void>;

  /** @param turn nothing is written before */
  constructor(writer: RepositoryWriter, stored: StoredBytes, turn: Promise<void>) {
    this.#writer = writer;
    this.#stored = stored;
    this.#turn = turn;
  }

  /** Stores raw bytes; returns their id. */
  async put(kind: StoredKind, raw: Uint8Array): Promise<Uint8Array> {
    await this.#turn;
    const { id, storedBytes } = await this.#writer.put(OBJECT_KIND[kind], raw);
    this.#stored[kind] += storedBytes;
    return id;
  }

  /** As RepositoryWriter.putFrame. */
  async putFrame(
    kind: StoredKind,
    id: Uint8Array,
    frame: Uint8Array,
    rawLength: number,
  ): Promise<boolean> {
    await this.#turn;
    const isNew = await this.#writer.putFrame(OBJECT_KIND[kind], id, frame, rawLength);
    if (isNew) this.#stored[kind] += frame.length;
    return isNew;
  }

  /** Fulfilled when it is this writer's turn. */
  get turn(): Promise<void> {
    return this.#turn;
  }

  /** As RepositoryWriter.has; only in its turn. */
  has(id: Uint8Array): boolean {
    return this.#writer.has(id);
  }

  /** As RepositoryWriter.noteUnreadable; only in its turn. */
  async noteUnreadable(ids: readonly Uint8Array[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#turn;
    for (const id of ids) this.#writer.noteUnreadable(id);
  }

  /** As RepositoryWriter.isLost; only in its turn. */
  isLost(id: Uint8Array): boolean {
    return this.#writer.isLost(id);
  }

  /** As RepositoryWriter.putSlab; its bytes count as leaves. */
  async putSlab(
    slab: SlabFrame,
    blocks: readonly Uint8Array[],
    chunks: readonly SlabChunk[],
  ): Promise<void> {
    await this.#turn;
    await this.#writer.putSlab(slab, blocks, chunks);
    this.#stored.leaves += slab.frame.length;
    for (const { length } of chunks) this.#stored.leaves += length;
  }
}
