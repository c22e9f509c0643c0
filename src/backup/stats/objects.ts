/** The objects of a repository as backup after backup needs them: a bit each, whatever they hold. */
import { toHex } from '../../binary/index.js';
import type { ObjectIndex, Repository } from '../../repository/index.js';

export interface TakenObject {
  /** Bytes of its frame, and of what is in it. */
  readonly length: number;
  readonly rawLength: number;
  /** Nothing before needed it. */
  readonly isFirst: boolean;
}

export class Objects {
  readonly #repository: Repository;
  readonly #index: ObjectIndex;
  #seen = new Uint8Array(0);
  /** Seen ones of which the index does not know whether they are there. */
  readonly #doubtful = new Set<string>();
  /** Frames of all that were taken. */
  bytes = 0;

  private constructor(repository: Repository, index: ObjectIndex) {
    this.#repository = repository;
    this.#index = index;
  }

  static async open(repository: Repository): Promise<Objects> {
    return new Objects(repository, await repository.index());
  }

  /** Throws REPOSITORY_CORRUPT for an object that is nowhere. */
  async take(id: Uint8Array): Promise<TakenObject> {
    const number = this.#index.numberOf(id);
    if (number < 0) return this.#takeUnindexed(id);
    const lengths = this.#index.lengthsOf(number);
    const isFirst = this.#mark(number);
    if (isFirst) this.bytes += lengths.length;
    return { ...lengths, isFirst };
  }

  async #takeUnindexed(id: Uint8Array): Promise<TakenObject> {
    // Packs that no index names are looked into by this.
    const [place] = await this.#repository.place([id]);
    if (this.#index.has(id)) return this.take(id);
    const name = toHex(id);
    const isFirst = !this.#doubtful.has(name);
    this.#doubtful.add(name);
    return { length: place?.length ?? 0, rawLength: place?.rawLength ?? 0, isFirst };
  }

  /** False when it was marked. */
  #mark(number: number): boolean {
    const at = number >>> 3;
    if (at >= this.#seen.length) {
      const grown = new Uint8Array(Math.max(at + 1, Math.ceil(this.#index.size / 8)));
      grown.set(this.#seen);
      this.#seen = grown;
    }
    const bit = 1 << (number & 7);
    const byte = this.#seen[at] as number;
    this.#seen[at] = byte | bit;
    return (byte & bit) === 0;
  }
}
