/**
 * What the program asks of a file system: an interface, so that tests can record the calls, fail the
 * n-th one or stop the world there. Errors are Node's, with `code` such as 'ENOENT'; the functions
 * of this folder turn them into SstashErrors.
 */

import * as syncFs from 'node:fs';
import type { FileHandle as NodeFileHandle } from 'node:fs/promises';
import * as nodeFs from 'node:fs/promises';

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

/** 'read'; 'create': must not exist; 'append': made when absent, every write goes to the end. */
export type OpenMode = 'read' | 'create' | 'append';

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

const FLAGS = { read: 'r', create: 'wx', append: 'a' } as const;

let blocking = false;

/**
 * Reads of this thread from now on end before their call returns. For worker threads, which have
 * nothing else to do meanwhile: the way through libuv's threads and back would cost as much again.
 */
export function useBlockingReads(): void {
  blocking = true;
}

export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    return wrap(await nodeFs.open(path, FLAGS[mode]));
  },
  async stat(path) {
    if (blocking) return status(syncFs.statSync(path, { bigint: true }));
    return status(await nodeFs.stat(path, { bigint: true }));
  },
  async list(path) {
    const entries = blocking
      ? syncFs.readdirSync(path, { withFileTypes: true })
      : await nodeFs.readdir(path, { withFileTypes: true });
    return Promise.all(
      entries.map(async (entry) => {
        if (entry.isFile()) return { name: entry.name, kind: 'file' as const };
        if (entry.isDirectory()) return { name: entry.name, kind: 'directory' as const };
        if (!entry.isSymbolicLink()) return { name: entry.name, kind: 'other' as const };
        const target = await nodeFs.stat(`${path}/${entry.name}`).catch(() => null);
        const kind = target?.isFile() ? 'file' : target?.isDirectory() ? 'directory' : 'other';
        return { name: entry.name, kind };
      }),
    );
  },
  rename: (from, to) => nodeFs.rename(from, to),
  link: (from, to) => nodeFs.link(from, to),
  unlink: (path) => nodeFs.unlink(path),
  makeDirectory: (path) => nodeFs.mkdir(path),
  async syncDirectory(path) {
    // Windows can neither open nor sync a directory, and keeps names durable by itself.
    if (process.platform === 'win32') return;
    const handle = await nodeFs.open(path, 'r');
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
      if (blocking) return syncFs.readSync(handle.fd, into, offset, length, position);
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
