/** A file that only grows, for ledgers: what was appended before `sync` survives a crash. */
import { dirname } from 'node:path';
import { type FileHandle, type FileSystem, nodeFileSystem } from './file-system.js';
import { call } from './system-error.js';

export class AppendFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #closing: Promise<void> | null = null;

  /** Takes over `handle`: it is closed with this file. */
  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Throws WRITE_FAILED or DISK_FULL; then a part of `bytes` may stand at the end of the file. */
  append(bytes: Uint8Array): Promise<void> {
    return call(this.path, 'write', () => this.#handle.write(bytes));
  }

  sync(): Promise<void> {
    return call(this.path, 'write', () => this.#handle.sync());
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }
}

/** Opens a file to append to; makes it, durably, when it is not there. */
export async function openAppend(
  path: string,
  fs: FileSystem = nodeFileSystem,
): Promise<AppendFile> {
  return call(path, 'write', async () => {
    const handle = await fs.open(path, 'append');
    try {
      await fs.syncDirectory(dirname(path));
      return new AppendFile(path, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}
