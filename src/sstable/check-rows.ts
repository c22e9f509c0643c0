/**
 * The rows of a range of Data.db: their structure, their order, and Index.db against them. After
 * damage the scan goes on with the next partition that Index.db knows.
 */
import { equalBytes } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { throwIfInterrupted } from '../parallel/index.js';
import { type BlockReader, PlainBlocks } from './blocks.js';
import type { OpenDeletion } from './cell-scanner.js';
import { type Faults, faultOf } from './check-faults.js';
import { PromotedCheck } from './check-promoted.js';
import type { ClusteringTrack } from './clustering-track.js';
import { dataError } from './events.js';
import { IndexCursor, type RawIndexEntry } from './index-cursor.js';
import { KeyHasher } from './key-hasher.js';
import { KeyOrder } from './key-order.js';
import { RowScanner } from './row-scanner.js';
import type { ScanTotals } from './scan-totals.js';
import type { SSTable } from './sstable.js';
import { largerWindow, readLength, WINDOW_BYTES } from './window.js';

/** Where to look; `index` is null where Index.db is not there. */
export interface RowSpan {
  readonly from: number;
  readonly to: number;
  readonly index: { readonly from: number; readonly to: number } | null;
}

/** Scans the rows of `span` into `totals` and `faults`. */
export async function checkRows(
  sstable: SSTable,
  span: RowSpan,
  totals: ScanTotals,
  faults: Faults,
  signal?: AbortSignal,
): Promise<void> {
  const data = await sstable.openComponent('Data.db');
  // Blocks that do not match CRC.db are reported elsewhere; their rows are looked at all the same.
  const blocks =
    sstable.compression === null ? new PlainBlocks(data, null) : await sstable.blocks();
  const { index } = span;
  const cursor =
    index === null
      ? null
      : new IndexCursor(await sstable.openComponent('Index.db'), index.from, index.to);
  const hasher = new KeyHasher();
  try {
    const order = new KeyOrder(sstable.partitioner, hasher);
    await new RowCheck(sstable, blocks, cursor, order, totals, faults).run(span, signal);
    // A copy: a view would take its whole window along to another thread.
    totals.lastKey = totals.lastKey?.slice() ?? null;
  } finally {
    hasher.close();
  }
}

class RowCheck {
  readonly #sstable: SSTable;
  readonly #blocks: BlockReader;
  readonly #index: IndexCursor | null;
  readonly #totals: ScanTotals;
  readonly #faults: Faults;
  readonly #scanner: RowScanner;
  #promoted: PromotedCheck | null = null;
  readonly #order: KeyOrder;
  /** What the scanner found at positions of the stream; they get their place in the file later. */
  #found: { readonly position: number; readonly message: string }[] = [];

  constructor(
    sstable: SSTable,
    blocks: BlockReader,
    index: IndexCursor | null,
    order: KeyOrder,
    totals: ScanTotals,
    faults: Faults,
  ) {
    this.#sstable = sstable;
    this.#blocks = blocks;
    this.#index = index;
    this.#totals = totals;
    this.#faults = faults;
    this.#order = order;
    this.#scanner = new RowScanner(sstable.statistics, sstable.version, totals, {
      partition: (position, key, deletion) => this.#partition(position, key, deletion),
      unfiltered: (position, track, open) => this.#promoted?.unfiltered(position, track, open),
      end: (position, track) => this.#end(position, track),
      fault: (position, message) => this.#found.push({ position, message }),
    });
  }

  async run(span: RowSpan, signal: AbortSignal | undefined): Promise<void> {
    let from: number | null = span.from;
    while (from !== null && from < span.to) {
      const damage = await this.#scanFrom(from, span.to, signal);
      this.#report();
      if (damage === null) break;
      from = await this.#afterDamage(damage, span.to);
    }
    this.#scanner.finish();
    if (from !== null) await this.#restOfIndex();
  }

  /** Scans from the start of a partition to `to` or to damage, which it returns. */
  async #scanFrom(
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<Damage | null> {
    let rest: Uint8Array = new Uint8Array(0);
    let wanted = WINDOW_BYTES;
    let position = from;
    while (position < to) {
      throwIfInterrupted(signal);
      const length = readLength(this.#sstable, position, rest.length, wanted, to);
      const window = new Uint8Array(rest.length + length);
      window.set(rest);
      const base = position - rest.length;
      try {
        const read = await this.#read(position, length, window.subarray(rest.length));
        await this.#index?.loadUntil(base + rest.length + read.length);
        const usable = window.subarray(0, rest.length + read.length);
        const consumed = this.#scanner.scan(usable, base, to);
        if (read.error !== null) return { at: base + consumed, error: read.error };
        rest = window.subarray(consumed);
        position += length;
        const size = Math.max(wanted, window.length);
        wanted = consumed === 0 ? largerWindow(this.#sstable, size, base) : WINDOW_BYTES;
      } catch (error) {
        if (!(error instanceof SstashError)) throw error;
        return { at: this.#scanner.itemStart, error };
      }
    }
    return null;
  }

  /** Reads as far as the blocks are sound; the error tells why not all was read. */
  async #read(
    position: number,
    length: number,
    into: Uint8Array,
  ): Promise<{ length: number; error: SstashError | null }> {
    try {
      await this.#blocks.read(position, length, into);
      return { length, error: null };
    } catch (error) {
      if (!(error instanceof SstashError) || !error.code.startsWith('SSTABLE_')) throw error;
      const sound = Math.max(0, (error.uncompressedOffset ?? position) - position);
      if (sound > 0 && sound < length) {
        const again = await this.#read(position, sound, into.subarray(0, sound));
        return { length: again.length, error };
      }
      return { length: 0, error };
    }
  }

  /** Reports the damage; returns where to go on, or null. */
  async #afterDamage(damage: Damage, to: number): Promise<number | null> {
    const { error } = damage;
    const scanner = this.#scanner;
    this.#totals.complete = false;
    this.#promoted = null;
    const start = scanner.inside ? scanner.partitionStart : damage.at;
    const unreadable = error.code === 'SSTABLE_CHECKSUM' || error.length !== undefined;
    const blockEnd = unreadable
      ? (error.uncompressedOffset ?? damage.at) + this.#sstable.blockLength
      : 0;
    scanner.leavePartition();
    const next = await this.#index?.skipBehind(Math.max(start, blockEnd - 1));
    const goesOn = next !== null && next !== undefined && next.dataPosition < to;
    // Blocks that fail their checksum are listed by the check of the blocks.
    if (error.code !== 'SSTABLE_CHECKSUM' && !isMissingBlock(error)) {
      const placed = (await dataError(this.#sstable, error)) as SstashError;
      const fault = faultOf(placed, this.#sstable.files.dataPath, 'Data.db');
      const tail = goesOn ? '' : '; what follows could not be checked';
      this.#faults.add({ ...fault, message: `${fault.message}${tail}` });
    }
    return goesOn ? next.dataPosition : null;
  }

  /** Index entries that no partition was met for. */
  async #restOfIndex(): Promise<void> {
    const index = this.#index;
    if (index === null) return;
    await index.loadUntil(Infinity);
    for (let entry = index.peek(); entry !== null; entry = index.peek()) {
      index.next();
      this.#indexFault(
        entry,
        `there is no partition at ${entry.dataPosition}, where this entry points`,
      );
    }
    if (index.failure !== null) this.#faults.addError(index.failure, '', 'Index.db');
  }

  #partition(position: number, key: Uint8Array, deletion: OpenDeletion | null): void {
    if (!this.#order.next(key)) {
      this.#found.push({ position, message: 'the partition is not above the one before' });
    }
    this.#totals.firstKey ??= key.slice();
    const entry = this.#entryFor(position, key);
    if (entry?.promoted != null)
      this.#begin({ ...entry, promoted: entry.promoted }, position, deletion);
  }

  #begin(
    entry: RawIndexEntry & { readonly promoted: Uint8Array },
    position: number,
    deletion: OpenDeletion | null,
  ): void {
    const report = (_: number, message: string): void => this.#indexFault(entry, message);
    try {
      this.#promoted = new PromotedCheck(this.#sstable, entry, position, deletion, report);
    } catch (error) {
      this.#faults.addError(error, this.#sstable.componentPath('Index.db'), 'Index.db');
    }
  }

  /** The index entry of a partition; what is wrong with it is reported. */
  #entryFor(position: number, key: Uint8Array): RawIndexEntry | null {
    const index = this.#index;
    if (index === null) return null;
    for (;;) {
      const entry = index.peek();
      if (entry === null) {
        if (index.ended) this.#found.push({ position, message: 'Index.db lacks this partition' });
        return null;
      }
      const sameKey = equalBytes(entry.key, key);
      if (entry.dataPosition === position || sameKey) {
        index.next();
        if (!sameKey) this.#indexFault(entry, `Data.db has another key at ${position}`);
        else if (entry.dataPosition !== position) {
          const { dataPosition } = entry;
          this.#indexFault(entry, `the partition is at ${position}, not at ${dataPosition}`);
        }
        return entry;
      }
      if (entry.dataPosition > position) {
        this.#found.push({ position, message: 'Index.db lacks this partition' });
        return null;
      }
      index.next();
      this.#indexFault(
        entry,
        `there is no partition at ${entry.dataPosition}, where this entry points`,
      );
    }
  }

  #end(position: number, track: ClusteringTrack): void {
    this.#promoted?.end(position, track);
    this.#promoted = null;
    this.#totals.lastKey = this.#order.previous;
  }

  #indexFault(entry: RawIndexEntry, message: string): void {
    this.#faults.add({
      code: 'SSTABLE_CORRUPT',
      file: this.#sstable.componentPath('Index.db'),
      component: 'Index.db',
      offset: entry.indexPosition,
      uncompressedOffset: null,
      message,
    });
  }

  #report(): void {
    for (const { position, message } of this.#found) {
      this.#faults.add({
        code: 'SSTABLE_CORRUPT',
        file: this.#sstable.files.dataPath,
        component: 'Data.db',
        offset: this.#blocks.filePosition(position),
        uncompressedOffset: position,
        message,
      });
    }
    this.#found = [];
  }
}

interface Damage {
  /** Position in the stream. */
  readonly at: number;
  readonly error: SstashError;
}

/** Bytes that the file does not have at all. */
function isMissingBlock(error: SstashError): boolean {
  return error.code === 'SSTABLE_TRUNCATED' && error.length !== undefined;
}
