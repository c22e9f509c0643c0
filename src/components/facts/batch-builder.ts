/** Collects partitions into batches. */
import { ByteWriter } from '../../binary/index.js';
import type { IndexedPartition, PartitionBatch } from './partition-batch.js';

export class BatchBuilder {
  #count = 0;
  readonly #entries = new ByteWriter(1 << 16);
  #starts = new Uint32Array(1 << 12);
  #indexed: IndexedPartition[] = [];

  get count(): number {
    return this.#count;
  }

  /** The partition that begins at `position`; its key are `length` bytes at `from` of `bytes`. */
  begin(position: number, bytes: Uint8Array, from: number, length: number): void {
    const entries = this.#entries;
    if (this.#count === this.#starts.length) this.#growStarts(1);
    this.#starts[this.#count] = entries.length;
    this.#count++;
    entries.u16(length);
    entries.part(bytes, from, from + length);
    entries.uvint(position);
    entries.u8(0);
  }

  /** Where the next entry begins among those of the batch. */
  get nextStart(): number {
    return this.#entries.length;
  }

  /** Whole partitions without row indexes, whose entries begin at `starts` of the batch. */
  add(entries: Uint8Array, starts: Uint32Array): void {
    const count = this.#count + starts.length;
    if (count > this.#starts.length) this.#growStarts(starts.length);
    this.#starts.set(starts, this.#count);
    this.#count = count;
    this.#entries.bytes(entries);
  }

  /** The partition that was begun last has these blocks. */
  index(partition: Omit<IndexedPartition, 'at'>): void {
    this.#indexed.push({ at: this.#count - 1, ...partition });
  }

  /** All partitions but the last `open` ones, which stay; copies. */
  take(open: 0 | 1): PartitionBatch {
    const count = this.#count - open;
    const all = this.#entries.view();
    const length = open === 1 ? (this.#starts[count] as number) : all.length;
    const batch = {
      count,
      entries: all.slice(0, length),
      starts: this.#starts.slice(0, count),
      indexed: this.#indexed,
    };
    const rest = all.slice(length);
    this.#entries.clear();
    this.#entries.bytes(rest);
    this.#starts[0] = 0;
    this.#indexed = [];
    this.#count = open;
    return batch;
  }

  #growStarts(more: number): void {
    const starts = new Uint32Array(Math.max(2 * this.#starts.length, this.#count + more));
    starts.set(this.#starts);
    this.#starts = starts;
  }
}
