/**
 * The usual rows and partition heads straight from Data.db to sstabledump's JSON, several times
 * faster than through the row model: no object per row, no string per value.
 *
 * Usual is: no row deletion, no complex columns with cells, fewer than 49 columns, times between 1970
 * and 9999. For anything else, and for everything that may be damage, `row` and `head` write nothing
 * and answer -1: then RowReader and SstabledumpWriter have the item, which are the specification.
 */
import type { ByteReader } from '../../../binary/index.js';
import type { ColumnDefinition, FormatVersion } from '../../../components/index.js';
import { jsonWriter, quoteName, type TextWriter } from '../../../cql/index.js';
import { isSstashError } from '../../../errors.js';
import { type ByteOutput, Literal } from '../byte-output.js';
import { dumpDialect } from '../dialect.js';
import { jsonString } from '../json-text.js';
import type { DumpStyle } from '../row-writer.js';
import { Cursor } from './cursor.js';
import { FastHead } from './head.js';
import { FastTimes } from './times.js';
import { type FastValue, fastValue, roomFor } from './values.js';

const FIRST_ROW = new Literal('\n      {\n        "type" : "row",\n        "position" : ');
const NEXT_ROW = new Literal(',\n      {\n        "type" : "row",\n        "position" : ');
const CLUSTERING = new Literal(',\n        "clustering" : [ ');
const COMMA = new Literal(', ');
const CLUSTERING_END = new Literal(' ]');
const LIVENESS = new Literal(',\n        "liveness_info" : { "tstamp" : "');
const TTL = new Literal(', "ttl" : ');
const EXPIRES = new Literal(', "expires_at" : "');
const EXPIRED = new Literal('", "expired" : true');
const NOT_EXPIRED = new Literal('", "expired" : false');
const OBJECT_END = new Literal(' }');
const CELLS = new Literal(',\n        "cells" : [');
const CELLS_END = new Literal('\n        ]\n      }');
const NO_CELLS = new Literal(',\n        "cells" : [ ]\n      }');
const VALUE = new Literal(', "value" : ');
const DELETED = new Literal(', "deletion_info" : { "local_delete_time" : "');
const DELETED_END = new Literal('" }');
const TSTAMP = new Literal(', "tstamp" : "');
const DELETED_TSTAMP = new Literal(',\n            "tstamp" : "');
const DELETED_CELL_END = new Literal('\n          }');
const QUOTE = 0x22;
const CELL_COMMA = 0x2c;

/** Flags of rows (format reference, 7.3) that are done here: liveness, TTL, all columns. */
const ROW_FLAGS = 0x04 | 0x08 | 0x20;
const HAS_TIMESTAMP = 0x04;
const HAS_TTL = 0x08;
const HAS_ALL_COLUMNS = 0x20;
/** Flags of cells (7.7). */
const IS_DELETED = 0x01;
const IS_EXPIRING = 0x02;
const HAS_EMPTY_VALUE = 0x04;
const USE_ROW_TIMESTAMP = 0x08;
const USE_ROW_TTL = 0x10;

/** Bits of a column subset that are read as a number. */
const COLUMNS_MAX = 48;
/** Room for the fixed texts of a row, and of a cell, beside names and values. */
const ROW_ROOM = 512;
const CELL_ROOM = 256;

interface FastColumn {
  readonly complex: boolean;
  readonly fixedLength: number;
  /** `<newline>{ "name" : "x"` */
  readonly start: Literal;
  readonly write: FastValue;
  readonly slow: TextWriter;
}

export class FastRows {
  readonly #style: DumpStyle;
  readonly #columns: readonly FastColumn[];
  readonly #clustering: readonly FastColumn[];
  readonly #times = new FastTimes();
  readonly #cursor = new Cursor();
  readonly #head: FastHead;
  readonly #minTimestamp: number;
  /** Room for the names of all columns. */
  readonly #room: number;
  #rowTimestamp = 0;
  #rowTtl = 0;
  #rowExpires = 0;

  private constructor(style: DumpStyle, version: FormatVersion) {
    const { header } = style;
    this.#style = style;
    this.#minTimestamp = Number(header.minTimestamp);
    this.#head = new FastHead(style, version);
    const { texts, reserved } = dumpDialect(style.dialect);
    const column = (
      type: ColumnDefinition['type'],
      name: string,
      complex: boolean,
    ): FastColumn => ({
      complex,
      fixedLength: type.fixedLength,
      start: new Literal(`\n          { "name" : ${jsonString(quoteName(name, reserved))}`),
      write: fastValue(type, this.#times),
      slow: jsonWriter(type, texts),
    });
    this.#columns = header.regularColumns.map((each) => column(each.type, each.text, each.complex));
    this.#clustering = header.clusteringTypes.map((type) => column(type, '', false));
    this.#room = this.#columns.reduce((sum, { start }) => sum + start.length + CELL_ROOM, ROW_ROOM);
  }

  /** Null where nothing of an SSTable or of a style can be done here. */
  static create(style: DumpStyle, version: FormatVersion): FastRows | null {
    const { header, rawTime, tombstonesOnly } = style;
    if (rawTime || tombstonesOnly) return null;
    const { stringsOnly, firstRowIsReadAhead } = dumpDialect(style.dialect);
    if (stringsOnly || firstRowIsReadAhead) return null;
    if (header.regularColumns.length > COLUMNS_MAX || header.clusteringTypes.length > 24)
      return null;
    if (!Number.isSafeInteger(Number(header.minTimestamp))) return null;
    const names = [style.sstable ?? '', ...header.regularColumns.map(({ text }) => text)];
    if (!names.every(Literal.isPossible)) return null;
    return new FastRows(style, version);
  }

  /** The head at `offset` of a window; the offset behind it, or -1. */
  head(window: ByteReader, offset: number, position: number, output: ByteOutput): number {
    const before = output.length;
    let next = -1;
    try {
      next = this.#head.write(window, offset, position, output);
    } catch (error) {
      // A value that is none of its type: the general way says so again, with its place.
      if (!isSstashError(error)) throw error;
    }
    if (next < 0) output.length = before;
    return next;
  }

  /** The row at `offset` of a window; the offset behind it, or -1. */
  row(
    window: ByteReader,
    offset: number,
    position: number,
    output: ByteOutput,
    started: boolean,
  ): number {
    const before = output.length;
    let next = -1;
    try {
      next = this.#row(window, offset, position, output, started);
    } catch (error) {
      if (!isSstashError(error)) throw error;
    }
    if (next < 0) output.length = before;
    return next;
  }

  #row(
    window: ByteReader,
    offset: number,
    position: number,
    output: ByteOutput,
    started: boolean,
  ): number {
    const { bytes } = window;
    const flags = bytes[offset] as number;
    if ((flags & ~ROW_FLAGS) !== 0 || (flags & 0x0c) === HAS_TTL) return -1;
    const cursor = this.#cursor;
    cursor.reset(window, offset + 1);
    output.ensure(ROW_ROOM);
    output.literal(started ? NEXT_ROW : FIRST_ROW);
    output.integer(position);
    if (this.#clustering.length > 0 && !this.#writeClustering(output)) return -1;
    const size = cursor.vint();
    const end = cursor.at + size;
    if (size < 0 || end > bytes.length || cursor.vint() < 0) return -1;
    cursor.end = end;
    output.ensure(this.#room + roomFor(size));
    if ((flags & HAS_TIMESTAMP) !== 0 && !this.#writeLiveness(output, flags)) return -1;
    const missing = (flags & HAS_ALL_COLUMNS) !== 0 ? 0 : cursor.vint();
    if (missing < 0 || !this.#writeCells(output, flags, missing)) return -1;
    return cursor.at === end ? end : -1;
  }

  /** One batch of up to 32 values: 2 bits for each, 0 = it has bytes (format reference, 5.2). */
  #writeClustering(output: ByteOutput): boolean {
    const cursor = this.#cursor;
    if (cursor.vint() !== 0) return false;
    output.literal(CLUSTERING);
    for (let i = 0; i < this.#clustering.length; i++) {
      if (i > 0) output.literal(COMMA);
      if (!this.#writeValue(output, this.#clustering[i] as FastColumn)) return false;
    }
    output.ensure(ROW_ROOM);
    output.literal(CLUSTERING_END);
    return true;
  }

  #writeValue(output: ByteOutput, column: FastColumn): boolean {
    const cursor = this.#cursor;
    const length = column.fixedLength < 0 ? cursor.vint() : column.fixedLength;
    const start = cursor.at;
    if (length < 0 || start + length > cursor.end) return false;
    cursor.at = start + length;
    output.ensure(roomFor(length));
    if (length > 0 && column.write(output, cursor.view, start, cursor.at)) return true;
    output.text(column.slow(cursor.bytes.subarray(start, cursor.at)));
    return true;
  }

  /** A write time as a number, or -1. */
  #timestamp(): number {
    const delta = this.#cursor.vint();
    const value = this.#minTimestamp + delta;
    return delta >= 0 && Number.isSafeInteger(value) && FastTimes.holds(value / 1e6) ? value : -1;
  }

  /** A time in seconds, or -1; those that are negative in one way of reading are not done here. */
  #localTime(): number {
    const delta = this.#cursor.vint();
    const value = this.#style.header.minLocalDeletionTime + delta;
    return delta >= 0 && value >= 0 && value < 2 ** 31 - 1 ? value : -1;
  }

  #ttl(): number {
    const delta = this.#cursor.vint();
    const value = this.#style.header.minTTL + delta;
    return delta >= 0 && value > 0 && value < 2 ** 31 ? value : -1;
  }

  #writeLiveness(output: ByteOutput, flags: number): boolean {
    const timestamp = this.#timestamp();
    if (timestamp < 0) return false;
    this.#rowTimestamp = timestamp;
    output.literal(LIVENESS);
    this.#times.micros(output, timestamp);
    output.byte(QUOTE);
    if ((flags & HAS_TTL) !== 0) {
      this.#rowTtl = this.#ttl();
      if (this.#rowTtl < 0) return false;
      this.#rowExpires = this.#localTime();
      if (this.#rowExpires < 0) return false;
      this.#writeExpiry(output, this.#rowTtl, this.#rowExpires, this.#rowExpires < this.#style.now);
    }
    output.literal(OBJECT_END);
    return true;
  }

  #writeExpiry(output: ByteOutput, ttl: number, expires: number, expired: boolean): void {
    output.literal(TTL);
    output.integer(ttl);
    output.literal(EXPIRES);
    this.#times.seconds(output, expires);
    output.literal(expired ? EXPIRED : NOT_EXPIRED);
  }

  #writeCells(output: ByteOutput, rowFlags: number, missing: number): boolean {
    const columns = this.#columns;
    if (missing >= 2 ** columns.length) return false;
    const low = missing >>> 0;
    const high = Math.floor(missing / 4294967296);
    let any = false;
    output.literal(CELLS);
    for (let i = 0; i < columns.length; i++) {
      if (((i < 32 ? low >>> i : high >>> (i - 32)) & 1) !== 0) continue;
      const column = columns[i] as FastColumn;
      if (column.complex) return false;
      if (any) output.byte(CELL_COMMA);
      any = true;
      output.literal(column.start);
      if (!this.#writeCell(output, rowFlags, column)) return false;
    }
    if (any) {
      output.literal(CELLS_END);
    } else {
      output.length -= CELLS.length;
      output.literal(NO_CELLS);
    }
    return true;
  }

  #writeCell(output: ByteOutput, rowFlags: number, column: FastColumn): boolean {
    const cursor = this.#cursor;
    const flags = cursor.byte();
    // The usual cell: written with its row, not deleted, not expiring on its own.
    if (flags === USE_ROW_TIMESTAMP && (rowFlags & HAS_TIMESTAMP) !== 0) {
      output.literal(VALUE);
      if (!this.#writeValue(output, column)) return false;
      output.ensure(this.#room);
      output.literal(OBJECT_END);
      return true;
    }
    return this.#writeOtherCell(output, rowFlags, flags, column);
  }

  #writeOtherCell(
    output: ByteOutput,
    rowFlags: number,
    flags: number,
    column: FastColumn,
  ): boolean {
    const live = (rowFlags & HAS_TIMESTAMP) !== 0;
    const rowTtl = (flags & USE_ROW_TTL) !== 0;
    if (flags < 0 || flags > 0x1f || (flags & 3) === 3) return false;
    if (rowTtl && ((rowFlags & HAS_TTL) === 0 || (flags & IS_EXPIRING) === 0)) return false;
    if ((flags & USE_ROW_TIMESTAMP) !== 0 && !live) return false;
    const ownTime = (flags & USE_ROW_TIMESTAMP) === 0;
    const timestamp = ownTime ? this.#timestamp() : this.#rowTimestamp;
    if (timestamp < 0) return false;
    const deleted = (flags & IS_DELETED) !== 0;
    const expiring = (flags & IS_EXPIRING) !== 0 && !rowTtl;
    const localTime = deleted || expiring ? this.#localTime() : 0;
    const ttl = expiring ? this.#ttl() : 0;
    if (localTime < 0 || ttl < 0) return false;
    if (deleted !== ((flags & HAS_EMPTY_VALUE) !== 0)) return false;
    if (deleted) {
      output.literal(DELETED);
      this.#times.seconds(output, localTime);
      output.literal(DELETED_END);
    } else {
      output.literal(VALUE);
      if (!this.#writeValue(output, column)) return false;
      output.ensure(this.#room);
    }
    if (!live || timestamp !== this.#rowTimestamp) {
      output.literal(deleted ? DELETED_TSTAMP : TSTAMP);
      this.#times.micros(output, timestamp);
      output.byte(QUOTE);
    }
    const sameTtl = live && ttl === ((rowFlags & HAS_TTL) !== 0 ? this.#rowTtl : 0);
    if (expiring && !sameTtl) {
      this.#writeExpiry(output, ttl, localTime, this.#style.now >= localTime);
    }
    output.literal(deleted ? DELETED_CELL_END : OBJECT_END);
    return true;
  }
}
