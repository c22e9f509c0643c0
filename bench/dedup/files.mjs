/** Files under a folder: sizes, content, comparison. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Paths and status of all files under `root`, in order of their names. */
export function filesUnder(root) {
  if (!existsSync(root)) return [];
  const names = readdirSync(root, { recursive: true }).sort();
  const files = names.map((name) => {
    const path = join(root, name);
    return { name, path, status: statSync(path) };
  });
  return files.filter(({ status }) => status.isFile());
}

export function bytesUnder(root, wanted = () => true) {
  const files = filesUnder(root).filter(({ name }) => wanted(name));
  return files.reduce((sum, { status }) => sum + status.size, 0);
}

export const isData = (name) => name.endsWith('-Data.db');

/** What a store of whole files would keep: each content once, uncompressed as it is on disk. */
export class WholeFiles {
  #known = new Set();
  #inodes = new Map();

  /** @returns {number} bytes of files under `root` with content that is new */
  add(root) {
    let bytes = 0;
    for (const { path, status } of filesUnder(root)) {
      const content = this.#contentOf(path, status);
      if (this.#known.has(content)) continue;
      this.#known.add(content);
      bytes += status.size;
    }
    return bytes;
  }

  #contentOf(path, { ino, size }) {
    const known = this.#inodes.get(ino);
    if (known !== undefined) return known;
    const content = `${size} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    this.#inodes.set(ino, content);
    return content;
  }
}

/** Compares two folders byte by byte; throws when any file differs or is in one of them only. */
export function assertSame(wanted, found, exclude) {
  const args = ['-rq', ...exclude.map((name) => `--exclude=${name}`), wanted, found];
  const { status, stdout, stderr } = spawnSync('diff', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`restored files differ: ${stdout}${stderr}`.slice(0, 2000));
}
