/**
 * What the program asks of a file system: an interface, so that tests can record the calls, fail the
 * n-th one or stop the world there. Errors are Node's, with `code` such as 'ENOENT'; the functions
 * of this folder turn them into SstashErrors.
 */

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  promises as shared,
  statSync,
} from 'node:fs';
import type { FileHandle as NodeFileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
  readonly device: bigint;
}

export interface DirectoryEntry {
  readonly name: string;
  /** Of what a symbolic link points to; 'other' when it points nowhere. */
  readonly kind: 'file' | 'directory' | 'other';
}

/**
 * 'read'; 'create': must not exist; 'append': made when absent, every write goes to the end;
 * 'direct': as 'create', and writes go past the page cache: of whole blocks, out of memory that
 * begins at a page. Opening or writing so fails with EINVAL where that is not possible; a file that
 * could not be opened so may be there afterwards.
 */
export type OpenMode = 'read' | 'create' | 'append' | 'direct';

export interface FileHandle {
  /** Bytes read into `into` at `offset`, 0 at the end of the file. */
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Writes all of `bytes` behind what was written before. */
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  stat(): Promise<FileStatus>;
  close(): Promise<void>;
}

export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<FileHandle>;
  stat(path: string): Promise<FileStatus>;
  /** In no order. */
  list(path: string): Promise<DirectoryEntry[]>;
  rename(from: string, to: string): Promise<void>;
  /** Hard link; EEXIST when `to` is there. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** One directory; EEXIST when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

/** Not there on every system. */
const { O_DIRECT }: { readonly O_DIRECT?: number } = constants;

function flagsOf(mode: OpenMode): string | number {
  if (mode === 'read') return 'r';
  if (mode === 'append') return 'a';
  if (mode === 'create') return 'wx';
  if (O_DIRECT !== undefined) {
    return constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | O_DIRECT;
  }
  throw Object.assign(new Error('no writing past the page cache'), { code: 'EINVAL' });
}

let blocking = false;

/**
 * Reads of this thread from now on end before their call returns. For worker threads and for short
 * commands, which have nothing else to do meanwhile: the way through libuv's threads and back would
 * cost as much again, and their start more than a few small files.
 */
export function useBlockingReads(): void {
  blocking = true;
}

/** Signals and timers are late by as much where reads block. */
const TURN_MS = 50;
let lastTurn = Date.now();

async function giveWay(): Promise<void> {
  if (Date.now() - lastTurn < TURN_MS) return;
  await setImmediate();
  lastTurn = Date.now();
}

export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    if (!blocking || mode !== 'read') return wrap(await shared.open(path, flagsOf(mode)));
    await giveWay();
    return blockingHandle(path);
  },
  async stat(path) {
    if (!blocking) return status(await shared.stat(path, { bigint: true }));
    await giveWay();
    return status(statSync(path, { bigint: true }));
  },
  async list(path) {
    const entries = blocking
      ? readdirSync(path, { withFileTypes: true })
      : await shared.readdir(path, { withFileTypes: true });
    return Promise.all(
      entries.map(async (entry) => {
        if (entry.isFile()) return { name: entry.name, kind: 'file' as const };
        if (entry.isDirectory()) return { name: entry.name, kind: 'directory' as const };
        if (!entry.isSymbolicLink()) return { name: entry.name, kind: 'other' as const };
        const target = await shared.stat(`${path}/${entry.name}`).catch(() => null);
        const kind = target?.isFile() ? 'file' : target?.isDirectory() ? 'directory' : 'other';
        return { name: entry.name, kind };
      }),
    );
  },
  rename: (from, to) => shared.rename(from, to),
  link: (from, to) => shared.link(from, to),
  unlink: (path) => shared.unlink(path),
  makeDirectory: (path) => shared.mkdir(path),
  async syncDirectory(path) {
    // Windows can neither open nor sync a directory, and keeps names durable by itself.
    if (process.platform === 'win32') return;
    const handle = await shared.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

function wrap(handle: NodeFileHandle): FileHandle {
  return {
    async read(into, offset, length, position) {
      return (await handle.read(into, offset, length, position)).bytesRead;
    },
    async write(bytes) {
      let written = 0;
      while (written < bytes.length) {
        // A position would be ignored in append mode; without one each write follows the last.
        const result = await handle.write(bytes, written, bytes.length - written);
        written += result.bytesWritten;
      }
    },
    sync: () => handle.sync(),
    async stat() {
      return status(await handle.stat({ bigint: true }));
    },
    close: () => handle.close(),
  };
}

/** For reading alone. */
function blockingHandle(path: string): FileHandle {
  const fd = openSync(path, 'r');
  const refuse = async (): Promise<never> => {
    throw new TypeError('the file was opened for reading');
  };
  return {
    async read(into, offset, length, position) {
      return readSync(fd, into, offset, length, position);
    },
    write: refuse,
    sync: refuse,
    async stat() {
      return status(fstatSync(fd, { bigint: true }));
    },
    async close() {
      closeSync(fd);
    },
  };
}

interface BigStatus {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

function status(s: BigStatus): FileStatus {
  return {
    kind: s.isFile() ? 'file' : s.isDirectory() ? 'directory' : 'other',
    size: Number(s.size),
    mtimeNs: s.mtimeNs,
    ino: s.ino,
    device: s.dev,
  };
}
