/**
 * Task `check-index`: Index.db from the first entry to the last, against Summary.db and Filter.db,
 * without reading Data.db.
 */
import { equalBytes } from '../binary/index.js';
import {
  type BloomFilter,
  parseFilter,
  parsePromotedIndex,
  parseSummary,
  type Summary,
  sampledPartitions,
} from '../components/index.js';
import { isSstashError } from '../errors.js';
import { type TaskContext, throwIfInterrupted } from '../parallel/index.js';
import { type Fault, Faults } from './check-faults.js';
import { FilterBuilder } from './filter-builder.js';
import { IndexCursor, type RawIndexEntry } from './index-cursor.js';
import { KeyHasher } from './key-hasher.js';
import { KeyOrder } from './key-order.js';
import { withSSTable } from './open-cache.js';
import type { SSTable } from './sstable.js';

export interface CheckIndexArgument {
  readonly dataPath: string;
  /** Also what the comparison with Data.db would find: order, positions, promoted indexes. */
  readonly alone: boolean;
}

export interface CheckIndexResult {
  readonly faults: readonly Fault[];
  readonly partitions: number;
}

export function checkIndex(
  argument: CheckIndexArgument,
  context: TaskContext,
): Promise<CheckIndexResult> {
  return withSSTable(argument.dataPath, (sstable) =>
    checkIndexOf(sstable, argument.alone, context.signal),
  );
}

/** The same with an SSTable that is open. */
export async function checkIndexOf(
  sstable: SSTable,
  alone: boolean,
  signal?: AbortSignal,
): Promise<CheckIndexResult> {
  const hasher = new KeyHasher();
  try {
    return await checkEntries(sstable, hasher, alone, signal);
  } finally {
    hasher.close();
  }
}

async function checkEntries(
  sstable: SSTable,
  hasher: KeyHasher,
  alone: boolean,
  signal: AbortSignal | undefined,
): Promise<CheckIndexResult> {
  const faults = new Faults();
  const file = await sstable.openComponent('Index.db');
  const cursor = new IndexCursor(file, 0, file.size);
  const filter = await FilterCheck.open(sstable, faults, hasher);
  const summary = await SummaryCheck.open(sstable, faults);
  const entries = alone ? new EntryCheck(sstable, faults, hasher) : null;
  let partitions = 0;
  for (;;) {
    throwIfInterrupted(signal);
    await cursor.loadMore();
    if (cursor.peek() === null) break;
    for (let entry = cursor.peek(); entry !== null; entry = cursor.peek()) {
      filter?.add(entry);
      summary?.add(entry, partitions);
      entries?.add(entry);
      partitions++;
      cursor.next();
    }
  }
  if (cursor.failure === null) {
    filter?.finish();
    summary?.finish(partitions);
    if (partitions === 0) fault(sstable, faults, 'Index.db', 0, 'there is no entry');
  } else if (alone) {
    faults.addError(cursor.failure, file.path, 'Index.db');
  }
  return { faults: faults.list, partitions };
}

function fault(
  sstable: SSTable,
  faults: Faults,
  component: string,
  offset: number | null,
  message: string,
): void {
  const file = sstable.componentPath(component);
  const code = 'SSTABLE_CORRUPT';
  faults.add({ code, file, component, offset, uncompressedOffset: null, message });
}

/** What Index.db says about itself. */
class EntryCheck {
  readonly #sstable: SSTable;
  readonly #faults: Faults;
  readonly #order: KeyOrder;
  #previous: RawIndexEntry | null = null;

  constructor(sstable: SSTable, faults: Faults, hasher: KeyHasher) {
    this.#sstable = sstable;
    this.#faults = faults;
    this.#order = new KeyOrder(sstable.partitioner, hasher);
  }

  add(entry: RawIndexEntry): void {
    const { dataPosition } = entry;
    const previous = this.#previous;
    if (previous === null ? dataPosition !== 0 : dataPosition <= previous.dataPosition) {
      this.#fault(entry, `the data position ${dataPosition} does not follow the one before`);
    }
    if (dataPosition >= this.#sstable.dataLength) {
      this.#fault(entry, `the data position ${dataPosition} is behind the end of Data.db`);
    }
    if (!this.#order.next(entry.key)) this.#fault(entry, 'the key is not above the one before');
    try {
      this.#promoted(entry);
    } catch (error) {
      if (!isSstashError(error)) throw error;
      this.#fault(entry, error.message);
    }
    this.#previous = entry;
  }

  #promoted(entry: RawIndexEntry): void {
    if (entry.promoted === null) return;
    const { header, version } = this.#sstable;
    parsePromotedIndex(entry.promoted, header, version, entry.promotedPosition);
  }

  #fault(entry: RawIndexEntry, message: string): void {
    fault(this.#sstable, this.#faults, 'Index.db', entry.indexPosition, message);
  }
}

/** Builds the Bloom filter of the keys and compares it with Filter.db. */
class FilterCheck {
  readonly #sstable: SSTable;
  readonly #faults: Faults;
  readonly #hasher: KeyHasher;
  readonly #stored: BloomFilter;
  readonly #built: FilterBuilder;

  private constructor(sstable: SSTable, faults: Faults, hasher: KeyHasher, stored: BloomFilter) {
    this.#sstable = sstable;
    this.#hasher = hasher;
    this.#faults = faults;
    this.#stored = stored;
    this.#built = new FilterBuilder(stored, sstable.version.hasOldBloomFilter);
  }

  static async open(
    sstable: SSTable,
    faults: Faults,
    hasher: KeyHasher,
  ): Promise<FilterCheck | null> {
    if (!sstable.components.has('Filter.db')) return null;
    const where = { file: sstable.componentPath('Filter.db'), component: 'Filter.db' };
    try {
      const bytes = await sstable.readComponent('Filter.db');
      const stored = parseFilter(bytes, sstable.version, where);
      return new FilterCheck(sstable, faults, hasher, stored);
    } catch (error) {
      faults.addError(error, where.file, where.component);
      return null;
    }
  }

  add(entry: RawIndexEntry): void {
    this.#hasher.hash(entry.key);
    this.#built.add(this.#hasher);
  }

  finish(): void {
    const stored = this.#stored.bits;
    const built = this.#built.bits;
    let lacks = 0;
    let more = 0;
    let first = -1;
    for (let i = 0; i < stored.length; i++) {
      const [a, b] = [stored[i] ?? 0, built[i] ?? 0];
      if (a === b) continue;
      if (first < 0) first = i;
      if ((b & ~a) !== 0) lacks++;
      else more++;
    }
    if (first < 0) return;
    const message =
      lacks > 0
        ? `${lacks} bytes lack bits of keys: reads would miss partitions`
        : `${more} bytes have bits that no key sets`;
    fault(this.#sstable, this.#faults, 'Filter.db', 8 + first, message);
  }
}

/** Compares Summary.db with the entries that it should be a sample of. */
class SummaryCheck {
  readonly #sstable: SSTable;
  readonly #faults: Faults;
  readonly #summary: Summary;
  readonly #sampled: Iterator<number>;
  #next = 0;
  #at = 0;
  #first: Uint8Array | null = null;
  #last: Uint8Array | null = null;

  private constructor(sstable: SSTable, faults: Faults, summary: Summary) {
    this.#sstable = sstable;
    this.#faults = faults;
    this.#summary = summary;
    const { minIndexInterval, samplingLevel } = summary;
    this.#sampled = sampledPartitions(Infinity, minIndexInterval, samplingLevel);
    this.#advance();
  }

  static async open(sstable: SSTable, faults: Faults): Promise<SummaryCheck | null> {
    if (!sstable.components.has('Summary.db')) return null;
    const where = { file: sstable.componentPath('Summary.db'), component: 'Summary.db' };
    try {
      const bytes = await sstable.readComponent('Summary.db');
      return new SummaryCheck(sstable, faults, parseSummary(bytes, where));
    } catch (error) {
      faults.addError(error, where.file, where.component);
      return null;
    }
  }

  #advance(): void {
    const next = this.#sampled.next();
    this.#next = next.done === true ? Infinity : next.value;
  }

  add(entry: RawIndexEntry, ordinal: number): void {
    this.#first ??= entry.key;
    this.#last = entry.key;
    if (ordinal !== this.#next) return;
    this.#advance();
    const summary = this.#summary;
    const at = this.#at++;
    if (at >= summary.count) return;
    if (!equalBytes(summary.key(at), entry.key)) {
      this.#fault(`sample ${at} has another key than partition ${ordinal} of Index.db`);
    }
    if (summary.indexPosition(at) !== entry.indexPosition) {
      const [found, wanted] = [summary.indexPosition(at), entry.indexPosition];
      this.#fault(
        `sample ${at} points at ${found} of Index.db, partition ${ordinal} is at ${wanted}`,
      );
    }
  }

  finish(partitions: number): void {
    const { count, sizeAtFullSampling, minIndexInterval, firstKey, lastKey } = this.#summary;
    if (this.#at !== count) {
      this.#fault(`${count} samples, ${partitions} partitions give ${this.#at}`);
    }
    const full = Math.ceil(partitions / minIndexInterval);
    if (sizeAtFullSampling !== full) {
      this.#fault(`the full number of samples is ${sizeAtFullSampling} instead of ${full}`);
    }
    if (this.#first === null || this.#last === null) return;
    if (!equalBytes(firstKey, this.#first)) this.#fault('the first key is not that of Index.db');
    if (!equalBytes(lastKey, this.#last)) this.#fault('the last key is not that of Index.db');
  }

  #fault(message: string): void {
    fault(this.#sstable, this.#faults, 'Summary.db', null, message);
  }
}
