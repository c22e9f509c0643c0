/** Collects partitions into batches. */
import { kernels } from '../../codec/index.js';
import type { IndexedPartition, PartitionBatch } from './partition-batch.js';

/** Shorter keys are copied byte by byte, which is quicker than a view. */
const SHORT_KEY = 48;

export class BatchBuilder {
  #count = 0;
  #keys = new Uint8Array(1 << 16);
  #keyLength = 0;
  #keyEnds = new Uint32Array(1 << 10);
  #positions = new Float64Array(1 << 10);
  #indexed: IndexedPartition[] = [];

  get count(): number {
    return this.#count;
  }

  /** The key of the partition that begins at `position`: `length` bytes at `from` of `bytes`. */
  begin(position: number, bytes: Uint8Array, from: number, length: number): void {
    if (this.#count === this.#positions.length) this.#growTables();
    const end = this.#keyLength + length;
    if (end > this.#keys.length) this.#growKeys(end);
    const keys = this.#keys;
    if (length > SHORT_KEY) keys.set(bytes.subarray(from, from + length), this.#keyLength);
    else for (let i = 0; i < length; i++) keys[this.#keyLength + i] = bytes[from + i] as number;
    this.#keyLength = end;
    this.#keyEnds[this.#count] = end;
    this.#positions[this.#count] = position;
    this.#count++;
  }

  /** The partition that was begun last has these blocks. */
  index(partition: Omit<IndexedPartition, 'at'>): void {
    this.#indexed.push({ at: this.#count - 1, ...partition });
  }

  /** All partitions but the last `open` ones, which stay; copies. */
  take(open: 0 | 1): PartitionBatch {
    const count = this.#count - open;
    const keyEnds = this.#keyEnds.slice(0, count);
    const length = keyEnds[count - 1] ?? 0;
    const keys = this.#keys.slice(0, length);
    const batch = {
      count,
      keys,
      keyEnds,
      hashes: kernels().hashMany(keys, keyEnds, count),
      positions: this.#positions.slice(0, count),
      indexed: this.#indexed,
    };
    this.#indexed = [];
    if (open === 1) {
      this.#keys.copyWithin(0, length, this.#keyLength);
      this.#keyEnds[0] = this.#keyLength - length;
      this.#positions[0] = this.#positions[count] ?? 0;
    }
    this.#keyLength = open === 1 ? this.#keyLength - length : 0;
    this.#count = open;
    return batch;
  }

  #growTables(): void {
    const keyEnds = new Uint32Array(this.#keyEnds.length * 2);
    const positions = new Float64Array(keyEnds.length);
    keyEnds.set(this.#keyEnds);
    positions.set(this.#positions);
    this.#keyEnds = keyEnds;
    this.#positions = positions;
  }

  #growKeys(least: number): void {
    const keys = new Uint8Array(Math.max(2 * this.#keys.length, least));
    keys.set(this.#keys.subarray(0, this.#keyLength));
    this.#keys = keys;
  }
}
