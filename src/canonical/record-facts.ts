/**
 * What canonical records say in numbers (docs/canonical-form.md, 2): rows, cells, tombstones, write
 * times. Nothing is made per cell; records with times that no double holds, and opaque ones, take a
 * slower way over the row model.
 */
import { ByteReader } from '../binary/index.js';
import {
  type Cell,
  CellFlag,
  EPOCH_TIMESTAMP,
  type FormatVersion,
  isBoundary,
  type PartitionHead,
  type Row,
  RowReader,
  type SerializationHeader,
  type Unfiltered,
} from '../components/index.js';
import { type CanonicalRecord, decodeRecords } from './decode.js';
import { BodyFlag, ColumnTag, HeadFlag, RecordTag } from './tags.js';

/** Times by which records are judged; local times in seconds, write times in microseconds. */
export interface FactTimes {
  /** When a cell with a TTL has expired. */
  readonly at: number;
  /** Tombstones from before may be dropped by a compaction. */
  readonly gcBefore: number;
  /** Until when an expiry is near. */
  readonly soonUntil: number;
  /** Write times above are in the future. */
  readonly futureAfter: number;
}

/** What is counted, by its place in `RecordFacts.counts`. */
export const FactCount = {
  rows: 0,
  cells: 1,
  /** Deleted cells, rows, collections, ranges and partitions. */
  tombstones: 2,
  /** Of tombstones and expired cells: may be dropped. */
  droppable: 3,
  /** Cells past their TTL. */
  expired: 4,
  /** Cells with a TTL that is not over, and those of them where it soon will be. */
  expiring: 5,
  expiringSoon: 6,
  /** Write times in the future. */
  future: 7,
  /** Write times that are dates of this age in milliseconds, not in microseconds. */
  millis: 8,
  /** Partition deletions, and bounds and boundaries of range deletions. */
  covering: 9,
} as const;

export const FACT_COUNTS = 10;

const EPOCH = Number(EPOCH_TIMESTAMP);
/** As milliseconds 1973 to 5138, as microseconds the first three years after 1970. */
const MILLIS_FROM = 1e11;
const MILLIS_TO = 1e14;
/** Thrown, always the same object, at a number that no double holds. */
const tooLarge = new Error('a number that no double holds');

export class RecordFacts {
  readonly #times: FactTimes;
  readonly #header: SerializationHeader;
  readonly #version: FormatVersion;
  readonly counts = new Uint32Array(FACT_COUNTS);
  readonly #before = new Uint32Array(FACT_COUNTS);
  #minTime = Infinity;
  #maxTime = -Infinity;
  /** What the slower way met. */
  #minBig: bigint | null = null;
  #maxBig: bigint | null = null;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #previous = EPOCH;
  /** Latest expiry that is over, and the next that is not: between them nothing expires. */
  lastExpiry = -Infinity;
  nextExpiry = Infinity;
  /** TTL and expiry of the row's liveness. */
  #rowTtl = 0;
  #rowEnd = 0;

  constructor(header: SerializationHeader, version: FormatVersion, times: FactTimes) {
    this.#header = header;
    this.#version = version;
    this.#times = times;
  }

  /** Smallest write time since the last reset: a double where that is exact, Infinity for none. */
  get minTimestamp(): number | bigint {
    const big = this.#minBig;
    return big !== null && big < this.#minTime ? big : this.#minTime;
  }

  /** Largest one, -Infinity for none. */
  get maxTimestamp(): number | bigint {
    const big = this.#maxBig;
    return big !== null && big > this.#maxTime ? big : this.#maxTime;
  }

  reset(): void {
    this.counts.fill(0);
    this.#minTime = Infinity;
    this.#maxTime = -Infinity;
    this.#minBig = null;
    this.#maxBig = null;
  }

  /** Adds the records in `bytes` from `from` to `to`, one leaf. */
  add(bytes: Uint8Array, from: number, to: number): void {
    this.#before.set(this.counts);
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    try {
      while (this.#at < this.#end) this.#record();
    } catch (error) {
      if (error !== tooLarge) throw error;
      this.counts.set(this.#before);
      for (const record of decodeRecords(bytes.subarray(from, to), this.#header)) {
        this.#model(record);
      }
    }
  }

  #record(): void {
    const tag = this.#bytes[this.#at++] as number;
    this.#previous = EPOCH;
    if (tag === RecordTag.row) {
      this.#skipValues();
      this.#count(FactCount.rows);
      this.#body();
    } else if (tag === RecordTag.head) {
      this.#skipBytes();
      const flags = this.#bytes[this.#at++] as number;
      if ((flags & HeadFlag.hasDeletion) !== 0) {
        this.#count(FactCount.covering);
        this.#deletion();
      }
      if ((flags & HeadFlag.hasStaticRow) !== 0) this.#body();
    } else if (tag === RecordTag.marker) {
      const kind = this.#bytes[this.#at++] as number;
      this.#skipValues();
      this.#count(FactCount.covering);
      // The deletion that ends here was counted where it began.
      const opens = kind === 1 || kind === 7;
      if (opens) this.#deletion();
      else this.#skipDeletion();
      if (isBoundary(kind)) this.#deletion();
    } else throw tooLarge;
  }

  #body(): void {
    const flags = this.#bytes[this.#at++] as number;
    this.#rowTtl = 0;
    if ((flags & BodyFlag.hasLiveness) !== 0) this.#time();
    if ((flags & BodyFlag.expires) !== 0) {
      this.#rowTtl = this.#uvint();
      this.#rowEnd = this.#uvint();
    }
    if ((flags & BodyFlag.hasDeletion) !== 0) this.#deletion();
    for (let n = this.#uvint(); n > 0; n--) {
      this.#skipBytes();
      const tag = this.#bytes[this.#at] as number;
      if (tag < ColumnTag.complex) {
        this.#cell(false);
        continue;
      }
      this.#at++;
      if (tag === ColumnTag.complexDeleted) this.#deletion();
      for (let cells = this.#uvint(); cells > 0; cells--) this.#cell(true);
    }
  }

  #cell(hasPath: boolean): void {
    const flags = this.#bytes[this.#at++] as number;
    this.#count(FactCount.cells);
    if ((flags & CellFlag.useRowTimestamp) === 0) this.#time();
    let end = this.#rowEnd;
    let ttl = this.#rowTtl;
    if ((flags & CellFlag.useRowTtl) === 0) {
      if ((flags & (CellFlag.isDeleted | CellFlag.isExpiring)) !== 0) end = this.#uvint();
      ttl = (flags & CellFlag.isExpiring) === 0 ? 0 : this.#uvint();
    }
    if ((flags & CellFlag.isDeleted) !== 0) this.#tombstone(end);
    else if (ttl !== 0) this.#expiring(ttl, end);
    if (hasPath) this.#skipBytes();
    if ((flags & CellFlag.hasEmptyValue) === 0) this.#skipBytes();
  }

  #count(index: number): void {
    this.counts[index] = (this.counts[index] as number) + 1;
  }

  #tombstone(localDeletionTime: number): void {
    this.#count(FactCount.tombstones);
    if (localDeletionTime < this.#times.gcBefore) this.#count(FactCount.droppable);
  }

  #expiring(ttl: number, end: number): void {
    const { at, gcBefore, soonUntil } = this.#times;
    if (at >= end) {
      if (end > this.lastExpiry) this.lastExpiry = end;
      this.#count(FactCount.expired);
      // A compaction takes it for a tombstone of when it was written.
      if (end - ttl < gcBefore) this.#count(FactCount.droppable);
      return;
    }
    if (end < this.nextExpiry) this.nextExpiry = end;
    this.#count(FactCount.expiring);
    if (end <= soonUntil) this.#count(FactCount.expiringSoon);
  }

  #deletion(): void {
    this.#time();
    this.#tombstone(this.#uvint());
  }

  #skipDeletion(): void {
    this.#delta();
    this.#uvint();
  }

  #time(): void {
    this.#delta();
    const time = this.#previous;
    if (time < this.#minTime) this.#minTime = time;
    if (time > this.#maxTime) this.#maxTime = time;
    if (time > this.#times.futureAfter) this.#count(FactCount.future);
    else if (time >= MILLIS_FROM && time < MILLIS_TO) this.#count(FactCount.millis);
  }

  #delta(): void {
    const zigzag = this.#uvint();
    this.#previous += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    if (!Number.isSafeInteger(this.#previous)) throw tooLarge;
  }

  #uvint(): number {
    const first = this.#bytes[this.#at] as number;
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    const extra = Math.clz32(~(first << 24));
    if (extra >= 7) throw tooLarge;
    let value = first & (0xff >> extra);
    const end = this.#at + extra;
    for (let i = this.#at + 1; i <= end; i++) value = value * 256 + (this.#bytes[i] as number);
    this.#at = end + 1;
    return value;
  }

  #skipBytes(): void {
    const length = this.#uvint();
    this.#at += length;
  }

  #skipValues(): void {
    for (let n = this.#uvint(); n > 0; n--) {
      const size = this.#uvint();
      if (size > 1) this.#at += size - 1;
    }
  }

  /** The slower way. */
  #model(record: CanonicalRecord): void {
    if (record.type !== 'opaque') {
      this.#item(record);
      return;
    }
    const rows = new RowReader(this.#header, this.#version);
    rows.startInside();
    const r = new ByteReader(record.native);
    const item = record.head ? rows.readHead(r) : rows.readNext(r);
    if (item.type !== 'end') this.#item(item);
  }

  #item(item: PartitionHead | Unfiltered): void {
    if (item.type === 'row') {
      this.#count(FactCount.rows);
      this.#row(item);
    } else if (item.type === 'marker') {
      this.#count(FactCount.covering);
      const { kind, deletion, openingDeletion } = item;
      if (kind === 1 || kind === 7) this.#modelDeletion(deletion);
      if (openingDeletion !== null) this.#modelDeletion(openingDeletion);
    } else {
      if (item.deletion !== null) {
        this.#count(FactCount.covering);
        this.#modelDeletion(item.deletion);
      }
      if (item.staticRow !== null) this.#row(item.staticRow);
    }
  }

  #modelDeletion(deletion: { markedForDeleteAt: bigint; localDeletionTime: number }): void {
    this.#big(deletion.markedForDeleteAt);
    this.#tombstone(deletion.localDeletionTime);
  }

  #row({ liveness, deletion, columns }: Row): void {
    if (liveness !== null) this.#big(liveness.timestamp);
    if (deletion !== null) this.#modelDeletion(deletion);
    for (const { complexDeletion, cells } of columns) {
      if (complexDeletion !== null) this.#modelDeletion(complexDeletion);
      for (const cell of cells) this.#modelCell(cell, liveness?.timestamp ?? null);
    }
  }

  #modelCell({ timestamp, ttl, localDeletionTime }: Cell, rowTime: bigint | null): void {
    this.#count(FactCount.cells);
    if (timestamp !== rowTime) this.#big(timestamp);
    if (localDeletionTime === null) return;
    if (ttl === 0) this.#tombstone(localDeletionTime);
    else this.#expiring(ttl, localDeletionTime);
  }

  #big(time: bigint): void {
    if (this.#minBig === null || time < this.#minBig) this.#minBig = time;
    if (this.#maxBig === null || time > this.#maxBig) this.#maxBig = time;
    if (time > this.#times.futureAfter) this.#count(FactCount.future);
    else if (time >= MILLIS_FROM && time < MILLIS_TO) this.#count(FactCount.millis);
  }
}
