/**
 * A repository in a local directory: one file per blob, its key is its path. Files are published
 * (temporary file, fsync, link to the final name, fsync of the directory), so a blob is there whole
 * or not at all, and of two writers of one key one wins (invariant 3 of docs/repository-format.md).
 */
import { dirname, join } from 'node:path';
import { isSstashError, SstashError } from '../errors.js';
import {
  type FileSystem,
  isTemporaryName,
  listDirectory,
  makeDirectory,
  nodeFileSystem,
  openFile,
  publish,
  removeFile,
  statPathIfThere,
} from '../io/index.js';
import {
  type BlobInfo,
  type BlobStore,
  checkKey,
  type GetOptions,
  isKey,
  type PutOptions,
} from './blob-store.js';

export class LocalStore implements BlobStore {
  /** The directory. */
  readonly location: string;
  readonly #fs: FileSystem;
  /** Directories that were made or found since this store was opened. */
  readonly #directories = new Set<string>();

  constructor(directory: string, fs: FileSystem = nodeFileSystem) {
    this.location = directory;
    this.#fs = fs;
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    options.signal?.throwIfAborted();
    return this.#reading(key, async () => {
      const file = await openFile(join(this.location, key), this.#fs);
      try {
        const offset = options.offset ?? 0;
        const length = options.length ?? Math.max(0, file.size - offset);
        return await file.readSome(offset, length, options.into?.subarray(0, length));
      } finally {
        await file.close();
      }
    });
  }

  async put(key: string, parts: readonly Uint8Array[], options: PutOptions = {}): Promise<boolean> {
    checkKey(key);
    options.signal?.throwIfAborted();
    const path = join(this.location, key);
    const folder = dirname(path);
    if (!this.#directories.has(folder)) {
      await makeDirectory(folder, this.#fs);
      this.#directories.add(folder);
    }
    return publish(path, parts, { ifAbsent: true, fs: this.#fs });
  }

  async list(prefix: string): Promise<BlobInfo[]> {
    checkKey(prefix);
    const found: BlobInfo[] = [];
    await this.#reading(prefix, () => this.#collect(prefix, found));
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async #collect(prefix: string, found: BlobInfo[]): Promise<void> {
    const folder = join(this.location, prefix);
    if ((await statPathIfThere(folder, this.#fs))?.kind !== 'directory') return;
    const entries = await listDirectory(folder, this.#fs);
    await Promise.all(
      entries.map(async ({ name, kind }) => {
        const key = `${prefix}/${name}`;
        if (isTemporaryName(name) || !isKey(key)) return;
        if (kind === 'directory') return this.#collect(key, found);
        const status = await statPathIfThere(join(this.location, key), this.#fs);
        if (status !== null) found.push({ key, bytes: status.size });
      }),
    );
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    const path = join(this.location, key);
    if ((await statPathIfThere(path, this.#fs)) === null) return false;
    const removed = await removeFile(path, this.#fs);
    await this.#fs.syncDirectory(dirname(path));
    return removed;
  }

  async head(key: string): Promise<BlobInfo | null> {
    checkKey(key);
    const path = join(this.location, key);
    const status = await this.#reading(key, () => statPathIfThere(path, this.#fs));
    return status?.kind === 'file' ? { key, bytes: status.size } : null;
  }

  /** A store that cannot be read is STORE_FAILED: READ_FAILED speaks of what is backed up. */
  async #reading<R>(key: string, run: () => Promise<R>): Promise<R> {
    try {
      return await run();
    } catch (cause) {
      const file = `${this.location}/${key}`;
      if (isSstashError(cause, 'PATH_NOT_FOUND')) {
        throw new SstashError('STORE_NOT_FOUND', `${key} is not in the store`, {
          file,
          hint: '`sstash verify` lists what is missing.',
          cause,
        });
      }
      if (!isSstashError(cause, 'READ_FAILED')) throw cause;
      throw new SstashError('STORE_FAILED', cause.message, {
        file,
        cause,
        ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      });
    }
  }
}

/** What stands at a path where a repository is to be made. */
export type LocalPlace = 'absent' | 'empty' | 'repository' | 'other';

/** Looks before `init`: leftovers of an interrupted one do not count. */
export async function inspectLocal(
  directory: string,
  fs: FileSystem = nodeFileSystem,
): Promise<LocalPlace> {
  const status = await statPathIfThere(directory, fs);
  if (status === null) return 'absent';
  if (status.kind !== 'directory') return 'other';
  const names = (await listDirectory(directory, fs)).map(({ name }) => name);
  if (names.includes('config')) return 'repository';
  return names.every(isTemporaryName) ? 'empty' : 'other';
}
