/**
 * File systems for fault tests: one counts and records every call and can refuse the n-th; when it
 * is told to crash there, every later call fails too, as if the process had ended.
 */
import {
  type FileHandle,
  type FileSystem,
  nodeFileSystem,
  type OpenMode,
} from '../../src/io/index.js';

export interface Fault {
  /** Calls are counted from 1. */
  readonly at: number;
  /** 'crash', or the code that this one call fails with. */
  readonly what: 'crash' | 'EIO' | 'ENOSPC' | 'EACCES' | 'EROFS' | 'EINVAL';
  /** Count only calls of these names (`write`, `sync`, `rename` ...). */
  readonly only?: readonly string[];
}

/** Raised by every call from a crash on; no program code knows it. */
export class Crash extends Error {
  constructor() {
    super('the process ended here');
    this.name = 'Crash';
  }
}

/** Calls that change something: what a crash test counts. */
export const CHANGES = [
  'create',
  'direct',
  'append',
  'write',
  'sync',
  'rename',
  'link',
  'unlink',
  'makeDirectory',
  'syncDirectory',
] as const;

export class FaultyFileSystem implements FileSystem {
  /** `name path` of every call, in order. */
  readonly calls: string[] = [];
  readonly #inner: FileSystem;
  readonly #fault: Fault | null;
  #counted = 0;
  #crashed = false;

  constructor(fault: Fault | null = null, inner: FileSystem = nodeFileSystem) {
    this.#fault = fault;
    this.#inner = inner;
  }

  /** Calls counted so far. */
  get counted(): number {
    return this.#counted;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  #enter(name: string, path: string): void {
    if (this.#crashed) throw new Crash();
    this.calls.push(`${name} ${path}`);
    const only: readonly string[] = this.#fault?.only ?? CHANGES;
    if (!only.includes(name)) return;
    if (++this.#counted !== this.#fault?.at) return;
    if (this.#fault.what === 'crash') {
      this.#crashed = true;
      throw new Crash();
    }
    throw Object.assign(new Error(`${this.#fault.what}: ${name} ${path}`), {
      code: this.#fault.what,
    });
  }

  async open(path: string, mode: OpenMode): Promise<FileHandle> {
    this.#enter(mode, path);
    const handle = await this.#inner.open(path, mode);
    return {
      read: async (into, offset, length, position) => {
        this.#enter('readAt', path);
        return handle.read(into, offset, length, position);
      },
      write: async (bytes) => {
        try {
          this.#enter('write', path);
        } catch (error) {
          // A write that stops half-way leaves half of its bytes; past the page cache, of its blocks.
          const half = bytes.length >> 1;
          await handle.write(bytes.subarray(0, mode === 'direct' ? half - (half % 4096) : half));
          throw error;
        }
        await handle.write(bytes);
      },
      sync: async () => {
        this.#enter('sync', path);
        await handle.sync();
      },
      stat: () => handle.stat(),
      // The real descriptor is closed in any case, or tests would run out of them.
      close: () => handle.close(),
    };
  }

  async stat(path: string): ReturnType<FileSystem['stat']> {
    this.#enter('stat', path);
    return this.#inner.stat(path);
  }

  async list(path: string): ReturnType<FileSystem['list']> {
    this.#enter('list', path);
    return this.#inner.list(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#enter('rename', to);
    await this.#inner.rename(from, to);
  }

  async link(from: string, to: string): Promise<void> {
    this.#enter('link', to);
    await this.#inner.link(from, to);
  }

  async unlink(path: string): Promise<void> {
    this.#enter('unlink', path);
    await this.#inner.unlink(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.#enter('makeDirectory', path);
    await this.#inner.makeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#enter('syncDirectory', path);
    await this.#inner.syncDirectory(path);
  }
}
