import { SstashError } from '../errors.js';
import {
  type BlobInfo,
  type BlobStore,
  checkKey,
  type GetOptions,
  partsLength,
} from './blob-store.js';

/** A store that lives as long as the process; for tests and for library users who want one. */
export class MemoryStore implements BlobStore {
  readonly location: string;
  readonly #blobs = new Map<string, Uint8Array>();

  constructor(name = 'store') {
    this.location = `memory:${name}`;
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    options.signal?.throwIfAborted();
    const bytes = this.#blobs.get(key);
    if (bytes === undefined) {
      throw new SstashError('STORE_NOT_FOUND', `${key} is not in the store`, {
        file: `${this.location}/${key}`,
      });
    }
    const offset = options.offset ?? 0;
    return bytes.slice(offset, options.length === undefined ? undefined : offset + options.length);
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    checkKey(key);
    if (this.#blobs.has(key)) return false;
    const bytes = new Uint8Array(partsLength(parts));
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    this.#blobs.set(key, bytes);
    return true;
  }

  async list(prefix: string): Promise<BlobInfo[]> {
    checkKey(prefix);
    return [...this.#blobs]
      .filter(([key]) => key.startsWith(`${prefix}/`))
      .map(([key, blob]) => ({ key, bytes: blob.length }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return this.#blobs.delete(key);
  }

  async head(key: string): Promise<BlobInfo | null> {
    checkKey(key);
    const blob = this.#blobs.get(key);
    return blob === undefined ? null : { key, bytes: blob.length };
  }
}
