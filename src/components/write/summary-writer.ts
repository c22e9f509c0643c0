/**
 * Writes Summary.db (layout: summary.ts): every minIndexInterval-th partition, of which a lower
 * sampling level keeps some (`sampledPartitions`).
 */
import { ByteReader, ByteWriter } from '../../binary/index.js';
import type { ErrorDetails } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import { batchKey, type PartitionBatch } from '../facts/index.js';
import { FULL_SAMPLING, sampledPartitions } from '../summary.js';

export interface SummaryParameters {
  readonly minIndexInterval: number;
  /** 1 to 128. */
  readonly samplingLevel: number;
}

/** Of a Summary.db that begins with `head`, which has 20 bytes at least. */
export function parametersOfSummary(head: Uint8Array, where: ErrorDetails = {}): SummaryParameters {
  const r = new ByteReader(head, { where });
  const minIndexInterval = r.i32();
  if (minIndexInterval < 1) throw r.corrupt(`minIndexInterval is ${minIndexInterval}`, 0);
  r.skip(12);
  const samplingLevel = r.i32();
  if (samplingLevel >= 1 && samplingLevel <= FULL_SAMPLING) {
    return { minIndexInterval, samplingLevel };
  }
  throw r.corrupt(`samplingLevel is ${samplingLevel}`, 16);
}

const NO_KEY = new Uint8Array(0);

/** Holds all samples in memory. */
export class SummaryWriter {
  readonly #parameters: SummaryParameters;
  readonly #sampled: Iterator<number>;
  readonly #entries = new ByteWriter();
  readonly #offsets = new ByteWriter();
  #next: number;
  #count = 0;
  #partitions = 0;
  #firstKey: Uint8Array = NO_KEY;
  #lastKey: Uint8Array = NO_KEY;

  constructor(parameters: SummaryParameters) {
    this.#parameters = parameters;
    const { minIndexInterval, samplingLevel } = parameters;
    this.#sampled = sampledPartitions(Infinity, minIndexInterval, samplingLevel);
    this.#next = this.#sampled.next().value ?? Infinity;
  }

  /** `startOf`: where a partition's entry begins in Index.db. */
  add(batch: PartitionBatch, startOf: (i: number) => number): void {
    if (batch.count === 0) return;
    const end = this.#partitions + batch.count;
    // Cassandra too takes no more samples than fit.
    const isFull = this.#entries.length > LIMITS.summaryBytesMax;
    for (; this.#next < end && !isFull; this.#next = this.#sampled.next().value ?? Infinity) {
      const at = this.#next - this.#partitions;
      this.#sample(batchKey(batch, at), startOf(at));
    }
    if (this.#partitions === 0) this.#firstKey = batchKey(batch, 0).slice();
    this.#lastKey = batchKey(batch, batch.count - 1).slice();
    this.#partitions = end;
  }

  /** The whole file. */
  finish(): Uint8Array {
    const { minIndexInterval, samplingLevel } = this.#parameters;
    const w = new ByteWriter(this.#entries.length + 4 * this.#count + 128);
    w.i32(minIndexInterval);
    w.i32(this.#count);
    w.i64(BigInt(this.#entries.length + 4 * this.#count));
    w.i32(samplingLevel);
    w.i32(Math.ceil(this.#partitions / minIndexInterval));
    const offsets = this.#offsets.toBytes();
    const view = new DataView(offsets.buffer);
    for (let i = 0; i < this.#count; i++) {
      view.setInt32(4 * i, view.getInt32(4 * i) + 4 * this.#count, true);
    }
    w.bytes(offsets);
    w.bytes(this.#entries.view());
    for (const key of [this.#firstKey, this.#lastKey]) {
      w.i32(key.length);
      w.bytes(key);
    }
    return w.toBytes();
  }

  #sample(key: Uint8Array, start: number): void {
    this.#offsets.i32(this.#entries.length);
    this.#entries.bytes(key);
    const position = new DataView(new ArrayBuffer(8));
    position.setBigInt64(0, BigInt(start), true);
    this.#entries.bytes(new Uint8Array(position.buffer));
    this.#count++;
  }
}
