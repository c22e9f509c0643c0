/** A file of tries, read where it is needed and kept for a while. */
import { NODE_BYTES_MAX, TrieNode } from '../components/index.js';
import { SstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';

/** Cassandra lays tries out in pages of 4 KiB; some of them are fetched together. */
const WINDOW_BYTES = 16384;
const WINDOWS_KEPT = 64;

export class TrieFile {
  readonly file: RandomAccessFile;
  readonly component: string;
  /** Tries lie before it. */
  readonly #end: number;
  /** By number; the one used last is the last one. */
  readonly #windows = new Map<number, Uint8Array>();

  /** The tries of `file` before `end`. */
  constructor(file: RandomAccessFile, component: string, end: number) {
    this.file = file;
    this.component = component;
    this.#end = end;
  }

  /** The node at `position`. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED, READ_FAILED. */
  readonly node = (position: number): TrieNode | Promise<TrieNode> => {
    const number = Math.floor(position / WINDOW_BYTES);
    const window = this.#windows.get(number);
    if (window === undefined) return this.#load(number).then((bytes) => this.#at(bytes, position));
    return this.#at(window, position);
  };

  #at(window: Uint8Array, position: number): TrieNode {
    const where = { file: this.file.path, component: this.component };
    if (position < 0 || position >= this.#end) {
      throw new SstashError('SSTABLE_CORRUPT', `there is no trie node at ${position}`, where);
    }
    return new TrieNode(window.subarray(position % WINDOW_BYTES), position, where);
  }

  async #load(number: number): Promise<Uint8Array> {
    const from = number * WINDOW_BYTES;
    // A node may go on behind the window that it begins in.
    const bytes = await this.file.readSome(from, WINDOW_BYTES + NODE_BYTES_MAX);
    if (this.#windows.size >= WINDOWS_KEPT) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    this.#windows.set(number, bytes);
    return bytes;
  }
}
