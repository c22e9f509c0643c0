/** Collects partitions into batches. */
import { ByteWriter } from '../../binary/index.js';
import type { IndexedPartition, PartitionBatch } from './partition-batch.js';

/** What is collected, in memory that only grows. */
class Collected {
  readonly entries = new ByteWriter(1 << 16);
  starts = new Uint32Array(1 << 12);
  /** The most bytes of entries so far. */
  most = 0;

  growStarts(least: number): void {
    const starts = new Uint32Array(Math.max(2 * this.starts.length, least));
    starts.set(this.starts);
    this.starts = starts;
  }
}

/**
 * Left by builders that hold nothing to the next one: every range of a table has a builder of its own,
 * and memory that grows anew for each of them makes more garbage than all that they give.
 */
const idle: Collected[] = [];
const IDLE_MAX = 2;
const IDLE_BYTES_MAX = 8 * 1024 * 1024;

export class BatchBuilder {
  #count = 0;
  #collected: Collected | null = null;
  #indexed: IndexedPartition[] = [];

  get count(): number {
    return this.#count;
  }

  /** Where the next entry begins among those of the batch. */
  get nextStart(): number {
    return this.#collected?.entries.length ?? 0;
  }

  /** The partition that begins at `position`; its key are `length` bytes at `from` of `bytes`. */
  begin(position: number, bytes: Uint8Array, from: number, length: number): void {
    const { entries, starts } = this.#room(1);
    starts[this.#count] = entries.length;
    this.#count++;
    entries.u16(length);
    entries.part(bytes, from, from + length);
    entries.uvint(position);
    entries.u8(0);
  }

  /** Whole partitions without row indexes, whose entries begin at `starts` of the batch. */
  add(entries: Uint8Array, starts: Uint32Array): void {
    const collected = this.#room(starts.length);
    collected.starts.set(starts, this.#count);
    collected.entries.bytes(entries);
    this.#count += starts.length;
  }

  /** The partition that was begun last has these blocks. */
  index(partition: Omit<IndexedPartition, 'at'>): void {
    this.#indexed.push({ at: this.#count - 1, ...partition });
  }

  /** All partitions but the last `open` ones, which stay; copies, in `room` where that suffices. */
  take(open: 0 | 1, room?: ArrayBufferLike): PartitionBatch {
    const collected = this.#room(0);
    const { entries, starts } = collected;
    const count = this.#count - open;
    const all = entries.view();
    const length = open === 1 ? (starts[count] as number) : all.length;
    const arrays = arraysIn(room, count, length);
    arrays.entries.set(all.subarray(0, length));
    arrays.starts.set(starts.subarray(0, count));
    const batch = { count, ...arrays, indexed: this.#indexed };
    collected.most = Math.max(collected.most, all.length);
    const rest = all.slice(length);
    entries.clear();
    entries.bytes(rest);
    starts[0] = 0;
    this.#indexed = [];
    this.#count = open;
    if (open === 0) this.#leave(collected);
    return batch;
  }

  /** Where to collect `more` partitions. */
  #room(more: number): Collected {
    this.#collected ??= idle.pop() ?? new Collected();
    const collected = this.#collected;
    const count = this.#count + more;
    if (count > collected.starts.length) collected.growStarts(count);
    return collected;
  }

  #leave(collected: Collected): void {
    this.#collected = null;
    const isLarge = collected.most + collected.starts.byteLength > IDLE_BYTES_MAX;
    if (!isLarge && idle.length < IDLE_MAX) idle.push(collected);
  }
}

/** Entries come first: V8 copies into shared memory in words only where both begin at a word. */
function arraysIn(room: ArrayBufferLike | undefined, count: number, length: number) {
  const startsAt = 4 * Math.ceil(length / 4);
  const bytes = startsAt + 4 * count;
  const buffer = room !== undefined && room.byteLength >= bytes ? room : new ArrayBuffer(bytes);
  const entries = new Uint8Array(buffer, 0, length);
  return { entries, starts: new Uint32Array(buffer, startsAt, count) };
}
