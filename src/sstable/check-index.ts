/**
 * Task `check-index`: Index.db from the first entry to the last, against Summary.db and Filter.db,
 * without reading Data.db; or the tries of a BTI SSTable, and its Filter.db against Data.db.
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
import { isNoDamage, isSstashError } from '../errors.js';
import { type TaskContext, throwIfInterrupted } from '../parallel/index.js';
import { type Fault, Faults } from './check-faults.js';
import { checkTriesAlone, checkTriesByData } from './check-tries.js';
import type { ComponentStore } from './component-store.js';
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
    checkIndexOf(sstable, argument.alone ? { alone: sstable } : { data: sstable }, context.signal),
  );
}

/** The files of an SSTable, of which nothing needs to be known. */
type Source = Pick<ComponentStore, 'components' | 'componentPath' | 'version' | 'readComponent'> &
  Pick<ComponentStore, 'openComponent'>;

/** What else is known. */
export interface IndexContext {
  /** The entries are judged by themselves, since nobody compares them with Data.db. */
  readonly alone?: SSTable;
  /** Where Index.db cannot be read, the keys of Data.db take its place. */
  readonly data?: SSTable;
}

/** The same with open files. */
export async function checkIndexOf(
  source: Source,
  context: IndexContext,
  signal?: AbortSignal,
): Promise<CheckIndexResult> {
  const hasher = new KeyHasher();
  try {
    if (!source.components.has('Index.db')) {
      return await checkWithoutEntries(source, hasher, context, signal);
    }
    return await checkEntries(source, hasher, context, signal);
  } finally {
    hasher.close();
  }
}

async function checkEntries(
  source: Source,
  hasher: KeyHasher,
  { alone, data }: IndexContext,
  signal: AbortSignal | undefined,
): Promise<CheckIndexResult> {
  const faults = new Faults();
  const file = await source.openComponent('Index.db');
  const cursor = new IndexCursor(file, 0, file.size);
  const filter = await FilterCheck.open(source, faults, hasher);
  const summary = await SummaryCheck.open(source, faults);
  const entries = alone === undefined ? null : new EntryCheck(alone, faults, hasher);
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
    if (partitions === 0) fault(source, faults, 'Index.db', 0, 'there is no entry');
  } else if (alone !== undefined) {
    faults.addError(cursor.failure, file.path, 'Index.db');
  } else if (data !== undefined) {
    return checkByData(data, hasher, signal);
  }
  return { faults: faults.list, partitions };
}

/** Where there is no Index.db: the tries of BTI; Filter.db and Summary.db against Data.db. */
async function checkWithoutEntries(
  source: Source,
  hasher: KeyHasher,
  { alone, data }: IndexContext,
  signal: AbortSignal | undefined,
): Promise<CheckIndexResult> {
  const faults = new Faults();
  let partitions = 0;
  const sstable = alone ?? data;
  if (sstable !== undefined && source.components.has('Partitions.db')) {
    const tries = await (alone === undefined ? checkTriesByData : checkTriesAlone)(sstable, signal);
    faults.addAll(tries.faults);
    partitions = tries.partitions;
  }
  if (data === undefined) {
    await FilterCheck.open(source, faults, hasher);
    await SummaryCheck.open(source, faults);
  } else {
    const keys = await checkByData(data, hasher, signal);
    faults.addAll(keys.faults);
    partitions ||= keys.partitions;
  }
  return { faults: faults.list, partitions };
}

/** Filter.db and Summary.db against the keys of Data.db, as far as that can be read. */
async function checkByData(
  sstable: SSTable,
  hasher: KeyHasher,
  signal: AbortSignal | undefined,
): Promise<CheckIndexResult> {
  const faults = new Faults();
  const filter = await FilterCheck.open(sstable, faults, hasher);
  const summary = await SummaryCheck.open(sstable, faults);
  let partitions = 0;
  try {
    for await (const batch of sstable.events(signal === undefined ? {} : { signal })) {
      for (const event of batch) {
        if (event.type !== 'partition') continue;
        const entry = { key: event.key, indexPosition: null };
        filter?.add(entry);
        summary?.add(entry, partitions++);
      }
    }
  } catch (error) {
    if (!isSstashError(error) || isNoDamage(error)) throw error;
    return { faults: faults.list, partitions };
  }
  filter?.finish();
  summary?.finish(partitions);
  return { faults: faults.list, partitions };
}

/** What Filter.db and Summary.db know of a partition. */
interface KeyEntry {
  readonly key: Uint8Array;
  /** Null where Index.db cannot be read. */
  readonly indexPosition: number | null;
}

function fault(
  source: Source,
  faults: Faults,
  component: string,
  offset: number | null,
  message: string,
): void {
  const file = source.componentPath(component);
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
  readonly #source: Source;
  readonly #faults: Faults;
  readonly #hasher: KeyHasher;
  readonly #stored: BloomFilter;
  readonly #built: FilterBuilder;

  private constructor(source: Source, faults: Faults, hasher: KeyHasher, stored: BloomFilter) {
    this.#source = source;
    this.#hasher = hasher;
    this.#faults = faults;
    this.#stored = stored;
    this.#built = new FilterBuilder(stored, source.version.hasOldBloomFilter);
  }

  static async open(
    source: Source,
    faults: Faults,
    hasher: KeyHasher,
  ): Promise<FilterCheck | null> {
    if (!source.components.has('Filter.db')) return null;
    const where = { file: source.componentPath('Filter.db'), component: 'Filter.db' };
    try {
      const bytes = await source.readComponent('Filter.db');
      const stored = parseFilter(bytes, source.version, where);
      return new FilterCheck(source, faults, hasher, stored);
    } catch (error) {
      faults.addError(error, where.file, where.component);
      return null;
    }
  }

  add(entry: KeyEntry): void {
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
    fault(this.#source, this.#faults, 'Filter.db', 8 + first, message);
  }
}

/** Compares Summary.db with the entries that it should be a sample of. */
class SummaryCheck {
  readonly #source: Source;
  readonly #faults: Faults;
  readonly #summary: Summary;
  readonly #sampled: Iterator<number>;
  #next = 0;
  #at = 0;
  #first: Uint8Array | null = null;
  #last: Uint8Array | null = null;

  private constructor(source: Source, faults: Faults, summary: Summary) {
    this.#source = source;
    this.#faults = faults;
    this.#summary = summary;
    const { minIndexInterval, samplingLevel } = summary;
    this.#sampled = sampledPartitions(Infinity, minIndexInterval, samplingLevel);
    this.#advance();
  }

  static async open(source: Source, faults: Faults): Promise<SummaryCheck | null> {
    if (!source.components.has('Summary.db')) return null;
    const where = { file: source.componentPath('Summary.db'), component: 'Summary.db' };
    try {
      const bytes = await source.readComponent('Summary.db');
      return new SummaryCheck(source, faults, parseSummary(bytes, where));
    } catch (error) {
      faults.addError(error, where.file, where.component);
      return null;
    }
  }

  #advance(): void {
    const next = this.#sampled.next();
    this.#next = next.done === true ? Infinity : next.value;
  }

  add(entry: KeyEntry, ordinal: number): void {
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
    if (entry.indexPosition !== null && summary.indexPosition(at) !== entry.indexPosition) {
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
    fault(this.#source, this.#faults, 'Summary.db', null, message);
  }
}
