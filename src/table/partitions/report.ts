/** What `partitions` finds in a table: the largest partitions, and write times that look wrong. */
import { FACT_COUNTS, FactCount, type FactTimes } from '../../canonical/index.js';
import type { Statistics } from '../../components/index.js';
import type { Partitioner } from '../../cql/index.js';
import { type Executor, throwIfInterrupted } from '../../parallel/index.js';
import { SSTable, type SSTableFiles } from '../../sstable/index.js';
import { type CountName, NO_MAX, NO_MIN } from './fact-batch.js';
import { FactCursor } from './fact-cursor.js';
import { joinPartitions } from './join.js';
import { Top } from './top.js';
import { WriteOrder } from './write-order.js';

export type PartitionCounts = Record<CountName, number>;

const NAMES = Object.keys(FactCount) as CountName[];

/** Write times are microseconds, null where nothing was written. */
interface Written {
  readonly minTimestamp: bigint | null;
  readonly maxTimestamp: bigint | null;
}

/** A partition in one SSTable. */
export interface PartitionShare extends Written {
  /** Index of the SSTable. */
  readonly source: number;
  readonly position: number;
  /** Native bytes, uncompressed. */
  readonly bytes: number;
  readonly largestRow: number;
  readonly counts: PartitionCounts;
}

/** A partition over all SSTables: sums, a row of two SSTables counts twice. */
export interface PartitionSize extends Written {
  readonly key: Uint8Array;
  readonly bytes: number;
  readonly largestRow: number;
  readonly counts: PartitionCounts;
  readonly shares: readonly PartitionShare[];
}

export interface PartitionsReport {
  /** Largest first. */
  readonly top: readonly PartitionSize[];
  /** Of different keys. */
  readonly partitions: number;
  /** Of those, how many are in more than one SSTable. */
  readonly shared: number;
  readonly bytes: number;
  readonly counts: PartitionCounts;
  readonly skew: {
    /** Partitions with write times in the future, latest first. */
    readonly future: SkewFinding;
    /** With write times that look like milliseconds. */
    readonly millis: SkewFinding;
    /** Of which an SSTable that was written later has only older writes; largest gap first. */
    readonly reversed: SkewFinding;
  };
  readonly order: WriteOrder;
}

export interface SkewFinding {
  readonly partitions: number;
  readonly examples: readonly PartitionSize[];
}

export type PartitionsSort = 'bytes' | 'rows' | 'tombstones' | 'row-bytes';

export interface PartitionsOptions {
  readonly executor: Executor;
  readonly times: FactTimes;
  readonly top: number;
  readonly sort: PartitionsSort;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** Partitions that are named for each kind of skew. */
const EXAMPLES = 5;

function namedCounts(counts: ArrayLike<number>, from = 0): PartitionCounts {
  const entries = NAMES.map((name) => [name, counts[from + FactCount[name]] ?? 0]);
  return Object.fromEntries(entries) as PartitionCounts;
}

function shareOf(cursor: FactCursor, source: number): PartitionShare {
  const { batch, index } = cursor;
  if (batch === null) throw new TypeError('the cursor is at its end');
  const counts = namedCounts(batch.counts, index * FACT_COUNTS);
  const [min, max] = [batch.minTimestamps[index], batch.maxTimestamps[index]];
  return {
    source,
    position: batch.positions[index] as number,
    bytes: batch.bytes[index] as number,
    largestRow: batch.largestRow[index] as number,
    counts,
    minTimestamp: min === undefined || min === NO_MIN ? null : min,
    maxTimestamp: max === undefined || max === NO_MAX ? null : max,
  };
}

function lastWrite({ batch, index }: FactCursor): bigint | null {
  const time = batch?.maxTimestamps[index];
  return time === undefined || time === NO_MAX ? null : time;
}

function later(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function earlier(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

class Collector {
  readonly #sources: ReadonlyMap<FactCursor, number>;
  readonly #order: WriteOrder;
  readonly #sort: PartitionsSort;
  readonly #top: Top<PartitionSize>;
  readonly #skew = {
    future: { partitions: 0, top: new Top<PartitionSize>(EXAMPLES) },
    millis: { partitions: 0, top: new Top<PartitionSize>(EXAMPLES) },
    reversed: { partitions: 0, top: new Top<PartitionSize>(EXAMPLES) },
  };
  readonly #counts = new Float64Array(FACT_COUNTS);
  /** Over the SSTables of the partition at hand. */
  readonly #sums = new Float64Array(FACT_COUNTS);
  #partitions = 0;
  #shared = 0;
  #bytes = 0;

  constructor(
    cursors: readonly FactCursor[],
    order: WriteOrder,
    { top, sort }: { readonly top: number; readonly sort: PartitionsSort },
  ) {
    this.#sources = new Map(cursors.map((cursor, source) => [cursor, source]));
    this.#order = order;
    this.#sort = sort;
    this.#top = new Top(top);
  }

  visit(same: readonly FactCursor[]): void {
    this.#partitions++;
    if (same.length > 1) this.#shared++;
    const sums = this.#sums;
    sums.fill(0);
    let [bytes, row] = [0, 0];
    for (const { batch, index } of same) {
      if (batch === null) continue;
      bytes += batch.bytes[index] as number;
      row = Math.max(row, batch.largestRow[index] as number);
      const from = index * FACT_COUNTS;
      for (let c = 0; c < FACT_COUNTS; c++) {
        sums[c] = (sums[c] as number) + (batch.counts[from + c] as number);
      }
    }
    this.#bytes += bytes;
    for (let c = 0; c < FACT_COUNTS; c++) {
      this.#counts[c] = (this.#counts[c] as number) + (sums[c] as number);
    }
    const weight = this.#weight(bytes, row);
    if (this.#top.takes(weight)) this.#top.offer(weight, () => this.#size(same));
    this.#skewOf(same);
  }

  #weight(bytes: number, row: number): number {
    const { rows, tombstones } = FactCount;
    if (this.#sort === 'bytes') return bytes;
    if (this.#sort === 'row-bytes') return row;
    return this.#sums[this.#sort === 'rows' ? rows : tombstones] as number;
  }

  #skewOf(same: readonly FactCursor[]): void {
    const size = (): PartitionSize => this.#size(same);
    if ((this.#sums[FactCount.future] as number) > 0) {
      let last = NO_MAX;
      for (const { batch, index } of same) {
        const time = batch?.maxTimestamps[index] ?? NO_MAX;
        if (time > last) last = time;
      }
      this.#note('future', Number(last), size);
    }
    this.#note('millis', this.#sums[FactCount.millis] as number, size);
    if (same.length > 1) this.#note('reversed', this.#reversal(same), size);
  }

  #reversal(same: readonly FactCursor[]): number {
    const times = same.map(lastWrite);
    if (times.every((time) => time === times[0])) return 0;
    const sources = same.map((cursor) => this.#sourceOf(cursor));
    return this.#order.reversal(sources, times)?.gap ?? 0;
  }

  #sourceOf(cursor: FactCursor): number {
    const source = this.#sources.get(cursor);
    if (source === undefined) throw new TypeError('a cursor of another table');
    return source;
  }

  #note(kind: 'future' | 'millis' | 'reversed', weight: number, size: () => PartitionSize): void {
    if (weight <= 0) return;
    this.#skew[kind].partitions++;
    this.#skew[kind].top.offer(weight, size);
  }

  #size(same: readonly FactCursor[]): PartitionSize {
    const shares = same.map((cursor) => shareOf(cursor, this.#sourceOf(cursor)));
    let minTimestamp: bigint | null = null;
    let maxTimestamp: bigint | null = null;
    for (const share of shares) {
      minTimestamp = earlier(minTimestamp, share.minTimestamp);
      maxTimestamp = later(maxTimestamp, share.maxTimestamp);
    }
    return {
      key: same[0]?.key.slice() ?? new Uint8Array(0),
      bytes: shares.reduce((sum, share) => sum + share.bytes, 0),
      largestRow: Math.max(...shares.map((share) => share.largestRow)),
      counts: namedCounts(this.#sums),
      minTimestamp,
      maxTimestamp,
      shares,
    };
  }

  report(): PartitionsReport {
    const finding = (kind: 'future' | 'millis' | 'reversed'): SkewFinding => {
      const { partitions, top } = this.#skew[kind];
      return { partitions, examples: top.items };
    };
    return {
      top: this.#top.items,
      partitions: this.#partitions,
      shared: this.#shared,
      bytes: this.#bytes,
      counts: namedCounts(this.#counts),
      skew: {
        future: finding('future'),
        millis: finding('millis'),
        reversed: finding('reversed'),
      },
      order: this.#order,
    };
  }
}

/** Reads all rows of the SSTables of one table, oldest first. Errors: as `scanLeaves`. */
export async function partitionsReport(
  files: readonly SSTableFiles[],
  options: PartitionsOptions,
): Promise<PartitionsReport> {
  const { executor, times, signal, onBytes, top, sort } = options;
  const cursors: FactCursor[] = [];
  const statistics: Statistics[] = [];
  let order: Partitioner | null = null;
  for (const each of files) {
    throwIfInterrupted(signal);
    const sstable = await SSTable.open(each);
    try {
      order ??= sstable.partitioner;
      statistics.push(sstable.statistics);
      const more = { ...(signal && { signal }), ...(onBytes && { onBytes }) };
      const cursor = { executor, times, sstables: files.length, ...more };
      cursors.push(await FactCursor.open(sstable, cursor));
    } finally {
      await sstable.close();
    }
  }
  if (order === null) throw new TypeError('a table without SSTables');
  const collector = new Collector(cursors, new WriteOrder(statistics), { top, sort });
  try {
    await joinPartitions(cursors, order, (same) => collector.visit(same));
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
  return collector.report();
}
