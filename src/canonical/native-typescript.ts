/**
 * The encoder of native.ts in TypeScript: what specifies the kernel, and says what is wrong with bytes
 * that are no records. Records go straight to native bytes, without a model between. The row format
 * is in components/data/row-reader.ts.
 *
 * Three things stand in native bytes before what they depend on: the size of a row, its column
 * subset, and whether its complex columns carry deletions. Each is taken to be as long as in the row
 * before; where that was wrong, what follows it moves, or the columns are written again.
 */
import {
  CellFlag,
  EPOCH_TIMESTAMP,
  ExtendedFlag,
  isBoundary,
  isBoundKind,
  RowFlag,
} from '../components/index.js';
import type { ErrorDetails } from '../errors.js';
import { columnTables, type NativeColumns } from './native-columns.js';
import { NativeCursor, uint31Length } from './native-cursor.js';
import type { Encoder, EncoderState, NativeEncoderOptions } from './native-types.js';
import { BodyFlag, ColumnTag, HeadFlag, isBodyFlags, RecordTag } from './tags.js';

const EPOCH_HIGH = Number(BigInt.asIntN(32, EPOCH_TIMESTAMP >> 32n));
const EPOCH_LOW = Number(BigInt.asIntN(32, EPOCH_TIMESTAMP));
/** Halves of the time of a deletion that deletes nothing. */
const NO_TIME_HIGH = -(2 ** 31);
const NO_TIME_LOW = 0;
const LIVE_LEGACY = 0x7fffffff;
const LIVE_BYTE = 0x80;
const MORTAL = CellFlag.isDeleted | CellFlag.isExpiring;

export class TypeScriptNativeEncoder implements Encoder {
  readonly #c: NativeCursor;
  readonly #statics: NativeColumns;
  readonly #regulars: NativeColumns;
  readonly #fixed: Int32Array;
  readonly #minHigh: number;
  readonly #minLow: number;
  readonly #minDeletionTime: number;
  readonly #minTtl: number;
  readonly #unsigned: boolean;
  readonly #liveDeletion: number;
  #window = new Uint8Array(0);
  #insidePartition = false;
  /** Native length of the record before, which the next one's previous size is. */
  #previousSize = 0;
  /** Bytes of the size of the row before. */
  #sizeLength = 1;

  constructor(options: NativeEncoderOptions, where: ErrorDetails = {}) {
    const { header, version } = options;
    const { names, statics, regulars } = columnTables(header);
    this.#c = new NativeCursor(names, where);
    this.#statics = statics;
    this.#regulars = regulars;
    this.#fixed = Int32Array.from(header.clusteringTypes, (type) => type.fixedLength);
    this.#minHigh = Number(BigInt.asIntN(32, header.minTimestamp >> 32n));
    this.#minLow = Number(BigInt.asIntN(32, header.minTimestamp));
    this.#minDeletionTime = header.minLocalDeletionTime;
    this.#minTtl = header.minTTL;
    this.#unsigned = version.hasUIntDeletionTime;
    this.#liveDeletion = options.liveComplexDeletionTime | 0;
  }

  window(length: number): Uint8Array {
    if (length > this.#window.length) this.#window = new Uint8Array(length);
    return this.#window.subarray(0, length);
  }

  push(input: Uint8Array): Uint8Array {
    const c = this.#c;
    c.load(input);
    while (c.p < c.end) this.#record();
    return c.output();
  }

  finish(): Uint8Array {
    this.#c.load(new Uint8Array(0));
    this.#endPartition();
    return this.#c.output();
  }

  get state(): EncoderState {
    return { inside: this.#insidePartition, previousSize: this.#previousSize };
  }

  set state({ inside, previousSize }: EncoderState) {
    this.#insidePartition = inside;
    this.#previousSize = previousSize;
  }

  close(): void {}

  #record(): void {
    const c = this.#c;
    c.room(64);
    c.previousHigh = EPOCH_HIGH;
    c.previousLow = EPOCH_LOW;
    const tag = c.view.getUint8(c.p);
    const isHead = tag === RecordTag.head || tag === RecordTag.opaqueHead;
    if (isHead) this.#endPartition();
    else if (!this.#insidePartition) throw c.corrupt('the first record is not in a partition');
    c.p++;
    const start = c.o;
    if (tag === RecordTag.row) this.#row();
    else if (tag === RecordTag.head) this.#head();
    else if (tag === RecordTag.marker) this.#marker();
    else if (tag === RecordTag.opaque || tag === RecordTag.opaqueHead) {
      c.copy(c.readLength('length of an opaque record'));
    } else {
      throw c.corrupt(`record tag ${tag}`);
    }
    if (c.p > c.end) throw c.corrupt('it ends too early');
    this.#insidePartition = true;
    this.#previousSize = c.o - start;
  }

  #endPartition(): void {
    if (this.#insidePartition) this.#c.writeUint31(RowFlag.endOfPartition);
    this.#insidePartition = false;
  }

  #head(): void {
    const c = this.#c;
    const length = c.readLength('length of a key');
    if (length > 0xffff) throw c.corrupt(`a key of ${length} bytes`);
    c.view.setUint16(c.o, length);
    c.o += 2;
    c.copy(length);
    const flags = c.view.getUint8(c.p);
    c.p++;
    if (flags > 3) throw c.corrupt(`head flags ${flags}`);
    this.#partitionDeletion((flags & HeadFlag.hasDeletion) !== 0);
    const columns = this.#statics;
    if ((flags & HeadFlag.hasStaticRow) !== 0) {
      if (columns.count === 0) throw c.corrupt('a static row, but no static columns');
      const flagsAt = this.#flags(true, ExtendedFlag.isStatic);
      this.#body(columns, flagsAt, ExtendedFlag.isStatic, 0);
    } else if (columns.count > 0) {
      this.#emptyStaticRow(columns);
    }
  }

  #partitionDeletion(deleted: boolean): void {
    const c = this.#c;
    c.room(64);
    if (this.#unsigned && !deleted) {
      c.view.setUint8(c.o++, LIVE_BYTE);
      return;
    }
    let high = NO_TIME_HIGH;
    let low = NO_TIME_LOW;
    let local = LIVE_LEGACY;
    if (deleted) {
      c.readTime();
      high = c.previousHigh;
      low = c.previousLow;
      local = c.readUint32('local deletion time');
      if (this.#unsigned && high < 0) throw c.corrupt('a partition deletion before 1970');
    }
    const at = this.#unsigned ? c.o : c.o + 4;
    c.view.setInt32(at, high);
    c.view.setInt32(at + 4, low);
    c.view.setInt32(this.#unsigned ? c.o + 8 : c.o, local);
    c.o += 12;
  }

  #emptyStaticRow(columns: NativeColumns): void {
    const c = this.#c;
    this.#flags(true, ExtendedFlag.isStatic);
    const subset = columns.subsetBytes(0);
    c.room(subset + 16);
    c.writeUint31(1 + subset);
    c.writeUint31(0);
    columns.writeSubset(c, 0);
  }

  /** Leaves room for a row's flags; writes the extended ones. Returns where the flags go. */
  #flags(extended: boolean, extendedFlags: number): number {
    const c = this.#c;
    const at = c.o;
    c.view.setUint8(at, RowFlag.extension);
    if (extended) c.view.setUint8(at + 1, extendedFlags);
    c.o = at + (extended ? 2 : 1);
    return at;
  }

  #row(): void {
    const c = this.#c;
    const flagsAt = c.o++;
    const count = c.readLength('number of clustering values');
    if (count !== this.#fixed.length) throw c.corrupt(`${count} clustering values`);
    if (count > 0) this.#clustering(count);
    let extended = 0;
    if ((c.view.getUint8(c.p) & BodyFlag.shadowable) !== 0) {
      extended = ExtendedFlag.shadowable;
      c.move(flagsAt + 1, flagsAt + 2);
    }
    this.#body(this.#regulars, flagsAt, extended, this.#previousSize);
  }

  #marker(): void {
    const c = this.#c;
    const kind = c.view.getUint8(c.p++);
    if (!isBoundKind(kind)) throw c.corrupt(`bound kind ${kind}`);
    const count = c.readLength('number of clustering values');
    if (count > this.#fixed.length) throw c.corrupt(`${count} clustering values`);
    c.view.setUint8(c.o, RowFlag.isMarker);
    c.view.setUint8(c.o + 1, kind);
    c.view.setUint16(c.o + 2, count);
    c.o += 4;
    this.#clustering(count);
    c.room(64);
    const sizeAt = c.o++;
    c.writeUint31(this.#previousSize);
    this.#deletion();
    if (isBoundary(kind)) this.#deletion();
    // At most 41 bytes: the size takes one.
    c.view.setUint8(sizeAt, c.o - sizeAt - 1);
  }

  /** Values in batches of 32, each behind a header that tells empty and null ones. */
  #clustering(count: number): void {
    const c = this.#c;
    const fixed = this.#fixed;
    for (let first = 0; first < count; first += 32) {
      c.room(64);
      const headerAt = c.o++;
      const batch = Math.min(32, count - first);
      let high = 0;
      let low = 0;
      for (let i = 0; i < batch; i++) {
        const stored = c.readLength('length of a clustering value');
        if (stored > 1) {
          this.#value(stored - 1, fixed[first + i] as number);
          continue;
        }
        const state = stored === 0 ? 2 : 1;
        if (i < 16) low |= state << (2 * i);
        else high |= state << (2 * i - 32);
        if (c.p > c.end) throw c.corrupt('it ends too early');
      }
      if (high === 0 && low >= 0 && low < 0x80) {
        c.view.setUint8(headerAt, low);
        continue;
      }
      this.#longHeader(headerAt, high, low);
    }
  }

  #longHeader(at: number, high: number, low: number): void {
    const c = this.#c;
    const end = c.o;
    c.writeVint(high, low);
    const length = c.o - end;
    c.o = end;
    c.move(at + 1, at + length);
    const after = c.o;
    c.o = at;
    c.writeVint(high, low);
    c.o = after;
  }

  /** A value of `length` bytes, of which native bytes tell the length where `fixed` is -1. */
  #value(length: number, fixed: number): void {
    const c = this.#c;
    if (fixed < 0) c.writeUint31(length);
    else if (fixed !== length) throw c.corrupt(`a value of ${length} bytes, not ${fixed}`);
    c.copy(length);
  }

  /** A row's body behind its flags and clustering; sets the flags. */
  #body(columns: NativeColumns, flagsAt: number, extended: number, previous: number): void {
    const c = this.#c;
    c.room(128);
    const bodyFlags = c.view.getUint8(c.p++);
    if (!isBodyFlags(bodyFlags)) throw c.corrupt(`row flags ${bodyFlags}`);
    // A static row has its extension whatever else it says.
    const shadowable = (bodyFlags & BodyFlag.shadowable) !== 0 ? ExtendedFlag.shadowable : 0;
    const extendedFlags = extended | shadowable;
    const sizeAt = c.o;
    const bodyAt = sizeAt + this.#sizeLength;
    c.o = bodyAt;
    c.writeUint31(previous);
    if ((bodyFlags & BodyFlag.hasLiveness) !== 0) {
      this.#time();
      if ((bodyFlags & BodyFlag.expires) !== 0) {
        this.#ttl();
        this.#localDeletionTime();
      }
    }
    if ((bodyFlags & BodyFlag.hasDeletion) !== 0) this.#deletion();
    const hasAll = this.#columns(columns);
    let flags = (bodyFlags & 7) << 2;
    if (hasAll) flags |= RowFlag.hasAllColumns;
    if (columns.complexDeletions) flags |= RowFlag.hasComplexDeletion;
    if (extendedFlags !== 0) {
      flags |= RowFlag.extension;
      c.view.setUint8(flagsAt + 1, extendedFlags);
    }
    c.view.setUint8(flagsAt, flags);
    this.#size(sizeAt, bodyAt);
  }

  /** Writes the size of the body, which begins at `bodyAt`, at `sizeAt`. */
  #size(sizeAt: number, bodyAt: number): void {
    const c = this.#c;
    const size = c.o - bodyAt;
    const length = uint31Length(size);
    if (length !== this.#sizeLength) {
      c.move(bodyAt, sizeAt + length);
      this.#sizeLength = length;
    }
    const end = c.o;
    c.o = sizeAt;
    c.writeUint31(size);
    c.o = end;
  }

  /** Subset and columns; whether the row has all. */
  #columns(columns: NativeColumns): boolean {
    const c = this.#c;
    const { p, o, previousHigh, previousLow } = c;
    if (this.#tryColumns(columns)) return this.#allPresent;
    c.p = p;
    c.o = o;
    c.previousHigh = previousHigh;
    c.previousLow = previousLow;
    columns.complexDeletions = !columns.complexDeletions;
    this.#tryColumns(columns);
    return this.#allPresent;
  }

  #allPresent = false;

  /** False when the row's complex columns have deletions and `columns` says no, or the reverse. */
  #tryColumns(columns: NativeColumns): boolean {
    const c = this.#c;
    const { count, present, complex, fixed, complexDeletions } = columns;
    const n = c.readLength('number of columns');
    if (n > count) throw c.corrupt(`${n} columns where the header has ${count}`);
    this.#allPresent = n === count;
    const subsetAt = c.o;
    const columnsAt = n === count ? subsetAt : subsetAt + columns.subsetLength;
    c.room(columns.subsetLength + 64);
    c.o = columnsAt;
    let deleted = false;
    let previous = -1;
    for (let k = 0; k < n; k++) {
      previous = columns.find(c, previous);
      if (c.p >= c.end) throw c.corrupt('it ends too early');
      present[k] = previous;
      if (complex[previous] === 0) {
        this.#cell(fixed[previous] as number, false);
        continue;
      }
      if (this.#complexColumn(complexDeletions)) deleted = true;
      if (deleted && !complexDeletions) return false;
    }
    if (deleted !== complexDeletions) return false;
    if (n !== count) this.#subset(columns, n, subsetAt, columnsAt);
    return true;
  }

  #subset(columns: NativeColumns, n: number, at: number, columnsAt: number): void {
    const c = this.#c;
    const length = columns.subsetBytes(n);
    c.room(length);
    if (length !== columns.subsetLength) {
      c.move(columnsAt, at + length);
      columns.subsetLength = length;
    }
    const end = c.o;
    c.o = at;
    columns.writeSubset(c, n);
    c.o = end;
  }

  /** A complex column behind its name; whether it has a deletion. */
  #complexColumn(withDeletion: boolean): boolean {
    const c = this.#c;
    c.room(64);
    const tag = c.view.getUint8(c.p++);
    const deleted = tag === ColumnTag.complexDeleted;
    if (!deleted && tag !== ColumnTag.complex) throw c.corrupt(`column tag ${tag}`);
    if (deleted) {
      if (!withDeletion) return true;
      this.#deletion();
    } else if (withDeletion) {
      this.#writeTime(NO_TIME_HIGH, NO_TIME_LOW);
      c.writeInt32((this.#liveDeletion - this.#minDeletionTime) | 0);
    }
    const count = c.readLength('number of cells');
    c.writeUint31(count);
    for (let i = 0; i < count; i++) {
      if (c.p >= c.end) throw c.corrupt('it ends too early');
      this.#cell(-1, true);
    }
    return deleted;
  }

  #cell(fixed: number, complex: boolean): void {
    const c = this.#c;
    c.room(64);
    const flags = c.view.getUint8(c.p++);
    if (flags > 0x1f) throw c.corrupt(`cell flags ${flags}`);
    c.view.setUint8(c.o++, flags);
    if ((flags & CellFlag.useRowTimestamp) === 0) this.#time();
    if ((flags & CellFlag.useRowTtl) === 0 && (flags & MORTAL) !== 0) {
      this.#localDeletionTime();
      if ((flags & CellFlag.isExpiring) !== 0) this.#ttl();
    }
    if (complex) this.#value(c.readLength('length of a cell path'), -1);
    if ((flags & CellFlag.hasEmptyValue) === 0)
      this.#value(c.readLength('length of a value'), fixed);
  }

  #deletion(): void {
    this.#time();
    this.#localDeletionTime();
  }

  #time(): void {
    const c = this.#c;
    c.readTime();
    this.#writeTime(c.previousHigh, c.previousLow);
  }

  #writeTime(high: number, low: number): void {
    const borrow = low >>> 0 < this.#minLow >>> 0 ? 1 : 0;
    this.#c.writeVint((high - this.#minHigh - borrow) | 0, (low - this.#minLow) | 0);
  }

  #localDeletionTime(): void {
    const c = this.#c;
    c.writeInt32((c.readUint32('local deletion time') - this.#minDeletionTime) | 0);
  }

  #ttl(): void {
    const c = this.#c;
    c.writeInt32((c.readUint32('TTL') - this.#minTtl) | 0);
  }
}
