/** A file that is read at any position. */
import { SstashError } from '../errors.js';
import {
  type FileHandle,
  type FileStatus,
  type FileSystem,
  nodeFileSystem,
} from './file-system.js';
import { call } from './system-error.js';

export class RandomAccessFile {
  readonly path: string;
  /** Bytes when it was opened. */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
  readonly #handle: FileHandle;
  #closing: Promise<void> | null = null;

  /** Takes over `handle`: it is closed with this file. */
  constructor(path: string, handle: FileHandle, status: FileStatus) {
    this.path = path;
    this.size = status.size;
    this.mtimeNs = status.mtimeNs;
    this.ino = status.ino;
    this.#handle = handle;
  }

  /**
   * Exactly `length` bytes at `position`: a fresh array, or the start of `into` where it is given.
   * Throws SSTABLE_TRUNCATED where the file ends before, READ_FAILED.
   */
  async read(position: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    // Checked before the allocation: `length` may come from a damaged file.
    if (into === undefined && position + length > this.size) throw this.#tooShort(position, length);
    const bytes = await this.readSome(position, length, into);
    if (bytes.length < length) throw this.#tooShort(position, length);
    return bytes;
  }

  /** As `read`, but at the end of the file fewer bytes come back. */
  async readSome(position: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const wanted = into === undefined ? Math.min(length, this.size - position) : length;
    if (wanted <= 0) return new Uint8Array(0);
    // Not cleared: what is not read is not handed out.
    const target = into ?? new Uint8Array(Buffer.allocUnsafeSlow(wanted).buffer);
    let done = 0;
    while (done < wanted) {
      const read = await call(this.path, 'read', () =>
        this.#handle.read(target, done, wanted - done, position + done),
      );
      if (read === 0) break;
      done += read;
    }
    return target.subarray(0, done);
  }

  /** May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }

  #tooShort(position: number, length: number): SstashError {
    const missing = position + length - this.size;
    return new SstashError('SSTABLE_TRUNCATED', `the file ends ${missing} bytes too early`, {
      file: this.path,
      offset: position,
      length,
      expected: `${position + length} bytes at least`,
      found: `${this.size} bytes`,
    });
  }
}

/** Opens a file for reading. Throws PATH_NOT_FOUND or READ_FAILED (also for a directory). */
export async function openFile(
  path: string,
  fs: FileSystem = nodeFileSystem,
): Promise<RandomAccessFile> {
  return call(path, 'read', async () => {
    const handle = await fs.open(path, 'read');
    try {
      const status = await handle.stat();
      if (status.kind === 'directory') {
        throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
      }
      return new RandomAccessFile(path, handle, status);
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}
