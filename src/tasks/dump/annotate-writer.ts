/**
 * Every field of Data.db with its place: offset in the uncompressed stream, length, the bytes in hex
 * and what they mean. The layout is that of the format reference, sections 5 and 7; items come here
 * after RowReader has taken them, so that damage is found before anything is printed of it.
 */
import { ByteReader, toHex } from '../../binary/index.js';
import type {
  ColumnDefinition,
  FormatVersion,
  Marker,
  PartitionHead,
  Row,
  Unfiltered,
} from '../../components/index.js';
import { type CqlType, keyTexts, quoteName, valueText } from '../../cql/index.js';
import { cellNames, KIND_NAMES, rowNames } from './annotate-names.js';
import { TimeText } from './json-text.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

/** The bytes of an item that was just read. */
export type SourceBytes = (position: number, length: number) => Uint8Array;

const HEX_BYTES_MAX = 12;
const TEXT_MAX = 80;

const RowBit = { timestamp: 4, ttl: 8, deletion: 16, allColumns: 32, complex: 64, extension: 128 };
const CellBit = { deleted: 1, expiring: 2, empty: 4, rowTimestamp: 8, rowTtl: 16 };

function shorten(text: string): string {
  const plain = JSON.stringify(text).slice(1, -1);
  return plain.length > TEXT_MAX ? `${plain.slice(0, TEXT_MAX)}…` : plain;
}

export class AnnotateWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;
  readonly #version: FormatVersion;
  readonly #source: SourceBytes;
  readonly #times: TimeText;
  #r = new ByteReader(new Uint8Array(0));
  #lines = '';

  constructor(style: DumpStyle, version: FormatVersion, source: SourceBytes) {
    this.#style = style;
    this.#version = version;
    this.#source = source;
    this.#times = new TimeText(style);
  }

  begin(head: PartitionHead): string {
    this.#open(head.position, head.headerLength);
    const { header, sstable } = this.#style;
    if (sstable !== null) this.#lines += `${sstable}\n`;
    const key = keyTexts(header.keyType, head.key).join(':');
    this.#lines += `partition ${shorten(key)} at ${head.position}\n`;
    this.#field(
      () => this.#r.u16(),
      (length) => `key length ${length}`,
    );
    this.#field(
      () => this.#r.view8(head.key.length),
      () => `key ${shorten(key)}`,
    );
    this.#standaloneDeletion();
    if (head.staticRow !== null) this.#row(head.staticRow, header.staticColumns);
    return this.#take();
  }

  unfiltered(item: Unfiltered): string {
    this.started = true;
    this.#open(item.position, item.size);
    if (item.type === 'row') this.#row(item, this.#style.header.regularColumns);
    else this.#marker(item);
    return this.#take();
  }

  end(position: number): string {
    this.#open(position, 1);
    this.#field(
      () => this.#r.u8(),
      () => 'end of partition',
    );
    return `${this.#take()}\n`;
  }

  #open(position: number, length: number): void {
    this.#r = new ByteReader(this.#source(position, length), { base: position });
  }

  #take(): string {
    const lines = this.#lines;
    this.#lines = '';
    return lines;
  }

  /** Reads a field and adds its line; indented under what it belongs to. */
  #field<T>(read: () => T, meaning: (value: T) => string, depth = 1): T {
    const r = this.#r;
    const start = r.offset;
    const value = read();
    const bytes = r.bytes.subarray(start, r.offset);
    const more = bytes.length > HEX_BYTES_MAX ? '…' : '';
    const hex = `${toHex(bytes.subarray(0, HEX_BYTES_MAX))}${more}`;
    const place = `${String(r.base + start).padStart(10)} ${String(bytes.length).padStart(6)}`;
    const indent = '  '.repeat(depth);
    this.#lines += `${place}  ${hex.padEnd(2 * HEX_BYTES_MAX + 1)} ${indent}${meaning(value)}\n`;
    return value;
  }

  #micros(micros: bigint): string {
    return this.#times.micros(micros).slice(1, -1);
  }

  #seconds(seconds: number): string {
    return this.#times.seconds(seconds).slice(1, -1);
  }

  #standaloneDeletion(): void {
    const r = this.#r;
    if (this.#version.hasUIntDeletionTime) {
      if ((r.bytes[r.offset] ?? 0) === 0x80) {
        this.#field(
          () => r.u8(),
          () => 'not deleted',
        );
        return;
      }
      this.#field(
        () => r.i64(),
        (time) => `deleted at ${this.#micros(time)}`,
      );
      this.#field(
        () => r.u32(),
        (time) => `local deletion time ${this.#seconds(time)}`,
      );
      return;
    }
    const local = (time: number) => (time === 0x7fffffff ? 'none' : this.#seconds(time));
    this.#field(
      () => r.i32(),
      (time) => `local deletion time ${local(time)}`,
    );
    this.#field(
      () => r.i64(),
      (time) => (time === -(2n ** 63n) ? 'not deleted' : `deleted at ${this.#micros(time)}`),
    );
  }

  #timestamp(what: string, depth: number): void {
    const base = this.#style.header.minTimestamp;
    this.#field(
      () => this.#r.uvintBig(),
      (delta) => `${what} ${this.#micros(BigInt.asIntN(64, base + delta))} (+${delta})`,
      depth,
    );
  }

  #localTime(what: string, depth: number): void {
    const base = this.#style.header.minLocalDeletionTime;
    this.#field(
      () => this.#r.uvint32('local deletion time'),
      (delta) => `${what} ${this.#seconds((base + delta) >>> 0)} (+${delta})`,
      depth,
    );
  }

  #ttl(depth: number): void {
    const base = this.#style.header.minTTL;
    this.#field(
      () => this.#r.uvint32('TTL'),
      (delta) => `TTL ${base + delta} (+${delta})`,
      depth,
    );
  }

  #deletion(what: string, depth: number): void {
    this.#timestamp(`${what} deleted at`, depth);
    this.#localTime('local deletion time', depth);
  }

  #clustering(values: readonly (Uint8Array | null)[]): void {
    const types = this.#style.header.clusteringTypes;
    for (let first = 0; first < values.length; first += 32) {
      this.#field(
        () => this.#r.uvintBig(),
        (bits) => `clustering header ${bits === 0n ? 'all have values' : bits.toString(2)}`,
      );
      values.slice(first, first + 32).forEach((value, i) => {
        const type = types[first + i];
        if (value === null || value.length === 0 || type === undefined) return;
        this.#value(`clustering ${first + i}`, type, type.fixedLength, 1);
      });
    }
  }

  #value(what: string, type: CqlType, fixedLength: number, depth: number): void {
    const length = fixedLength >= 0 ? fixedLength : this.#length(what, depth);
    if (length === 0) return;
    this.#field(
      () => this.#r.view8(length),
      (bytes) => `${what} ${shorten(safeText(type, bytes))}`,
      depth,
    );
  }

  #length(what: string, depth: number): number {
    return this.#field(
      () => this.#r.uvint('length'),
      (length) => `length of ${what} ${length}`,
      depth,
    );
  }

  #row(row: Row, columns: readonly ColumnDefinition[]): void {
    this.#lines += row.clustering.length > 0 ? 'row\n' : '';
    const flags = this.#field(
      () => this.#r.u8(),
      (value) => `row flags ${rowNames(value)}`,
    );
    if ((flags & RowBit.extension) !== 0) {
      this.#field(
        () => this.#r.u8(),
        (value) => `extended flags ${(value & 1) !== 0 ? 'static' : 'shadowable deletion'}`,
      );
    }
    this.#clustering(row.clustering);
    this.#sizes('row');
    if ((flags & RowBit.timestamp) !== 0) this.#timestamp('written at', 1);
    if ((flags & RowBit.ttl) !== 0) {
      this.#ttl(1);
      this.#localTime('expires at', 1);
    }
    if ((flags & RowBit.deletion) !== 0) this.#deletion('row', 1);
    if ((flags & RowBit.allColumns) === 0) this.#subset(columns.length, row.columns.length);
    for (const { column, cells } of row.columns) {
      const depth = column.complex ? 3 : 2;
      if (column.complex) this.#complexStart(column, flags, cells.length);
      for (let i = 0; i < cells.length; i++) this.#cell(column, depth);
    }
  }

  #sizes(what: string): void {
    this.#field(
      () => this.#r.uvint('size'),
      (size) => `${what} size ${size}`,
    );
    this.#field(
      () => this.#r.uvintBig(),
      (size) => `size of the item before ${size}`,
    );
  }

  #subset(all: number, present: number): void {
    const read = (): void => {
      const missing = this.#r.uvintBig();
      if (all < 64) return;
      const listed = present < all >> 1 ? present : Number(missing);
      for (let i = 0; i < listed; i++) this.#r.uvint('column');
    };
    this.#field(read, () => `columns ${present} of ${all}`);
  }

  #complexStart(column: ColumnDefinition, flags: number, count: number): void {
    this.#lines += `${' '.repeat(2 * HEX_BYTES_MAX + 21)}    column ${quoteName(column.text)}\n`;
    if ((flags & RowBit.complex) !== 0) this.#deletion(`${quoteName(column.text)}`, 2);
    this.#field(
      () => this.#r.uvint('cells'),
      () => `${count} cells`,
      2,
    );
  }

  #cell(column: ColumnDefinition, depth: number): void {
    const name = quoteName(column.text);
    const flags = this.#field(
      () => this.#r.u8(),
      (value) => `cell ${name}, flags ${cellNames(value)}`,
      depth,
    );
    const inner = depth + 1;
    if ((flags & CellBit.rowTimestamp) === 0) this.#timestamp('written at', inner);
    if ((flags & CellBit.rowTtl) === 0) {
      const deleted = (flags & CellBit.deleted) !== 0;
      if ((flags & 3) !== 0) this.#localTime(deleted ? 'deleted at' : 'expires at', inner);
      if ((flags & CellBit.expiring) !== 0) this.#ttl(inner);
    }
    if (column.complex) this.#path(column.type, inner);
    if ((flags & CellBit.empty) === 0) {
      const fixed = column.complex ? -1 : column.fixedLength;
      this.#value('value', valueType(column), fixed, inner);
    }
  }

  #path(type: CqlType, depth: number): void {
    const inner = type.kind === 'set' ? type.element : type.kind === 'map' ? type.key : null;
    const length = this.#length('path', depth);
    this.#field(
      () => this.#r.view8(length),
      (bytes) => `path ${inner === null ? toHex(bytes) : shorten(safeText(inner, bytes))}`,
      depth,
    );
  }

  #marker(marker: Marker): void {
    this.#lines += 'range tombstone marker\n';
    this.#field(
      () => this.#r.u8(),
      () => 'marker flags',
    );
    this.#field(
      () => this.#r.u8(),
      (kind) => `kind ${KIND_NAMES[kind] ?? kind}`,
    );
    this.#field(
      () => this.#r.u16(),
      (count) => `${count} clustering values`,
    );
    this.#clustering(marker.clustering);
    this.#sizes('marker');
    this.#deletion(marker.openingDeletion === null ? 'range' : 'range that ends here', 1);
    if (marker.openingDeletion !== null) this.#deletion('range that starts here', 1);
  }
}

/** Values of cells of a collection are of its element's type; those of a UDT differ by field. */
function valueType({ type, complex }: ColumnDefinition): CqlType {
  if (!complex) return type;
  if (type.kind === 'list' || type.kind === 'set') return type.element;
  return type.kind === 'map' ? type.value : { ...type, kind: 'blob' };
}

/** A value as text, or its bytes where they are none of the type. */
function safeText(type: CqlType, bytes: Uint8Array): string {
  try {
    return valueText(type, bytes);
  } catch {
    return `0x${toHex(bytes)}`;
  }
}
