/**
 * Partitions.db and Rows.db of a BTI SSTable: alone, as far as they can be judged without the rows, or
 * partition by partition against Data.db.
 */
import { equalBytes } from '../binary/index.js';
import {
  type RowIndexEntry,
  type RowIndexPayload,
  sameDeletion,
  trieEntries,
} from '../components/index.js';
import { murmur3 } from '../cql/index.js';
import { isNoDamage, isSstashError } from '../errors.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { OpenDeletion } from './cell-scanner.js';
import { type Fault, Faults } from './check-faults.js';
import type { SSTableEvent } from './events.js';
import type { IndexedPlace, PartitionIndex } from './partition-index.js';
import type { SSTable } from './sstable.js';

const PARTITIONS = 'Partitions.db';
const ROWS = 'Rows.db';

export interface CheckTriesResult {
  readonly faults: readonly Fault[];
  /** Partitions that the index has. */
  readonly partitions: number;
}

/** Without reading Data.db. */
export async function checkTriesAlone(
  sstable: SSTable,
  signal?: AbortSignal,
): Promise<CheckTriesResult> {
  const check = new TrieCheck(sstable, signal);
  const index = await check.open();
  const partitions = index === null ? 0 : await check.alone(index);
  return { faults: check.faults.list, partitions };
}

/** Against the partitions of Data.db, as far as that can be read. */
export async function checkTriesByData(
  sstable: SSTable,
  signal?: AbortSignal,
): Promise<CheckTriesResult> {
  const check = new TrieCheck(sstable, signal);
  const index = await check.open();
  if (index === null) return { faults: check.faults.list, partitions: 0 };
  let found = 0;
  try {
    const options = signal === undefined ? {} : { signal };
    const data = new DataCheck(index, check);
    for await (const batch of sstable.events(options)) {
      for (const event of batch) await data.event(event);
    }
    found = data.partitions;
  } catch (error) {
    if (!isSstashError(error) || isNoDamage(error)) throw error;
    // Damage of Data.db is reported elsewhere.
    return { faults: check.faults.list, partitions: 0 };
  }
  const partitions = await check.alone(index);
  if (partitions !== found && check.faults.list.length === 0) {
    check.fault(PARTITIONS, null, `the trie has ${partitions} partitions, Data.db has ${found}`);
  }
  return { faults: check.faults.list, partitions };
}

class TrieCheck {
  readonly faults = new Faults();
  readonly sstable: SSTable;
  readonly #signal: AbortSignal | undefined;

  constructor(sstable: SSTable, signal: AbortSignal | undefined) {
    this.sstable = sstable;
    this.#signal = signal;
  }

  fault(component: string, offset: number | null, message: string): void {
    this.faults.add({
      code: 'SSTABLE_CORRUPT',
      file: this.sstable.componentPath(component),
      component,
      offset,
      uncompressedOffset: null,
      message,
    });
  }

  /** Runs `read`; what it throws about the index is a fault, and null the answer. */
  async guarded<R>(read: () => Promise<R>): Promise<R | null> {
    try {
      return await read();
    } catch (error) {
      if (!isSstashError(error) || isNoDamage(error)) throw error;
      this.faults.addError(error, this.sstable.componentPath(PARTITIONS), PARTITIONS);
      return null;
    }
  }

  open(): Promise<PartitionIndex | null> {
    return this.guarded(() => this.sstable.partitionIndex());
  }

  /** Every entry of the trie and of the row indexes; how many partitions there are. */
  async alone(index: PartitionIndex): Promise<number> {
    const { root, keysPosition, partitions: stored } = index.footer;
    let partitions = 0;
    let before = -1;
    const whole = await this.guarded(async () => {
      for await (const { node } of trieEntries(index.trie.node, root, keysPosition)) {
        throwIfInterrupted(this.#signal);
        partitions++;
        const place = await this.guarded(() => index.place(node));
        if (place === null) continue;
        this.#follows(place, before);
        before = place.dataPosition;
        const { rows } = place;
        if (rows !== null) await this.guarded(() => index.rowBlocks(rows));
      }
      return true;
    });
    if (whole === true && partitions !== stored) {
      const message = `the footer counts ${stored} partitions, the trie has ${partitions}`;
      this.fault(PARTITIONS, null, message);
    }
    return partitions;
  }

  #follows({ dataPosition, nodePosition }: IndexedPlace, before: number): void {
    const fits = before < 0 ? dataPosition === 0 : dataPosition > before;
    if (fits) return;
    const message = `the data position ${dataPosition} does not follow the one before`;
    this.fault(PARTITIONS, nodePosition, message);
  }
}

/** What the index says of each partition that is met in Data.db. */
class DataCheck {
  partitions = 0;
  readonly #index: PartitionIndex;
  readonly #check: TrieCheck;
  #lastKey: Uint8Array | null = null;
  #rows: RowIndexCheck | null = null;

  constructor(index: PartitionIndex, check: TrieCheck) {
    this.#index = index;
    this.#check = check;
  }

  async event(event: SSTableEvent): Promise<void> {
    if (event.type === 'partition') {
      await this.#partition(event.key, event.position, event.deletion);
      return;
    }
    if (event.type !== 'end') {
      this.#rows?.unfiltered(event.position);
      if (event.type === 'marker') {
        const { kind, deletion, openingDeletion } = event;
        this.#rows?.opens(kind === 1 || kind === 7 ? deletion : openingDeletion);
      }
      return;
    }
    this.#rows?.end(event.position);
    this.#rows = null;
    if (this.#index.footer.partitions === this.partitions) this.#compareLast();
  }

  async #partition(
    key: Uint8Array,
    position: number,
    deletion: OpenDeletion | null,
  ): Promise<void> {
    if (this.partitions === 0 && !equalBytes(key, this.#index.firstKey)) {
      this.#check.fault(PARTITIONS, null, 'the first key is not that of Data.db');
    }
    this.partitions++;
    this.#lastKey = key.slice();
    const { found } = (await this.#check.guarded(() => this.#index.search(key))) ?? {};
    if (found === undefined) return;
    const message = `the partition at ${position} of Data.db is not found: reads miss it`;
    if (found === null) {
      this.#check.fault(PARTITIONS, null, message);
      return;
    }
    const place = await this.#check.guarded(() => this.#index.place(found));
    if (place === null) return;
    if (place.dataPosition !== position) {
      this.#check.fault(PARTITIONS, found.position, `${message}, but one at ${place.dataPosition}`);
      return;
    }
    const hash = Number(murmur3(key).h2 & 0xffn);
    if (place.hash !== hash) {
      const what = `the hash of the partition at ${position} is ${place.hash} instead of ${hash}`;
      this.#check.fault(PARTITIONS, found.position, `${what}: reads by key miss it`);
    }
    if (place.rows !== null) await this.#rowIndex(place.rows, key, position, deletion);
  }

  async #rowIndex(
    rows: RowIndexEntry,
    key: Uint8Array,
    position: number,
    deletion: OpenDeletion | null,
  ): Promise<void> {
    if (!equalBytes(rows.key, key)) {
      this.#check.fault(ROWS, rows.position, `the partition at ${position} has another key`);
    }
    if (!sameDeletion(rows.deletion, deletion)) {
      const what = 'the partition deletion in the index is not that of the partition';
      this.#check.fault(ROWS, rows.position, `${what}: deleted rows may come back`);
    }
    const blocks = await this.#check.guarded(() => this.#index.rowBlocks(rows));
    if (blocks !== null) this.#rows = new RowIndexCheck(rows, position, blocks, this.#check);
  }

  #compareLast(): void {
    const last = this.#lastKey;
    if (last === null || equalBytes(last, this.#index.lastKey)) return;
    this.#check.fault(PARTITIONS, null, 'the last key is not that of Data.db');
  }
}

/** The blocks of one row index against the rows. */
class RowIndexCheck {
  readonly #rows: RowIndexEntry;
  readonly #start: number;
  readonly #blocks: readonly RowIndexPayload[];
  readonly #check: TrieCheck;
  #next = 0;
  #open: OpenDeletion | null = null;

  constructor(
    rows: RowIndexEntry,
    start: number,
    blocks: readonly RowIndexPayload[],
    check: TrieCheck,
  ) {
    this.#rows = rows;
    this.#start = start;
    this.#blocks = blocks;
    this.#check = check;
  }

  unfiltered(position: number): void {
    const offset = position - this.#start;
    const block = this.#blocks[this.#next];
    if (block === undefined || this.#next >= this.#rows.blockCount || offset < block.offset) return;
    if (offset > block.offset) {
      this.#fault(`block ${this.#next} begins at ${block.offset}, inside a row`);
    } else if (!sameDeletion(block.open, this.#open)) {
      this.#fault(`block ${this.#next} has another open range tombstone than its rows`);
    }
    this.#next++;
  }

  /** The range deletion in effect from here on. */
  opens(deletion: OpenDeletion | null): void {
    this.#open = deletion;
  }

  end(position: number): void {
    const { blockCount } = this.#rows;
    if (this.#next < blockCount) this.#fault(`block ${this.#next} begins behind the partition`);
    const end = this.#blocks.at(-1)?.offset ?? 0;
    const offset = position - this.#start;
    if (end !== offset) this.#fault(`the last entry is ${end}, the partition ends at ${offset}`);
  }

  #fault(message: string): void {
    const what = `the row index of the partition at ${this.#start}: ${message}`;
    this.#check.fault(ROWS, this.#rows.position, `${what}: reads by clustering may miss rows`);
  }
}
