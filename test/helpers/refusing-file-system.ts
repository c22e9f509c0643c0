/** A file system that opens and lists everything but some paths: what missing rights look like. */
import { type FileSystem, nodeFileSystem } from '../../src/io/index.js';

export function refusingFileSystem(
  refused: RegExp,
  inner: FileSystem = nodeFileSystem,
): FileSystem {
  const { open, list } = inner;
  const check = (path: string): void => {
    if (refused.test(path)) throw Object.assign(new Error('refused'), { code: 'EACCES' });
  };
  return {
    ...inner,
    async open(path, mode) {
      check(path);
      return open(path, mode);
    },
    async list(path) {
      check(path);
      return list(path);
    },
  };
}
