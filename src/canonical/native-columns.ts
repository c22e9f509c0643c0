/** The columns of one kind as the transcoder sees them: flat tables, and names to compare with. */
import { ByteWriter } from '../binary/index.js';
import type { ColumnDefinition, SerializationHeader } from '../components/index.js';
import { type NativeCursor, uint31Length } from './native-cursor.js';

export class NativeColumns {
  readonly count: number;
  /** Bytes of a value, or -1. */
  readonly fixed: Int32Array;
  readonly complex: Uint8Array;
  /** Where the name as canonical records carry it stands in the cursor's buffer. */
  readonly nameAt: Int32Array;
  readonly nameLength: Int32Array;
  /** Indexes of the columns of the current row, as many as it has. */
  readonly present: Int32Array;

  /** What the previous row had: the next one most often is alike. */
  subsetLength = 1;
  complexDeletions = false;
  #missingHigh = 0;
  #missingLow = 0;

  constructor(columns: readonly ColumnDefinition[], names: ByteWriter) {
    this.count = columns.length;
    this.fixed = Int32Array.from(columns, (column) => column.fixedLength);
    this.complex = Uint8Array.from(columns, (column) => (column.complex ? 1 : 0));
    this.nameAt = new Int32Array(columns.length);
    this.nameLength = new Int32Array(columns.length);
    this.present = new Int32Array(columns.length);
    columns.forEach(({ name }, i) => {
      this.nameAt[i] = names.length;
      names.vintBytes(name);
      this.nameLength[i] = names.length - (this.nameAt[i] as number);
    });
  }

  /** Reads the name of a column that comes after `previous`; its index. */
  find(c: NativeCursor, previous: number): number {
    const { count, nameAt, nameLength } = this;
    for (let i = previous + 1; i < count; i++) {
      const length = nameLength[i] as number;
      if (c.matches(nameAt[i] as number, length)) {
        c.p += length;
        return i;
      }
    }
    throw unknownColumn(c);
  }

  /** Bytes that `writeSubset` writes for a row with the first `n` columns of `present`. */
  subsetBytes(n: number): number {
    const { count } = this;
    if (count < 64) {
      this.#findMissing(n);
      const high = this.#missingHigh;
      const bits = high === 0 ? 32 - Math.clz32(this.#missingLow) : 64 - Math.clz32(high);
      return Math.min(9, ((bits - 1) / 7 + 1) | 0);
    }
    let length = uint31Length(count - n);
    this.#listed(n, (index) => {
      length += uint31Length(index);
    });
    return length;
  }

  /** Writes which columns are missing, at `c.o` (layout: components/data/column-subset.ts). */
  writeSubset(c: NativeCursor, n: number): void {
    const { count } = this;
    if (count < 64) {
      this.#findMissing(n);
      c.writeVint(this.#missingHigh, this.#missingLow);
      return;
    }
    c.writeUint31(count - n);
    this.#listed(n, (index) => c.writeUint31(index));
  }

  /** Bit i of the 64 is set when column i is missing. */
  #findMissing(n: number): void {
    const { count, present } = this;
    let low = count >= 32 ? -1 : (1 << count) - 1;
    let high = count > 32 ? (1 << (count - 32)) - 1 : 0;
    for (let k = 0; k < n; k++) {
      const index = present[k] as number;
      if (index < 32) low &= ~(1 << index);
      else high &= ~(1 << (index - 32));
    }
    this.#missingHigh = high;
    this.#missingLow = low;
  }

  /** The indexes that a subset of 64 columns or more lists: present or missing ones. */
  #listed(n: number, visit: (index: number) => void): void {
    const { count, present } = this;
    const listsPresent = n < count >> 1;
    let k = 0;
    for (let i = 0; i < count; i++) {
      const isPresent = k < n && present[k] === i;
      if (isPresent) k++;
      if (isPresent === listsPresent) visit(i);
    }
  }
}

function unknownColumn(c: NativeCursor): Error {
  const length = c.readLength('length of a column name');
  const name = c.bytes.subarray(c.p, Math.min(c.end, c.p + length));
  const text = new TextDecoder().decode(name);
  return c.corrupt(`column "${text}" is not in the SSTable's header, or out of order`);
}

export interface ColumnTables {
  readonly names: Uint8Array;
  readonly statics: NativeColumns;
  readonly regulars: NativeColumns;
}

export function columnTables(header: SerializationHeader): ColumnTables {
  const names = new ByteWriter();
  const statics = new NativeColumns(header.staticColumns, names);
  const regulars = new NativeColumns(header.regularColumns, names);
  return { names: names.toBytes(), statics, regulars };
}
