/**
 * Writes large files past the page cache (O_DIRECT). The kernel then copies and keeps nothing: a
 * file of a backup costs a fraction of the CPU, and on a Cassandra node a backup does not push the
 * data that is read out of the page cache (docs/decisions/009-direct-writes.md).
 *
 * The kernel takes only whole blocks for it, out of memory that begins at a page. Pieces are gathered
 * in such memory, one half of it while the other is written; the end of the file, less than a block,
 * goes the ordinary way. So does everything where the file system or the system has no O_DIRECT.
 */
import { copyBytes } from './copy.js';
import type { FileHandle, FileSystem } from './file-system.js';
import type { ClosableWriter } from './file-writer.js';
import { giveStaging, type Staging, takeStaging } from './staging.js';
import { errnoOf } from './system-error.js';

/** Smaller files are written as usual: there is little to save. */
export const LARGE_FILE_BYTES = 1024 * 1024;

/** Lengths and places of direct writes are multiples of this: no usual device has larger blocks. */
const BLOCK_BYTES = 4096;

/** A writer of the new file `path`; null where it cannot be written past the page cache. */
export async function openDirect(fs: FileSystem, path: string): Promise<ClosableWriter | null> {
  const staging = takeStaging();
  if (staging === null) return null;
  try {
    return new DirectWriter(fs, path, await fs.open(path, 'direct'), staging);
  } catch (error) {
    giveStaging(staging);
    if (errnoOf(error) !== 'EINVAL') throw error;
    // Linux makes the file before it finds that it cannot open it so.
    await fs.unlink(path).catch(() => undefined);
    return null;
  }
}

class DirectWriter implements ClosableWriter {
  position = 0;
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #staging: Staging;
  #handle: FileHandle;
  #isDirect = true;
  /** Of #staging, the one that takes bytes; the other may be on its way. */
  #half: 0 | 1 = 0;
  #held = 0;
  /** Bytes of the file that were written before those under way. */
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(fs: FileSystem, path: string, handle: FileHandle, staging: Staging) {
    this.#fs = fs;
    this.#path = path;
    this.#handle = handle;
    this.#staging = staging;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.position += bytes.length;
    for (let from = 0; from < bytes.length; ) {
      const half = this.#staging[this.#half];
      const piece = bytes.subarray(from, from + half.length - this.#held);
      copyBytes(half, piece, this.#held);
      this.#held += piece.length;
      from += piece.length;
      if (this.#held === half.length) await this.#turn();
    }
  }

  /** Sends what is held on its way, once the half before it has arrived, whose memory is free then. */
  async #turn(): Promise<void> {
    await this.#writing;
    this.#writing = this.#put(this.#staging[this.#half].subarray(0, this.#held));
    // A failure is thrown where the promise is awaited next; until then it counts as handled.
    this.#writing.catch(() => undefined);
    this.#half = this.#half === 0 ? 1 : 0;
    this.#held = 0;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const rest = this.#isDirect ? await this.#putBlocks(bytes) : bytes;
    this.#written += bytes.length;
    if (rest.length === 0) return;
    if (this.#isDirect) await this.#leaveDirect();
    await this.#handle.write(rest);
  }

  /** Returns what cannot be written so. */
  async #putBlocks(bytes: Uint8Array): Promise<Uint8Array> {
    const end = bytes.length - (bytes.length % BLOCK_BYTES);
    try {
      await this.#handle.write(bytes.subarray(0, end));
      return bytes.subarray(end);
    } catch (error) {
      if (errnoOf(error) !== 'EINVAL') throw error;
      // Refused for its alignment, perhaps after a part: the file ends where that ended.
      return bytes.subarray((await this.#handle.stat()).size - this.#written);
    }
  }

  async #leaveDirect(): Promise<void> {
    const direct = this.#handle;
    this.#handle = await this.#fs.open(this.#path, 'append');
    this.#isDirect = false;
    await direct.close();
  }

  async finish(): Promise<void> {
    await this.#turn();
    await this.#writing;
    // Also for what was written past the cache: the file's length, and the cache of the device.
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    // Its memory must not be used for another file before.
    await this.#writing.catch(() => undefined);
    giveStaging(this.#staging);
    await this.#handle.close();
  }
}
