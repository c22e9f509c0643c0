/**
 * Writes Partitions.db (layout: partitions-file.ts). The key of a partition in the trie is the shortest
 * beginning of its byte-comparable key that neither neighbour has, so it is known one partition later.
 */
import { ByteWriter } from '../../binary/index.js';
import { HASH_WORDS } from '../../codec/index.js';
import type { Partitioner } from '../../cql/index.js';
import { batchKey, batchPosition, type PartitionBatch } from '../facts/index.js';
import { type ComparableKey, comparableKey } from './comparable-keys.js';
import { EarlyOpening, type EarlyOpenParameters } from './early-opening.js';
import type { RowsPlaces } from './rows-writer.js';
import { TrieWriter } from './trie-writer.js';

export interface PartitionsParameters {
  /** Class name of the partitioner, as in Statistics.db. */
  readonly partitioner: string;
  /** Type of the keys for LocalPartitioner, where it is not that of the header. */
  readonly keyType?: string;
  /** The SSTable was opened before it was finished. */
  readonly earlyOpen?: EarlyOpenParameters;
}

const NO_BYTES = new Uint8Array(0);

/** A partition whose key is not in the trie yet. */
class Held {
  readonly key: ComparableKey;
  /** Bytes that it shares with the key before; -1 for the first one. */
  shared = -1;
  /** Low byte of h2 of the key. */
  hash = 0;
  /** As in the payload. */
  position = 0;
  /** Start in the stream, and the length of Rows.db behind the partition. */
  start = 0;
  rowsLength = 0;

  constructor(partitioner: Partitioner) {
    this.key = comparableKey(partitioner);
  }
}

export class PartitionsWriter {
  readonly #out = new ByteWriter(1 << 14);
  readonly #trie = new TrieWriter(this.#out, 0);
  readonly #early: EarlyOpening | null;
  #count = 0;
  #firstKey: Uint8Array = NO_BYTES;
  #lastKey: Uint8Array = NO_BYTES;
  /** The last partition but one, the last one, and the one that comes. */
  #before: Held;
  #last: Held;
  #next: Held;
  /** Keys that do not ascend have no trie. */
  #broken = false;

  constructor(partitioner: Partitioner, earlyOpen?: EarlyOpenParameters) {
    this.#before = new Held(partitioner);
    this.#last = new Held(partitioner);
    this.#next = new Held(partitioner);
    this.#early = earlyOpen === undefined ? null : new EarlyOpening(earlyOpen, this.#trie);
  }

  /** The next partitions; `places`: their row indexes in Rows.db, `hashes`: of the keys. */
  add(batch: PartitionBatch, places: RowsPlaces, hashes: Uint32Array): void {
    if (batch.count === 0) return;
    for (let i = 0; i < batch.count && !this.#broken; i++) {
      this.#partition(batch, i, places, hashes);
    }
    if (this.#firstKey === NO_BYTES) this.#firstKey = batchKey(batch, 0).slice();
    this.#lastKey = batchKey(batch, batch.count - 1).slice();
    this.#before.key.hold();
    this.#last.key.hold();
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const bytes = this.#out.toBytes();
    this.#trie.taken(bytes.length);
    this.#out.clear();
    return bytes;
  }

  /** Writes the rest of the file; `dataLength`: bytes of the stream. */
  finish(dataLength: number): void {
    if (this.#broken || this.#count === 0) return;
    this.#endLast(dataLength);
    this.#addKey(this.#last, -1);
    const root = this.#trie.finish();
    const keys = this.#trie.position;
    const out = this.#out;
    out.shortBytes(this.#firstKey);
    out.shortBytes(this.#lastKey);
    out.i64(BigInt(keys));
    out.i64(BigInt(this.#count));
    out.i64(BigInt(root));
  }

  #partition(batch: PartitionBatch, i: number, places: RowsPlaces, hashes: Uint32Array): void {
    const next = this.#next;
    next.key.set(batch, i, hashes);
    next.start = batchPosition(batch, i);
    next.rowsLength = places.lengths[i] ?? 0;
    next.shared = -1;
    if (this.#count > 0) {
      next.shared = this.#last.key.shared(next.key);
      if (next.shared < 0) {
        this.#broken = true;
        return;
      }
      this.#endLast(next.start);
    }
    next.hash = (hashes[HASH_WORDS * i + 2] ?? 0) & 0xff;
    const rows = places.positions[i] ?? -1;
    next.position = rows >= 0 ? rows : -1 - next.start;
    this.#count++;
    this.#next = this.#before;
    this.#before = this.#last;
    this.#last = next;
  }

  /** The last partition ended at `end` of the stream: the key before it can be added. */
  #endLast(end: number): void {
    const before = this.#count > 1 ? this.#before : null;
    const last = this.#last;
    const early = this.#early?.isNear(last.start) === true ? this.#early : null;
    early?.begin(last.start, Math.max(0, this.#count - 2), before?.rowsLength ?? 0);
    early?.end(end, last.rowsLength);
    if (before === null) return;
    this.#addKey(before, last.shared);
    early?.added(end);
  }

  /** Adds a key that shares `shared` bytes with the next one (-1: there is none). */
  #addKey({ key, shared: before, hash, position }: Held, shared: number): void {
    const length = Math.max(before, shared) + 1;
    this.#trie.addHashed(key.bytes(length), length, Math.max(before, 0), hash, position);
  }
}
