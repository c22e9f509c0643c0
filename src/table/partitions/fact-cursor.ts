/** The partitions of one SSTable in order, one at a time, scanned ahead in worker tasks. */
import type { FactTimes } from '../../canonical/index.js';
import { SstashError } from '../../errors.js';
import { type Executor, mapOrdered } from '../../parallel/index.js';
import { readKeyAt, type SSTable, type StreamRange } from '../../sstable/index.js';
import { placeOf } from '../place.js';
import { isTokenOrdered } from '../token-ordered.js';
import { type FactBatch, keyOf } from './fact-batch.js';
import { PARTITION_FACTS_TASK, type PartitionFactsArgument } from './scan-range.js';

/** Native bytes that all SSTables of a table together have under way. */
const BYTES_AHEAD = 64 * 1024 * 1024;
const RANGE_BYTES_MIN = 512 * 1024;
const RANGE_BYTES_MAX = 8 * 1024 * 1024;

export interface FactCursorOptions {
  readonly executor: Executor;
  readonly times: FactTimes;
  /** SSTables that are read side by side. */
  readonly sstables: number;
  readonly signal?: AbortSignal;
  /** Called with the bytes of Data.db done since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/** What a cursor must know of an SSTable; none has to stay open for it. */
interface Plan {
  readonly dataPath: string;
  readonly ranges: readonly StreamRange[];
  /** Bytes on disk for each native one. */
  readonly onDisk: number;
  readonly firstKey: Uint8Array;
  /** Whether the partitions are in the order of their Murmur3 tokens. */
  readonly byToken: boolean;
}

export class FactCursor {
  readonly #plan: Plan;
  readonly #batches: AsyncGenerator<FactBatch, void, undefined>;
  /** Null before the first `fill`, and at the end. */
  batch: FactBatch | null = null;
  index = 0;
  /** Token of the partition at hand. */
  tokenHigh = 0;
  tokenLow = 0;
  #started = false;

  /** An SSTable at its first partition, of which nothing but the key is read yet. */
  static async open(sstable: SSTable, options: FactCursorOptions): Promise<FactCursor> {
    const share = BYTES_AHEAD / options.sstables;
    const rangeBytes = Math.min(RANGE_BYTES_MAX, Math.max(RANGE_BYTES_MIN, share / 2));
    const { partitioner, dataSize, dataLength, files } = sstable;
    const plan: Plan = {
      dataPath: files.dataPath,
      ranges: await sstable.ranges(rangeBytes),
      onDisk: dataSize / Math.max(1, dataLength),
      firstKey: dataLength === 0 ? new Uint8Array(0) : (await readKeyAt(sstable, 0)).slice(),
      byToken: isTokenOrdered(partitioner.name),
    };
    const { concurrency } = options.executor;
    const ahead = Math.max(1, Math.min(concurrency + 1, Math.floor(share / rangeBytes)));
    return new FactCursor(plan, ahead, options);
  }

  private constructor(plan: Plan, ahead: number, options: FactCursorOptions) {
    this.#plan = plan;
    this.#batches = batchesOf(plan, ahead, options);
    const { ringHigh, ringLow } = placeOf(plan.firstKey);
    this.tokenHigh = (ringHigh ^ 0x80000000) | 0;
    this.tokenLow = ringLow;
  }

  get dataPath(): string {
    return this.#plan.dataPath;
  }

  /** Nothing is left. */
  get ended(): boolean {
    return this.#plan.ranges.length === 0 || (this.#started && this.batch === null);
  }

  /** Key of the partition at hand; a view. */
  get key(): Uint8Array {
    return this.batch === null ? this.#plan.firstKey : keyOf(this.batch, this.index);
  }

  /** Reads the partition at hand, if that was not done yet. */
  async start(): Promise<void> {
    if (!this.#started) await this.fill();
  }

  /** Moves on; false when `fill` must be awaited. */
  next(): boolean {
    this.index++;
    return this.#stand();
  }

  /** Reads the next batch; afterwards `batch` is null at the end. */
  async fill(): Promise<void> {
    this.#started = true;
    do {
      const { done, value } = await this.#batches.next();
      this.batch = done === true ? null : value;
      this.index = 0;
    } while (this.batch !== null && !this.#stand());
  }

  async close(): Promise<void> {
    await this.#batches.return();
  }

  #stand(): boolean {
    const { batch, index } = this;
    if (batch === null || index >= batch.count) return false;
    const high = batch.tokenHighs[index] as number;
    const low = batch.tokenLows[index] as number;
    if (
      this.#plan.byToken &&
      (high < this.tokenHigh || (high === this.tokenHigh && low < this.tokenLow))
    ) {
      throw outOfOrder(this.dataPath, batch.positions[index] as number);
    }
    this.tokenHigh = high;
    this.tokenLow = low;
    return true;
  }
}

function outOfOrder(file: string, uncompressedOffset: number): SstashError {
  return new SstashError('SSTABLE_CORRUPT', 'partitions are out of order', {
    file,
    component: 'Data.db',
    uncompressedOffset,
    hint: 'Run `sstash check` on this SSTable to see everything that is wrong with it.',
  });
}

async function* batchesOf(
  { dataPath, ranges, onDisk }: Plan,
  ahead: number,
  { executor, times, signal, onBytes }: FactCursorOptions,
): AsyncGenerator<FactBatch, void, undefined> {
  yield* mapOrdered(ranges, ahead, async ({ from, to }) => {
    const argument: PartitionFactsArgument = { dataPath, from, to, times };
    const run = signal === undefined ? {} : { signal };
    const batch = await executor.run<FactBatch>(PARTITION_FACTS_TASK, argument, run);
    onBytes?.(Math.round((to - from) * onDisk));
    return batch;
  });
}
