/** Stores that change what another store does. */
import { SstashError } from '../errors.js';
import {
  type BlobInfo,
  type BlobStore,
  checkKey,
  type GetOptions,
  type PutOptions,
} from './blob-store.js';

/** Reads go through, writes are refused with STORE_FAILED. */
export class ReadOnlyStore implements BlobStore {
  readonly #inner: BlobStore;

  constructor(inner: BlobStore) {
    this.#inner = inner;
  }

  get location(): string {
    return this.#inner.location;
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array> {
    return this.#inner.get(key, options);
  }

  async put(key: string): Promise<boolean> {
    throw this.#refusal('write', key);
  }

  list(prefix: string): Promise<BlobInfo[]> {
    return this.#inner.list(prefix);
  }

  async delete(key: string): Promise<boolean> {
    throw this.#refusal('delete', key);
  }

  head(key: string): Promise<BlobInfo | null> {
    return this.#inner.head(key);
  }

  #refusal(verb: string, key: string): SstashError {
    checkKey(key);
    return new SstashError('STORE_FAILED', `cannot ${verb} ${key}: the store is open for reading`, {
      file: `${this.location}/${key}`,
    });
  }
}

/** Reads go through, writes are counted and thrown away: what `--dry-run` writes to. */
export class DiscardStore implements BlobStore {
  readonly #inner: BlobStore;
  /** Bytes that would have been written. */
  discardedBytes = 0;

  constructor(inner: BlobStore) {
    this.#inner = inner;
  }

  get location(): string {
    return this.#inner.location;
  }

  get(key: string, options?: GetOptions): Promise<Uint8Array> {
    return this.#inner.get(key, options);
  }

  async put(key: string, parts: readonly Uint8Array[], options?: PutOptions): Promise<boolean> {
    checkKey(key);
    options?.signal?.throwIfAborted();
    for (const part of parts) this.discardedBytes += part.length;
    return true;
  }

  list(prefix: string): Promise<BlobInfo[]> {
    return this.#inner.list(prefix);
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return true;
  }

  head(key: string): Promise<BlobInfo | null> {
    return this.#inner.head(key);
  }
}
