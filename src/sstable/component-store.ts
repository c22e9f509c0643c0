/** The files of one SSTable, opened when they are asked for; knows nothing of their contents. */
import type { FormatVersion } from '../components/index.js';
import { SstashError } from '../errors.js';
import { type FileSystem, openFile, type RandomAccessFile, readWholeFile } from '../io/index.js';
import { componentLimit } from './component-limits.js';
import type { ComponentFile, SSTableFiles } from './files.js';

export class ComponentStore {
  readonly files: SSTableFiles;
  readonly #fs: FileSystem;
  readonly #open = new Map<string, Promise<RandomAccessFile>>();
  #closing: Promise<void> | null = null;

  constructor(files: SSTableFiles, fs: FileSystem) {
    this.files = files;
    this.#fs = fs;
  }

  get version(): FormatVersion {
    return this.files.descriptor.version;
  }

  get components(): ReadonlyMap<string, ComponentFile> {
    return this.files.components;
  }

  /** Path of a component that is or should be there. */
  componentPath(name: string): string {
    return this.files.dataPath.replace(/Data\.db$/, name);
  }

  /** Throws SSTABLE_COMPONENT_MISSING when there is no such component. */
  require(name: string): ComponentFile {
    const file = this.files.components.get(name);
    if (file !== undefined) return file;
    throw new SstashError('SSTABLE_COMPONENT_MISSING', `the SSTable has no ${name}`, {
      file: this.componentPath(name),
      component: name,
      hint: 'Restore the file from another replica or a backup.',
    });
  }

  /** A component whole, as it is on disk. Throws SSTABLE_COMPONENT_MISSING, LIMIT_EXCEEDED. */
  async readComponent(name: string): Promise<Uint8Array> {
    const { path } = this.require(name);
    return withComponent(name, () => readWholeFile(path, componentLimit(name), this.#fs));
  }

  /** A component as a file; it is closed with this store. Throws SSTABLE_COMPONENT_MISSING. */
  openComponent(name: string): Promise<RandomAccessFile> {
    const { path } = this.require(name);
    const known = this.#open.get(name) ?? openFile(path, this.#fs);
    this.#open.set(name, known);
    return known;
  }

  /** May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const opened of this.#open.values()) {
      const file = await opened.catch(() => null);
      await file?.close();
    }
  }
}

/** Adds the component's name to what goes wrong. */
export async function withComponent<R>(component: string, run: () => Promise<R>): Promise<R> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof SstashError ? error.with({ component }) : error;
  }
}
