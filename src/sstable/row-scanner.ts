/**
 * Strict scan of Data.db without an object per row (format reference, section 7): every size and
 * previous size, the order of clusterings, the lengths of values, open range tombstones; and the
 * totals that Statistics.db should have.
 *
 * What is wrong but leaves the structure readable is reported, and the scan goes on. Where the
 * structure itself is lost, an SSTABLE_CORRUPT is thrown.
 */
import type { FormatVersion, SerializationHeader, Statistics } from '../components/index.js';
import { SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { CellScanner, type OpenDeletion } from './cell-scanner.js';
import { ClusteringTrack } from './clustering-track.js';
import { ColumnExtremes } from './column-extremes.js';
import { type ColumnPlan, planColumns, planValueLength } from './column-plan.js';
import { RowCursor, windowEnds } from './row-cursor.js';
import { addClusterings, addToHistogram, type ScanTotals } from './scan-totals.js';
import { SketchHashes } from './sketch-hash.js';
import { type WriterRules, writerRules } from './writer-rules.js';

/** Told what the scan meets; positions are in the uncompressed stream. */
export interface ScanListener {
  /** `key` is a view. */
  partition(position: number, key: Uint8Array, deletion: OpenDeletion | null): void;
  /** At each row or marker, before it counts; `open`: the deletion in effect before it. */
  unfiltered(position: number, track: ClusteringTrack, open: OpenDeletion | null): void;
  /** `position` is that of the end byte. */
  end(position: number, track: ClusteringTrack): void;
  fault(position: number, message: string): void;
}

const END = 0x01;
const MARKER = 0x02;
const HAS_TIMESTAMP = 0x04;
const HAS_TTL = 0x08;
const HAS_DELETION = 0x10;
const HAS_ALL = 0x20;
const HAS_COMPLEX_DELETION = 0x40;
const EXTENSION = 0x80;
const IS_STATIC = 0x01;
const IS_SHADOWABLE = 0x02;
const ROW_KIND = 4;

export class RowScanner {
  readonly #cursor = new RowCursor();
  readonly #track: ClusteringTrack;
  readonly #cells: CellScanner;
  readonly #totals: ScanTotals;
  readonly #statistics: Statistics;
  readonly #version: FormatVersion;
  readonly #listener: ScanListener;
  /** Bytes of values without a length, or -1; and how many all values must have, or -1. */
  readonly #fixedLengths: Int32Array;
  readonly #valueLengths: Int32Array;
  readonly #statics: readonly ColumnPlan[];
  readonly #regulars: readonly ColumnPlan[];
  /** Faults of the item at hand: reported when all of it is read. */
  #pending: { readonly position: number; readonly message: string }[] = [];
  /** Compactions of 6.0 write some previous sizes as 0, and tombstones in a form of their own. */
  readonly #isSix: boolean;
  readonly #rules: WriterRules;
  readonly #sketch = new SketchHashes();
  readonly #extremes: ColumnExtremes | null;
  #base = 0;
  #end = 0;
  #itemStart = 0;
  #inside = false;
  #partitionStart = 0;
  #previousStart = 0;
  #unfiltereds = 0;
  #open: OpenDeletion | null = null;

  constructor(
    statistics: Statistics,
    version: FormatVersion,
    totals: ScanTotals,
    listener: ScanListener,
  ) {
    const { header } = statistics;
    this.#statistics = statistics;
    this.#version = version;
    this.#isSix = version.hasCompressionDictionary;
    this.#totals = totals;
    this.#listener = listener;
    this.#rules = writerRules(statistics, version);
    this.#track = new ClusteringTrack(header.clusteringTypes);
    const report = (offset: number, message: string): void => this.#fault(offset, message);
    this.#cells = new CellScanner(this.#cursor, header, version, this.#rules, totals, report);
    this.#extremes = this.#rules.clusteringByColumn
      ? new ColumnExtremes(header.clusteringTypes)
      : null;
    totals.columnExtremes = this.#extremes?.none() ?? null;
    this.#fixedLengths = fixedLengths(header);
    this.#valueLengths = Int32Array.from(header.clusteringTypes, planValueLength);
    this.#statics = planColumns(header.staticColumns);
    this.#regulars = planColumns(header.regularColumns);
  }

  /** The scan stands between two items of one partition. */
  get inside(): boolean {
    return this.#inside;
  }

  /** Where the item begins that was read last, or that could not be read. */
  get itemStart(): number {
    return this.#itemStart;
  }

  /** Where the partition that the scan is in, or was in last, begins. */
  get partitionStart(): number {
    return this.#partitionStart;
  }

  /** Makes the next item a partition's head, wherever the scan stood. */
  leavePartition(): void {
    this.#inside = false;
    this.#open = null;
  }

  /** To be called when all is scanned: completes the totals. */
  finish(): void {
    this.#cells.finish();
    this.#totals.sketchHashes = this.#sketch.ordered();
    this.#totals.sketchRegisters = this.#sketch.registers();
  }

  /**
   * Scans all whole items of a window that begins at `base` in the stream; returns the bytes that
   * they take. At `end` of the stream a partition must end.
   */
  scan(window: Uint8Array, base: number, end: number): number {
    const cursor = this.#cursor;
    cursor.load(window);
    this.#base = base;
    this.#end = end;
    let done = 0;
    this.#itemStart = base;
    try {
      while (cursor.at < cursor.end) {
        this.#itemStart = base + cursor.at;
        this.#pending.length = 0;
        if (this.#inside) this.#next();
        else this.#head();
        done = cursor.at;
        if (this.#pending.length > 0) this.#report();
      }
    } catch (error) {
      if (error !== windowEnds) throw this.#placed(error);
    }
    if (base + window.length === end && (done < window.length || this.#inside)) {
      throw new SstashError('SSTABLE_TRUNCATED', 'the rows end in the middle of a partition', {
        uncompressedOffset: base + done,
      });
    }
    return done;
  }

  #report(): void {
    for (const { position, message } of this.#pending) this.#listener.fault(position, message);
  }

  /** Offsets in the window become positions in the stream. */
  #placed(error: unknown): unknown {
    if (!(error instanceof SstashError) || error.offset === undefined) return error;
    const uncompressedOffset = this.#base + error.offset;
    return new SstashError(error.code, error.message, { uncompressedOffset });
  }

  #damage(offset: number, message: string): SstashError {
    return new SstashError('SSTABLE_CORRUPT', message, { offset });
  }

  #fault(offset: number, message: string): void {
    this.#pending.push({ position: this.#base + offset, message });
  }

  #head(): void {
    const cursor = this.#cursor;
    const totals = this.#totals;
    const start = cursor.at;
    cursor.need(2);
    const length = cursor.view.getUint16(start);
    cursor.at = start + 2 + length;
    cursor.need(1);
    const key = cursor.bytes.subarray(start + 2, start + 2 + length);
    const deletion = this.#partitionDeletion();
    this.#cells.cells = 0;
    this.#cells.beginRow();
    if (this.#statics.length > 0) this.#staticRow(deletion);
    else this.#recordDeletion(deletion);
    totals.partitions++;
    this.#sketch.add(key);
    this.#inside = true;
    this.#open = null;
    this.#unfiltereds = 0;
    this.#partitionStart = this.#base + start;
    this.#previousStart = this.#partitionStart;
    this.#track.startPartition();
    this.#listener.partition(this.#partitionStart, key, deletion);
  }

  #partitionDeletion(): OpenDeletion | null {
    const cursor = this.#cursor;
    const start = cursor.at;
    const { view } = cursor;
    if (this.#version.hasUIntDeletionTime) {
      const first = cursor.u8();
      if (first === 0x80) return null;
      if (first > 0x80) throw this.#damage(start, `a deletion begins with ${first}`);
      cursor.need(11);
      cursor.at = start + 12;
      const markedForDeleteAt = view.getBigInt64(start);
      return { markedForDeleteAt, localDeletionTime: view.getUint32(start + 8) };
    }
    cursor.need(12);
    cursor.at = start + 12;
    const localDeletionTime = view.getUint32(start);
    // In halves: no bigint for live partitions, which most are.
    if (view.getUint32(start + 4) !== 0x80000000 || view.getUint32(start + 8) !== 0) {
      return { markedForDeleteAt: view.getBigInt64(start + 4), localDeletionTime };
    }
    if (localDeletionTime === 0x7fffffff) return null;
    throw this.#damage(start, `a live deletion with local time ${localDeletionTime}`);
  }

  #recordDeletion(deletion: OpenDeletion | null): void {
    if (deletion === null) return;
    this.#totals.hasPartitionDeletions = true;
    this.#cells.record(deletion.markedForDeleteAt, deletion.localDeletionTime);
  }

  /** The deletion of the partition counts before its static row. */
  #staticRow(deletion: OpenDeletion | null): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const flags = cursor.u8();
    if ((flags & EXTENSION) === 0 || cursor.u8() !== IS_STATIC || (flags & (END | MARKER)) !== 0) {
      throw this.#damage(start, 'a static row must stand here');
    }
    const fits = (): void => this.#recordDeletion(deletion);
    if (this.#body(start, flags, this.#statics, 0, false, fits)) this.#totals.rows++;
    else this.#totals.emptyStatics++;
  }

  #next(): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const position = this.#base + start;
    const flags = cursor.u8();
    if ((flags & END) !== 0) {
      if (flags !== END) throw this.#damage(start, `end flags are ${flags}`);
      this.#endPartition(position);
      return;
    }
    if ((flags & MARKER) !== 0) {
      if (flags !== MARKER) throw this.#damage(start, `marker flags are ${flags}`);
      this.#marker(start, position);
    } else {
      const extended = (flags & EXTENSION) !== 0 ? cursor.u8() : 0;
      if ((extended & ~IS_SHADOWABLE) !== 0) {
        throw this.#damage(start, `extended flags are ${extended}`);
      }
      this.#clustering(ROW_KIND, this.#fixedLengths.length);
      this.#cells.beginRow();
      this.#body(start, flags, this.#regulars, position - this.#previousStart, extended !== 0);
      this.#totals.rows++;
      this.#place(start);
    }
    this.#previousStart = position;
    this.#unfiltereds++;
  }

  /** The clustering at hand takes its place behind the one before. */
  #place(start: number): void {
    const track = this.#track;
    this.#listener.unfiltered(this.#base + start, track, this.#open);
    const extremes = this.#totals.columnExtremes;
    if (extremes !== null) this.#extremes?.add(extremes, track.current().values);
    // Clusterings ascend, so only the first and the last of a partition can be extremes.
    if (this.#unfiltereds === 0 && this.#fixedLengths.length > 0) {
      addClusterings(this.#totals, track.compare, track.current(), null);
    }
    if (!track.advance()) this.#fault(start, 'the clustering is not above the one before');
  }

  #endPartition(position: number): void {
    const totals = this.#totals;
    const offset = position - this.#base;
    if (this.#open !== null) {
      this.#fault(offset, 'a range tombstone is still open at the end of its partition');
    }
    if (this.#fixedLengths.length > 0) {
      addClusterings(totals, this.#track.compare, null, this.#track.previous());
    }
    const { estimatedPartitionSize, estimatedCellCount } = this.#statistics.stats;
    const size = position + 1 - this.#partitionStart;
    addToHistogram(totals.partitionSizes, estimatedPartitionSize.offsets, size);
    addToHistogram(totals.cellCounts, estimatedCellCount.offsets, this.#cells.cells);
    this.#inside = false;
    this.#listener.end(position, this.#track);
  }

  /** Reads the values block of `count` clustering values into the track. */
  #clustering(kind: number, count: number): void {
    const cursor = this.#cursor;
    this.#track.begin(cursor.bytes, cursor.view, kind, count);
    for (let first = 0; first < count; first += 32) {
      const at = cursor.at;
      const batch = Math.min(32, count - first);
      const header = cursor.uvint();
      if (header === 0) {
        for (let i = first; i < first + batch; i++) this.#clusteringValue(i);
        continue;
      }
      let bits = header < 0 ? cursor.big : BigInt(header);
      if (bits >> BigInt(2 * batch) !== 0n) {
        throw this.#damage(at, `the clustering header has bits for more than ${batch} values`);
      }
      for (let i = first; i < first + batch; i++) {
        const state = Number(bits & 3n);
        bits >>= 2n;
        if (state === 3) throw this.#damage(at, 'a clustering value is both empty and null');
        if (state === 0) this.#clusteringValue(i);
        else this.#track.set(i, cursor.at, state === 2 ? -1 : 0);
      }
    }
  }

  #clusteringValue(i: number): void {
    const cursor = this.#cursor;
    const fixed = this.#fixedLengths[i] ?? -1;
    const length = fixed < 0 ? this.#length('clustering value') : fixed;
    const wanted = this.#valueLengths[i] ?? -1;
    if (wanted >= 0 && length !== wanted) {
      this.#fault(cursor.at, `clustering value ${i} has ${length} bytes instead of ${wanted}`);
    }
    cursor.need(length);
    this.#track.set(i, cursor.at, length);
    cursor.at += length;
  }

  #length(what: string): number {
    const { at } = this.#cursor;
    const length = this.#cursor.uvint();
    if (length >= 0 && length <= LIMITS.rowBytesMax) return length;
    throw this.#damage(at, `the length of a ${what} is above the limit rowBytesMax`);
  }

  /** Size and previous size of an item; returns where it must end, which is in the window. */
  #sizes(start: number, expectedPrevious: number, what: string): number {
    const cursor = this.#cursor;
    const size = this.#length(what);
    // Before a window is made that large.
    if (this.#base + cursor.at + size > this.#end) {
      throw this.#damage(start, `the ${what} of ${size} bytes ends behind the rows`);
    }
    cursor.need(size);
    const end = cursor.at + size;
    const previous = cursor.uvint();
    if (previous !== expectedPrevious && !(previous === 0 && this.#isSix)) {
      const found = previous < 0 ? cursor.big : previous;
      this.#fault(start, `the previous size is ${found} instead of ${expectedPrevious}`);
    }
    return end;
  }

  /** Runs `read` with the window cut off at the item's end, where it must arrive. */
  #within<R>(end: number, what: string, read: () => R): R {
    const cursor = this.#cursor;
    const windowEnd = cursor.end;
    cursor.end = end;
    try {
      const result = read();
      if (cursor.at === end) return result;
      throw this.#damage(
        cursor.at,
        `the ${what} ends ${end - cursor.at} bytes before its size says`,
      );
    } catch (error) {
      if (error !== windowEnds) throw error;
      throw this.#damage(cursor.at, `the ${what} is longer than its size says`);
    } finally {
      cursor.end = windowEnd;
    }
  }

  #marker(start: number, position: number): void {
    const cursor = this.#cursor;
    const cells = this.#cells;
    const kind = cursor.u8();
    if (kind > 7 || kind === 3 || kind === 4) {
      throw this.#damage(start + 1, `${kind} is not the kind of a bound`);
    }
    cursor.need(2);
    const count = cursor.view.getUint16(cursor.at);
    cursor.at += 2;
    if (count > this.#fixedLengths.length) {
      throw this.#damage(start + 2, `${count} clustering values are too many`);
    }
    this.#clustering(kind, count);
    const end = this.#sizes(start, position - this.#previousStart, 'marker');
    const isBoundary = kind === 2 || kind === 5;
    const [first, second] = this.#within(end, 'marker', () => [
      cells.readDeletion(),
      isBoundary ? cells.readDeletion() : null,
    ]);
    cells.record(first.markedForDeleteAt, first.localDeletionTime);
    if (second !== null) cells.record(second.markedForDeleteAt, second.localDeletionTime);
    this.#place(start);
    if (kind === 1 || kind === 7) {
      if (this.#open !== null) this.#fault(start, 'a range tombstone opens inside another');
      this.#open = first;
    } else {
      this.#closes(start, first);
      this.#open = second;
    }
  }

  /** An end must repeat the deletion of its start. */
  #closes(start: number, closed: OpenDeletion): void {
    const open = this.#open;
    if (open === null) {
      this.#fault(start, 'a range tombstone ends that was not open');
    } else if (
      open.markedForDeleteAt !== closed.markedForDeleteAt ||
      open.localDeletionTime !== closed.localDeletionTime
    ) {
      this.#fault(start, 'a range tombstone ends with another deletion than it began with');
    }
  }

  /**
   * A row behind its clustering. True when it has liveness, a deletion or a column. `fits` is called
   * as soon as all of it is known to be in the window.
   */
  #body(
    start: number,
    flags: number,
    columns: readonly ColumnPlan[],
    previous: number,
    shadowable: boolean,
    fits?: () => void,
  ): boolean {
    const end = this.#sizes(start, previous, 'row');
    fits?.();
    const present = this.#within(end, 'row', () => this.#content(start, flags, columns));
    if (shadowable && (flags & HAS_DELETION) === 0) {
      this.#fault(start, 'a shadowable deletion is missing');
    }
    return present > 0 || (flags & (HAS_TIMESTAMP | HAS_DELETION)) !== 0;
  }

  #content(start: number, flags: number, columns: readonly ColumnPlan[]): number {
    const cells = this.#cells;
    if ((flags & HAS_TIMESTAMP) !== 0) cells.liveness((flags & HAS_TTL) !== 0);
    else if ((flags & HAS_TTL) !== 0) throw this.#damage(start, 'a row has a TTL but no liveness');
    if ((flags & HAS_DELETION) !== 0) cells.deletion();
    return cells.columns(columns, (flags & HAS_ALL) !== 0, (flags & HAS_COMPLEX_DELETION) !== 0);
  }
}

function fixedLengths(header: SerializationHeader): Int32Array {
  return Int32Array.from(header.clusteringTypes, (type) => type.fixedLength);
}
