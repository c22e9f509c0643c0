/** Partitions of one SSTable in numbers, as parallel arrays that threads can hand over. */
import { FACT_COUNTS, type FactCount } from '../../canonical/index.js';

export type CountName = keyof typeof FactCount;

/** No write time: the smallest above the largest. */
export const NO_MIN = 2n ** 63n - 1n;
export const NO_MAX = -(2n ** 63n);

export interface FactBatch {
  readonly count: number;
  /** Where each partition begins in the uncompressed stream, and its bytes. */
  readonly positions: Float64Array;
  readonly bytes: Float64Array;
  /** Bytes of its largest row. */
  readonly largestRow: Float64Array;
  /** `FACT_COUNTS` numbers each. */
  readonly counts: Uint32Array;
  readonly minTimestamps: BigInt64Array;
  readonly maxTimestamps: BigInt64Array;
  /** Halves of the Murmur3 tokens. */
  readonly tokenHighs: Int32Array;
  readonly tokenLows: Uint32Array;
  /** End of each key in `keys`. */
  readonly keyEnds: Uint32Array;
  readonly keys: Uint8Array;
}

/** The buffers of a batch, each once. */
export function buffersOf(batch: FactBatch): ArrayBuffer[] {
  const { positions, bytes, largestRow, counts, minTimestamps, maxTimestamps } = batch;
  const { tokenHighs, tokenLows, keyEnds, keys } = batch;
  const numbers = [positions, bytes, largestRow, counts, minTimestamps, maxTimestamps];
  const arrays = [...numbers, tokenHighs, tokenLows, keyEnds, keys];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

export function keyOf(batch: FactBatch, i: number): Uint8Array {
  const from = i === 0 ? 0 : (batch.keyEnds[i - 1] as number);
  return batch.keys.subarray(from, batch.keyEnds[i]);
}

/** Columns for `capacity` partitions, as many as `from` has filled. */
function columns(capacity: number, from: FactBatch | null): Omit<FactBatch, 'count' | 'keys'> {
  const grown = <T extends { set(values: T): void }>(array: T, filled: T | undefined): T => {
    if (filled !== undefined) array.set(filled);
    return array;
  };
  return {
    positions: grown(new Float64Array(capacity), from?.positions),
    bytes: grown(new Float64Array(capacity), from?.bytes),
    largestRow: grown(new Float64Array(capacity), from?.largestRow),
    counts: grown(new Uint32Array(capacity * FACT_COUNTS), from?.counts),
    minTimestamps: grown(new BigInt64Array(capacity), from?.minTimestamps),
    maxTimestamps: grown(new BigInt64Array(capacity), from?.maxTimestamps),
    tokenHighs: grown(new Int32Array(capacity), from?.tokenHighs),
    tokenLows: grown(new Uint32Array(capacity), from?.tokenLows),
    keyEnds: grown(new Uint32Array(capacity), from?.keyEnds),
  };
}

/** What is told of a partition when it ends. */
export interface PartitionNumbers {
  readonly bytes: number;
  readonly largestRow: number;
  readonly counts: Uint32Array;
  /** As RecordFacts has them. */
  readonly minTimestamp: number | bigint;
  readonly maxTimestamp: number | bigint;
}

/** Partitions in file order; nothing is made per partition. */
export class FactBatchBuilder {
  #batch: FactBatch = { count: 0, ...columns(256, null), keys: new Uint8Array(4096) };
  #keysLength = 0;
  #count = 0;

  /** The next partition; its key is `bytes` from `from` to `to`. */
  begin(
    position: number,
    tokenHigh: number,
    tokenLow: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    if (this.#count === this.#batch.positions.length) {
      this.#batch = { ...this.#batch, ...columns(2 * this.#count, this.#batch) };
    }
    const i = this.#count++;
    const { positions, tokenHighs, tokenLows, keyEnds } = this.#batch;
    positions[i] = position;
    tokenHighs[i] = tokenHigh;
    tokenLows[i] = tokenLow;
    const length = this.#keysLength + to - from;
    if (length > this.#batch.keys.length) {
      const keys = new Uint8Array(2 * length);
      keys.set(this.#batch.keys);
      this.#batch = { ...this.#batch, keys };
    }
    this.#batch.keys.set(bytes.subarray(from, to), this.#keysLength);
    this.#keysLength = length;
    keyEnds[i] = length;
  }

  /** The partition that was begun last. */
  end(numbers: PartitionNumbers): void {
    const i = this.#count - 1;
    const { positions, bytes, largestRow, counts, minTimestamps, maxTimestamps } = this.#batch;
    if (i < 0) throw new TypeError(`no partition of ${positions.length} was begun`);
    bytes[i] = numbers.bytes;
    largestRow[i] = numbers.largestRow;
    counts.set(numbers.counts, i * FACT_COUNTS);
    minTimestamps[i] = bigTime(numbers.minTimestamp, NO_MIN);
    maxTimestamps[i] = bigTime(numbers.maxTimestamp, NO_MAX);
  }

  finish(): FactBatch {
    const count = this.#count;
    const { counts, keys, ...rest } = this.#batch;
    const cut = <T extends { slice(from: number, to: number): T }>(array: T): T =>
      array.slice(0, count);
    return {
      count,
      positions: cut(rest.positions),
      bytes: cut(rest.bytes),
      largestRow: cut(rest.largestRow),
      counts: counts.slice(0, count * FACT_COUNTS),
      minTimestamps: cut(rest.minTimestamps),
      maxTimestamps: cut(rest.maxTimestamps),
      tokenHighs: cut(rest.tokenHighs),
      tokenLows: cut(rest.tokenLows),
      keyEnds: cut(rest.keyEnds),
      keys: keys.slice(0, this.#keysLength),
    };
  }
}

function bigTime(time: number | bigint, none: bigint): bigint {
  if (typeof time === 'bigint') return time;
  return Number.isFinite(time) ? BigInt(time) : none;
}
