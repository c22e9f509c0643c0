/**
 * Files: reading them, and the one way of writing a durable one. Folders below the command line use
 * no other; only the loader of the kernels reads its own file by itself, since it cannot wait.
 */

export { AppendFile, openAppend } from './append-file.js';
export { BytePool, NO_POOL } from './byte-pool.js';
export { copyBytes } from './copy.js';
export {
  type DirectoryEntry,
  type FileHandle,
  type FileStatus,
  type FileSystem,
  nodeFileSystem,
  type OpenMode,
  useBlockingReads,
} from './file-system.js';
export type { FileWriter } from './file-writer.js';
export {
  isTemporaryName,
  makeDirectory,
  type PublishData,
  type PublishOptions,
  publish,
  removeFile,
} from './publish.js';
export { openFile, RandomAccessFile } from './random-access-file.js';
export { listDirectory, readWholeFile, statPath, statPathIfThere } from './read.js';
export { systemError } from './system-error.js';
