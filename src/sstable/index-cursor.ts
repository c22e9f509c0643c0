/** Entries of a part of Index.db with lookahead, for comparison with Data.db. Nothing is believed. */
import { ByteReader, NeedMoreBytes } from '../binary/index.js';
import { SstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { LIMITS } from '../limits.js';

export interface RawIndexEntry {
  /** View. */
  readonly key: Uint8Array;
  readonly dataPosition: number;
  /** View, or null. */
  readonly promoted: Uint8Array | null;
  readonly promotedPosition: number;
  readonly indexPosition: number;
}

const WINDOW_BYTES = 256 * 1024;

export class IndexCursor {
  /** What made the rest of the part unreadable. */
  failure: SstashError | null = null;
  readonly #file: RandomAccessFile;
  readonly #to: number;
  #position: number;
  #entries: RawIndexEntry[] = [];
  #at = 0;

  /** Entries from `from`, the start of one, to `to`. */
  constructor(file: RandomAccessFile, from: number, to: number) {
    this.#file = file;
    this.#position = from;
    this.#to = Math.min(to, file.size);
  }

  /** Loads entries until one begins at `dataPosition` of Data.db or behind, or all are loaded. */
  async loadUntil(dataPosition: number): Promise<void> {
    while (this.failure === null && this.#position < this.#to) {
      const last = this.#entries.at(-1);
      if (last !== undefined && last.dataPosition >= dataPosition) return;
      await this.loadMore();
    }
  }

  /** The next loaded entry, or null. */
  peek(): RawIndexEntry | null {
    return this.#entries[this.#at] ?? null;
  }

  next(): void {
    this.#at++;
  }

  /** Whether every entry was read and passed. */
  get ended(): boolean {
    return this.failure === null && this.#position >= this.#to && this.peek() === null;
  }

  /** Passes entries up to the first behind `dataPosition`; returns it, or null. */
  async skipBehind(dataPosition: number): Promise<RawIndexEntry | null> {
    for (;;) {
      await this.loadUntil(dataPosition + 1);
      const entry = this.peek();
      if (entry === null || entry.dataPosition > dataPosition) return entry;
      this.#at++;
    }
  }

  /** Loads some more entries, if there are any. */
  async loadMore(): Promise<void> {
    if (this.failure !== null || this.#position >= this.#to) return;
    this.#entries = this.#entries.slice(this.#at);
    this.#at = 0;
    for (let wanted = WINDOW_BYTES; ; wanted *= 2) {
      const length = Math.min(wanted, this.#to - this.#position);
      const window = await this.#file.read(this.#position, length);
      const consumed = this.#parse(window, this.#position + length >= this.#to);
      this.#position += consumed;
      if (consumed > 0 || this.failure !== null) return;
    }
  }

  #parse(window: Uint8Array, complete: boolean): number {
    const where = { file: this.#file.path, component: 'Index.db' };
    const r = new ByteReader(window, { base: this.#position, complete, where });
    let done = 0;
    try {
      while (r.remaining > 0) {
        this.#entries.push(readEntry(r));
        done = r.offset;
      }
    } catch (error) {
      if (error instanceof NeedMoreBytes) return done;
      if (!(error instanceof SstashError)) throw error;
      this.failure = error;
    }
    return done;
  }
}

function readEntry(r: ByteReader): RawIndexEntry {
  const indexPosition = r.position;
  const key = r.shortBytes();
  const dataPosition = r.uvint('data position');
  const size = r.uvint('size of the promoted index');
  if (size > LIMITS.indexEntryBytesMax) {
    throw r.corrupt(`the promoted index has ${size} bytes`, indexPosition);
  }
  const promotedPosition = r.position;
  const promoted = size === 0 ? null : r.view8(size);
  return { key, dataPosition, promoted, promotedPosition, indexPosition };
}
