/**
 * The one way of writing a durable file: a temporary file in the same directory, its bytes, fsync,
 * rename to the final name, fsync of the directory. A file under its final name is whole, whenever
 * the machine stops. Large files go past the page cache, where that is possible (direct-writer.ts).
 *
 * Temporary names are `.<name>.<16 hex>.tmp`; Cassandra ignores names that end in `.tmp`, and so do
 * all readers here.
 */
import { basename, dirname, join } from 'node:path';
import { LARGE_FILE_BYTES, openDirect } from './direct-writer.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { BufferedWriter, type ClosableWriter, type FileWriter } from './file-writer.js';
import { call, errnoOf } from './system-error.js';

/** The bytes, parts of them, or a function that writes them. */
export type PublishData =
  | Uint8Array
  | readonly Uint8Array[]
  | ((writer: FileWriter) => Promise<void>);

export interface PublishOptions {
  /** Leave a file that is there alone. Otherwise it is replaced. */
  readonly ifAbsent?: boolean;
  /** How long the file will be, where a function writes it: large ones go past the page cache. */
  readonly bytes?: number;
  readonly fs?: FileSystem;
}

/**
 * Writes the file `path`; when the promise is fulfilled it is durable. False when `ifAbsent` found a
 * file there. Throws WRITE_FAILED or DISK_FULL; then the temporary file is gone, if that was
 * possible, and whatever stood at `path` is untouched.
 */
export async function publish(
  path: string,
  data: PublishData,
  options: PublishOptions = {},
): Promise<boolean> {
  const fs = options.fs ?? nodeFileSystem;
  const directory = dirname(path);
  // Asked for here: most commands write nothing.
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const suffix = randomBytes(8).toString('hex');
  const temporary = join(directory, `.${basename(path)}.${suffix}.tmp`);
  return call(path, 'write', async () => {
    try {
      await fill(await openWriter(fs, temporary, options.bytes ?? lengthOf(data)), data);
      const placed = await place(fs, temporary, path, options.ifAbsent === true);
      // Also for a file that was there: whoever made it may not have come as far as this.
      await fs.syncDirectory(directory);
      return placed;
    } catch (error) {
      // The first error is the one to report, whatever becomes of the leftover.
      await fs.unlink(temporary).catch(() => undefined);
      throw error;
    }
  });
}

function lengthOf(data: PublishData): number {
  if (typeof data === 'function') return 0;
  return data instanceof Uint8Array
    ? data.length
    : data.reduce((sum, part) => sum + part.length, 0);
}

async function openWriter(fs: FileSystem, path: string, bytes: number): Promise<ClosableWriter> {
  const direct = bytes < LARGE_FILE_BYTES ? null : await openDirect(fs, path);
  return direct ?? new BufferedWriter(await fs.open(path, 'create'));
}

async function fill(writer: ClosableWriter, data: PublishData): Promise<void> {
  try {
    if (typeof data === 'function') await data(writer);
    else for (const part of data instanceof Uint8Array ? [data] : data) await writer.write(part);
    await writer.finish();
  } finally {
    await writer.close();
  }
}

/** Gives the temporary file its name. False when `ifAbsent` and the name is taken. */
async function place(
  fs: FileSystem,
  temporary: string,
  path: string,
  ifAbsent: boolean,
): Promise<boolean> {
  if (!ifAbsent) {
    await fs.rename(temporary, path);
    return true;
  }
  try {
    // Unlike rename, link never replaces: of two writers one wins.
    await fs.link(temporary, path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      await fs.unlink(temporary);
      return false;
    }
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error)))
      throw error;
    return placeWithoutLinks(fs, temporary, path);
  }
  await fs.unlink(temporary);
  return true;
}

/** For file systems without hard links: the check and the rename are two steps there. */
async function placeWithoutLinks(
  fs: FileSystem,
  temporary: string,
  path: string,
): Promise<boolean> {
  try {
    await fs.stat(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await fs.rename(temporary, path);
    return true;
  }
  await fs.unlink(temporary);
  return false;
}

/** Whether `name` is one of a file that `publish` did not finish. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{16}\.tmp$/.test(name);
}

/** Makes a directory and those above it, durable; none when it is there. Throws WRITE_FAILED. */
export async function makeDirectory(path: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  await call(path, 'write', async () => {
    try {
      await makeWithParents(path, fs);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      if ((await fs.stat(path)).kind !== 'directory') {
        throw Object.assign(new Error('a file is in the way'), { code: 'ENOTDIR' });
      }
      return;
    }
    await fs.syncDirectory(dirname(path));
  });
}

/** EEXIST when `path` is there; the directory above it is made where it is missing. */
async function makeWithParents(path: string, fs: FileSystem): Promise<void> {
  try {
    await fs.makeDirectory(path);
  } catch (error) {
    const parent = dirname(path);
    if (errnoOf(error) !== 'ENOENT' || parent === path) throw error;
    await makeDirectory(parent, fs);
    // Once more only: some places (/proc) have no such directory even below one that is there.
    await fs.makeDirectory(path);
  }
}

/** True when the file was there. Durable only after its directory was synced. */
export async function removeFile(path: string, fs: FileSystem = nodeFileSystem): Promise<boolean> {
  return call(path, 'write', async () => {
    try {
      await fs.unlink(path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  });
}
