/**
 * The inside of rows for the fast scan: liveness, deletions, columns and cells. Everything that is
 * read is recorded at once, so it must only be called where the whole row is in the window.
 */
import type { FormatVersion, SerializationHeader } from '../components/index.js';
import { SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { ColumnPlan } from './column-plan.js';
import { DropRuns } from './drop-runs.js';
import type { RowCursor } from './row-cursor.js';
import { I64_MAX, I64_MIN, type ScanTotals } from './scan-totals.js';
import type { WriterRules } from './writer-rules.js';

/** The deletion of a marker. */
export interface OpenDeletion {
  readonly markedForDeleteAt: bigint;
  readonly localDeletionTime: number;
}

const IS_DELETED = 0x01;
const IS_EXPIRING = 0x02;
const HAS_EMPTY_VALUE = 0x04;
const USE_ROW_TIMESTAMP = 0x08;
const USE_ROW_TTL = 0x10;

/** Bytes of a counter shard: id, clock, count. */
const SHARD_BYTES = 32;

export class CellScanner {
  /** Cells of the partition so far. */
  cells = 0;
  readonly #cursor: RowCursor;
  readonly #totals: ScanTotals;
  readonly #report: (offset: number, message: string) => void;
  readonly #minTimestamp: bigint;
  readonly #minLocalDeletionTime: number;
  readonly #minTTL: number;
  /** The local deletion time that means "none". */
  readonly #none: number;
  readonly #rules: WriterRules;
  /** Compactions of 6.0 write a tombstone with 01 and 02, and a TTL of 0. */
  readonly #isSix: boolean;
  readonly #drops = new DropRuns();
  /** Sums of base and delta may pass the end of i64: no shortcut then. */
  readonly #wraps: boolean;
  #minDelta = Infinity;
  #maxDelta = -Infinity;
  #sawNone = false;
  #sawNoTtl = false;
  #hasLiveness = false;
  #rowExpiry = -1;
  #mask = new Uint8Array(0);

  constructor(
    cursor: RowCursor,
    header: SerializationHeader,
    version: FormatVersion,
    rules: WriterRules,
    totals: ScanTotals,
    report: (offset: number, message: string) => void,
  ) {
    this.#cursor = cursor;
    this.#totals = totals;
    this.#report = report;
    this.#minTimestamp = header.minTimestamp;
    this.#minLocalDeletionTime = header.minLocalDeletionTime;
    this.#minTTL = header.minTTL;
    this.#none = version.hasUIntDeletionTime ? 0xffffffff : 0x7fffffff;
    this.#rules = rules;
    this.#isSix = version.hasCompressionDictionary;
    this.#wraps = header.minTimestamp > I64_MAX - BigInt(Number.MAX_SAFE_INTEGER);
  }

  /** Puts what was recorded in short form into the totals. */
  finish(): void {
    const totals = this.#totals;
    if (this.#minDelta <= this.#maxDelta) {
      this.#recordTime(this.#minTimestamp + BigInt(this.#minDelta));
      this.#recordTime(this.#minTimestamp + BigInt(this.#maxDelta));
    }
    totals.drops = this.#drops.pairs();
    totals.dropsLeftOut = this.#drops.leftOut;
    if (this.#sawNone) this.#widen(this.#none);
    if (!this.#sawNoTtl) return;
    totals.minTTL = Math.min(totals.minTTL, 0);
    totals.maxTTL = Math.max(totals.maxTTL, 0);
  }

  beginRow(): void {
    this.#hasLiveness = false;
    this.#rowExpiry = -1;
  }

  liveness(expires: boolean): void {
    this.#time();
    this.#hasLiveness = true;
    if (!expires) {
      this.#sawNoTtl = true;
      this.#noDeletionTime();
      return;
    }
    this.#ttl();
    this.#rowExpiry = this.#localDeletionTime();
    this.#recordLocalDeletionTime(this.#rowExpiry);
  }

  /** Reads and records the deletion of a row or complex column. True when it is not live. */
  deletion(): boolean {
    const cursor = this.#cursor;
    const delta = cursor.uvint();
    if (delta < 0 || this.#wraps) {
      const time = this.#timeOf(delta);
      const local = this.#localDeletionTime();
      return this.record(time, local);
    }
    this.#recordDelta(delta);
    this.#recordLocalDeletionTime(this.#localDeletionTime());
    return true;
  }

  /** Reads a deletion without recording it. */
  readDeletion(): OpenDeletion {
    const markedForDeleteAt = this.#timeOf(this.#cursor.uvint());
    return { markedForDeleteAt, localDeletionTime: this.#localDeletionTime() };
  }

  /** Records a deletion unless it is live. */
  record(markedForDeleteAt: bigint, localDeletionTime: number): boolean {
    if (markedForDeleteAt === I64_MIN) return false;
    this.#recordTime(markedForDeleteAt);
    this.#recordLocalDeletionTime(localDeletionTime);
    return true;
  }

  /** Subset and columns of a row. Returns how many of them there are. */
  columns(columns: readonly ColumnPlan[], all: boolean, complexDeletions: boolean): number {
    if (!all) this.#readSubset(columns.length);
    const mask = this.#mask;
    let present = 0;
    for (let i = 0; i < columns.length; i++) {
      if (!all && mask[i] === 0) continue;
      const column = columns[i] as ColumnPlan;
      present++;
      if (column.complex) this.#complexColumn(column, complexDeletions);
      else {
        this.#cell(column);
        this.cells++;
        this.#totals.columns++;
      }
    }
    return present;
  }

  #complexColumn(column: ColumnPlan, complexDeletions: boolean): void {
    const cursor = this.#cursor;
    if (complexDeletions) this.deletion();
    const { at } = cursor;
    const count = cursor.uvint();
    // A cell has at least its flags and the length of its path.
    if (count < 0 || count * 2 > cursor.end - cursor.at) {
      throw this.#damage(at, `${count} cells in one column`);
    }
    for (let i = 0; i < count; i++) this.#cell(column);
    this.cells += count;
    if (count > 0) this.#totals.columns++;
  }

  #cell(column: ColumnPlan): void {
    const cursor = this.#cursor;
    const flags = cursor.u8();
    if (flags > 0x1f || ((flags & 3) === 3 && !this.#isSix)) {
      throw this.#damage(cursor.at - 1, `cell flags are ${flags}`);
    }
    if ((flags & (USE_ROW_TIMESTAMP | USE_ROW_TTL)) !== 0 && !this.#hasLiveness) {
      throw this.#damage(cursor.at - 1, 'a cell refers to the liveness of a row that has none');
    }
    if ((flags & USE_ROW_TIMESTAMP) === 0) this.#time();
    if ((flags & USE_ROW_TTL) !== 0) {
      if (this.#rowExpiry >= 0) this.#recordLocalDeletionTime(this.#rowExpiry);
    } else {
      if ((flags & (IS_DELETED | IS_EXPIRING)) === 0) this.#noDeletionTime();
      else this.#recordLocalDeletionTime(this.#localDeletionTime());
      if ((flags & IS_EXPIRING) !== 0) this.#ttl();
      else this.#sawNoTtl = true;
    }
    if (column.complex) this.#path(column);
    if ((flags & HAS_EMPTY_VALUE) === 0) this.#value(column, (flags & IS_DELETED) === 0);
  }

  #path(column: ColumnPlan): void {
    const length = this.#length('path');
    const wanted = column.pathLength;
    if (wanted >= 0 && length !== wanted && length > 0) {
      this.#report(
        this.#cursor.at,
        `a path in column ${column.column.text} has ${length} bytes instead of ${wanted}`,
      );
    }
    this.#cursor.at += length;
  }

  #value(column: ColumnPlan, live: boolean): void {
    const cursor = this.#cursor;
    const fixed = column.fixedLength;
    if (fixed >= 0) {
      cursor.need(fixed);
      cursor.at += fixed;
      return;
    }
    const length = this.#length('value');
    const wanted = column.valueLength;
    if (wanted >= 0 && length !== wanted && length > 0) {
      this.#report(
        cursor.at,
        `a value of column ${column.column.text} has ${length} bytes instead of ${wanted}`,
      );
    }
    if (column.counter && live) this.#counter(column, cursor.at, length);
    cursor.at += length;
  }

  /** i16 number of header elements, i16 each, then the shards (format reference, section 9). */
  #counter(column: ColumnPlan, at: number, length: number): void {
    if (length === 0) return;
    const { view } = this.#cursor;
    const elements = length < 2 ? -1 : Math.abs(view.getInt16(at));
    const shards = (length - 2 - 2 * elements) / SHARD_BYTES;
    if (elements < 0 || shards < elements || !Number.isInteger(shards)) {
      this.#report(at, `a counter of column ${column.column.text} has ${length} bytes`);
      return;
    }
    let global = elements === shards;
    for (let i = 0; i < elements; i++) if (view.getInt16(at + 2 + 2 * i) >= 0) global = false;
    if (!global) this.#totals.hasLegacyCounterShards = true;
  }

  /** Fills the mask with 1 for each column that the row has. */
  #readSubset(count: number): void {
    const cursor = this.#cursor;
    if (this.#mask.length < count) this.#mask = new Uint8Array(count);
    const { at } = cursor;
    const missing = cursor.uvint();
    if (count >= 64) {
      this.#readLargeSubset(count, missing, at);
      return;
    }
    let high = missing < 0 ? Number(cursor.big >> 32n) : Math.floor(missing / 2 ** 32);
    let low = missing < 0 ? Number(cursor.big & 0xffffffffn) : missing >>> 0;
    for (let i = 0; i < count; i++) {
      this.#mask[i] = (low & 1) ^ 1;
      low = ((low >>> 1) | (high << 31)) >>> 0;
      high >>>= 1;
    }
    if (low !== 0 || high !== 0) {
      throw this.#damage(at, `the column subset has bits above ${count} columns`);
    }
  }

  #readLargeSubset(count: number, missing: number, at: number): void {
    if (missing < 0 || missing > count) {
      throw this.#damage(at, `${missing} of ${count} columns are missing`);
    }
    const present = count - missing;
    const listsPresent = present < count >> 1;
    this.#mask.fill(listsPresent ? 0 : 1, 0, count);
    let last = -1;
    for (let i = listsPresent ? present : missing; i > 0; i--) {
      const index = this.#cursor.uvint();
      if (index <= last || index >= count) throw this.#damage(at, `a column index is ${index}`);
      this.#mask[index] = listsPresent ? 1 : 0;
      last = index;
    }
  }

  #length(what: string): number {
    const cursor = this.#cursor;
    const { at } = cursor;
    const length = cursor.uvint();
    if (length < 0 || length > LIMITS.rowBytesMax) {
      throw this.#damage(at, `the length of a ${what} is above the limit rowBytesMax`);
    }
    cursor.need(length);
    return length;
  }

  #time(): void {
    const delta = this.#cursor.uvint();
    if (delta < 0 || this.#wraps) this.#recordTime(this.#timeOf(delta));
    else this.#recordDelta(delta);
  }

  #recordDelta(delta: number): void {
    if (delta < this.#minDelta) this.#minDelta = delta;
    if (delta > this.#maxDelta) this.#maxDelta = delta;
  }

  #timeOf(delta: number): bigint {
    const value = delta < 0 ? this.#cursor.big : BigInt(delta);
    return BigInt.asIntN(64, this.#minTimestamp + value);
  }

  #recordTime(time: bigint): void {
    const totals = this.#totals;
    if (time < totals.minTimestamp) totals.minTimestamp = time;
    if (time > totals.maxTimestamp) totals.maxTimestamp = time;
  }

  #ttl(): void {
    const { at } = this.#cursor;
    const delta = this.#cursor.int32();
    if (Number.isNaN(delta)) throw this.#damage(at, 'a TTL is no 32-bit number');
    const ttl = (delta + this.#minTTL) | 0;
    const totals = this.#totals;
    if (ttl < totals.minTTL) totals.minTTL = ttl;
    if (ttl > totals.maxTTL) totals.maxTTL = ttl;
  }

  #localDeletionTime(): number {
    const { at } = this.#cursor;
    const delta = this.#cursor.int32();
    if (Number.isNaN(delta)) throw this.#damage(at, 'a local deletion time is no 32-bit number');
    return (delta + this.#minLocalDeletionTime) >>> 0;
  }

  #recordLocalDeletionTime(time: number): void {
    if (time === this.#none) {
      this.#noDeletionTime();
      return;
    }
    this.#widen(time);
    const { rawDrops, dropMax } = this.#rules;
    this.#drops.add(rawDrops ? time : Math.min(Math.ceil(time / 60) * 60, dropMax), 1);
  }

  #noDeletionTime(): void {
    this.#sawNone = true;
    if (this.#rules.countsNone) this.#drops.add(this.#none, 1);
  }

  #widen(time: number): void {
    const totals = this.#totals;
    if (time < totals.minLocalDeletionTime) totals.minLocalDeletionTime = time;
    if (time > totals.maxLocalDeletionTime) totals.maxLocalDeletionTime = time;
  }

  #damage(offset: number, message: string): SstashError {
    return new SstashError('SSTABLE_CORRUPT', message, { offset });
  }
}
