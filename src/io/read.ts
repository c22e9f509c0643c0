/** Whole files and directories. */
import { SstashError } from '../errors.js';
import {
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  nodeFileSystem,
} from './file-system.js';
import { openFile } from './random-access-file.js';
import { call, errnoOf } from './system-error.js';

/**
 * A copy of the whole file. Throws LIMIT_EXCEEDED when it has more than `maxBytes`, before anything
 * is allocated; PATH_NOT_FOUND, READ_FAILED.
 */
export async function readWholeFile(
  path: string,
  maxBytes: number,
  fs: FileSystem = nodeFileSystem,
): Promise<Uint8Array> {
  const file = await openFile(path, fs);
  try {
    if (file.size > maxBytes) {
      throw new SstashError('LIMIT_EXCEEDED', `the file is larger than ${maxBytes} bytes`, {
        file: path,
        expected: `at most ${maxBytes} bytes`,
        found: `${file.size} bytes`,
      });
    }
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

/** Entries of a directory, sorted by name. Throws PATH_NOT_FOUND or READ_FAILED. */
export async function listDirectory(
  path: string,
  fs: FileSystem = nodeFileSystem,
): Promise<DirectoryEntry[]> {
  const entries = await call(path, 'read', () => fs.list(path));
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Of what a symbolic link points to. Throws PATH_NOT_FOUND or READ_FAILED. */
export async function statPath(path: string, fs: FileSystem = nodeFileSystem): Promise<FileStatus> {
  return call(path, 'read', () => fs.stat(path));
}

/** As `statPath`; null when there is nothing. */
export async function statPathIfThere(
  path: string,
  fs: FileSystem = nodeFileSystem,
): Promise<FileStatus | null> {
  return call(path, 'read', async () => {
    try {
      return await fs.stat(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
      throw error;
    }
  });
}
