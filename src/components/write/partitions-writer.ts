/**
 * Writes Partitions.db (layout: partitions-file.ts). The key of a partition in the trie is the shortest
 * beginning of its byte-comparable key that neither neighbour has, so it is known one partition later.
 */
import { ByteWriter } from '../../binary/index.js';
import type { Partitioner } from '../../cql/index.js';
import { batchKey, HASH_WORDS, type PartitionBatch } from '../facts/index.js';
import { type BatchKeyWriter, batchKeyWriter } from './comparable-keys.js';
import { type RowsPlaces, sharedLength } from './rows-writer.js';
import { signedBytes } from './signed-bytes.js';
import { TrieWriter } from './trie-writer.js';

export interface PartitionsParameters {
  /** Class name of the partitioner, as in Statistics.db. */
  readonly partitioner: string;
  /** Type of the keys for LocalPartitioner, where it is not that of the header. */
  readonly keyType?: string;
  /**
   * Bytes of Data.db after which the unfinished SSTable was opened; 0: never. It changes how the nodes
   * are laid out.
   */
  readonly earlyOpenInterval: number;
}

const WITH_HASH = 7;
const NO_KEY = new Uint8Array(0);

export class PartitionsWriter {
  readonly #writeKey: BatchKeyWriter;
  readonly #out = new ByteWriter(1 << 14);
  readonly #trie = new TrieWriter(this.#out, 0);
  #count = 0;
  #firstKey: Uint8Array = NO_KEY;
  #lastKey: Uint8Array = NO_KEY;
  /** Byte-comparable key of the last partition and of the one that comes. */
  #last = new ByteWriter();
  #next = new ByteWriter();
  #payload: Uint8Array = NO_KEY;
  /** Bytes that the last key shares with the one before it; -1 before the first one. */
  #shared = -1;
  /** Keys that do not ascend have no trie. */
  #broken = false;

  constructor(partitioner: Partitioner) {
    this.#writeKey = batchKeyWriter(partitioner);
  }

  /** The next partitions; `places`: their row indexes in Rows.db. */
  add(batch: PartitionBatch, places: RowsPlaces): void {
    if (batch.count === 0) return;
    for (let i = 0; i < batch.count; i++) this.#partition(batch, i, places);
    if (this.#count === 0) this.#firstKey = batchKey(batch, 0).slice();
    this.#lastKey = batchKey(batch, batch.count - 1).slice();
    this.#count += batch.count;
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const bytes = this.#out.toBytes();
    this.#trie.taken(bytes.length);
    this.#out.clear();
    return bytes;
  }

  /** Writes the rest of the file. */
  finish(): void {
    if (this.#broken) return;
    if (this.#count > 0 || this.#payload.length > 0) this.#addLast(-1);
    const root = this.#trie.finish();
    const keys = this.#trie.position;
    const out = this.#out;
    out.shortBytes(this.#firstKey);
    out.shortBytes(this.#lastKey);
    out.i64(BigInt(keys));
    out.i64(BigInt(this.#count));
    out.i64(BigInt(root));
  }

  #partition(batch: PartitionBatch, i: number, places: RowsPlaces): void {
    if (this.#broken) return;
    const next = this.#next;
    next.clear();
    this.#writeKey(next, batch, i);
    if (this.#payload.length > 0) {
      const last = this.#last.view();
      const key = next.view();
      const shared = sharedLength(last, key);
      if (shared === key.length || (last[shared] ?? -1) >= (key[shared] ?? -1)) {
        this.#broken = true;
        return;
      }
      this.#addLast(shared);
    }
    this.#next = this.#last;
    this.#last = next;
    const w = new ByteWriter(9);
    w.u8((batch.hashes[HASH_WORDS * i + 2] ?? 0) & 0xff);
    const rows = places.positions[i] ?? -1;
    signedBytes(w, rows >= 0 ? rows : -1 - (batch.positions[i] ?? 0));
    this.#payload = w.view();
  }

  /** Adds the last key, which shares `shared` bytes with the next one (-1: there is none). */
  #addLast(shared: number): void {
    const length = Math.max(this.#shared, shared) + 1;
    const bits = WITH_HASH + this.#payload.length - 1;
    this.#trie.add(this.#last.view(), length, Math.max(this.#shared, 0), bits, this.#payload);
    this.#shared = shared;
  }
}
