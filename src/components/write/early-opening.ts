/**
 * What opening an unfinished SSTable does to the layout of its Partitions.db.
 *
 * A compaction opens its output whenever so many bytes of Data.db were added. The part of the trie that
 * is not written yet is then laid out behind the end of the file for that purpose, and the sizes that
 * its nodes get by this stay with them. When the next opening can come depends on what has reached the
 * disk of the three files, which is as much as their buffers let through.
 */
import type { TrieWriter } from './trie-writer.js';

/** Of the writers of the index files. */
const INDEX_BUFFER_BYTES = 65536;

export interface EarlyOpenParameters {
  /** Bytes of the uncompressed stream between two openings. */
  readonly interval: number;
  /** Bytes of the stream that the writer of Data.db holds: the length of a compressed block. */
  readonly bufferLength: number;
}

export class EarlyOpening {
  readonly #parameters: EarlyOpenParameters;
  readonly #trie: TrieWriter;
  #openedAt = 0;
  #pending = false;
  #dataSynced = 0;
  #rowsSynced = 0;
  #trieSynced = 0;
  /** What must have reached the disk before the SSTable can be opened. */
  #dataWanted = 0;
  #rowsWanted = 0;
  #trieWanted = 0;
  /** Keys in the trie at the last snapshot. */
  #snapshotKeys = 0;

  constructor(parameters: EarlyOpenParameters, trie: TrieWriter) {
    this.#parameters = parameters;
    this.#trie = trie;
  }

  /**
   * Whether something may happen with a partition that begins at `start` of the stream. If not, `begin`,
   * `end` and `added` need not be called for it.
   */
  isNear(start: number): boolean {
    return this.#pending || start - this.#openedAt > this.#parameters.interval;
  }

  /** A partition begins at `start`; the trie has `keys` keys and Rows.db `rowsLength` bytes. */
  begin(start: number, keys: number, rowsLength: number): void {
    if (this.#pending || keys === this.#snapshotKeys) return;
    this.#trie.layOutBehind();
    this.#dataWanted = start;
    this.#rowsWanted = rowsLength;
    this.#trieWanted = this.#trie.position;
    this.#dataSynced = wholeBuffers(start, this.#parameters.bufferLength);
    this.#rowsSynced = wholeBuffers(rowsLength, INDEX_BUFFER_BYTES);
    this.#trieSynced = wholeBuffers(this.#trieWanted, INDEX_BUFFER_BYTES);
    this.#snapshotKeys = keys;
    this.#pending = true;
  }

  /** The partition ended at `end` of the stream, and Rows.db has `rowsLength` bytes now. */
  end(end: number, rowsLength: number): void {
    const { bufferLength } = this.#parameters;
    const synced = wholeBuffers(end, bufferLength);
    while (this.#pending && this.#dataSynced < synced) {
      this.#dataSynced += bufferLength;
      this.#open(this.#dataSynced);
    }
    const rows = wholeBuffers(rowsLength, INDEX_BUFFER_BYTES);
    if (rows === this.#rowsSynced) return;
    this.#rowsSynced = rows;
    this.#open(end);
  }

  /** The trie has one key more; `end` is where the stream is. */
  added(end: number): void {
    const synced = wholeBuffers(this.#trie.position, INDEX_BUFFER_BYTES);
    if (synced === this.#trieSynced) return;
    this.#trieSynced = synced;
    this.#open(end);
  }

  #open(at: number): void {
    if (!this.#pending || this.#dataSynced < this.#dataWanted) return;
    if (this.#rowsSynced < this.#rowsWanted || this.#trieSynced < this.#trieWanted) return;
    this.#pending = false;
    this.#openedAt = at;
  }
}

/** What of `length` bytes has left a buffer that is written when it is full and more comes. */
function wholeBuffers(length: number, buffer: number): number {
  return length === 0 ? 0 : Math.floor((length - 1) / buffer) * buffer;
}
