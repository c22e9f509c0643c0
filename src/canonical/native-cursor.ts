/**
 * Memory and cursors of the way back to native bytes: names, canonical input and native output lie
 * in one buffer,
 *
 *     column names | input, slack | output
 *
 * so that values move by `copyWithin` or by words, without a view for each. 64-bit numbers are
 * pairs of 32-bit halves: exact, and many times faster than bigint.
 *
 * Reads may run past the input by a few bytes, into the slack; whoever reads compares `p` with `end`
 * before it believes anything. Writes are covered by `room`.
 */
import { type ErrorDetails, SstashError } from '../errors.js';

/** More than is read or written between two checks. */
const SLACK = 256;
/** Longer values are copied by copyWithin. */
const WORDS_MAX = 48;

export class NativeCursor {
  bytes: Uint8Array;
  view: DataView;
  /** Next canonical byte. */
  p = 0;
  /** End of the input. */
  end = 0;
  /** Where the next native byte goes. */
  o = 0;
  /** Start of the output. */
  outStart = 0;
  #outLimit = 0;
  #inputStart = 0;
  readonly #where: ErrorDetails;
  /** The last number read, or to be written, as halves. */
  high = 0;
  low = 0;
  /** Time that the next `time` of the record counts from. */
  previousHigh = 0;
  previousLow = 0;

  /** `names` stay at the start of the buffer. */
  constructor(names: Uint8Array, where: ErrorDetails) {
    this.bytes = names;
    this.view = viewOf(names);
    this.#inputStart = names.length;
    this.#where = where;
  }

  /** Puts `input` into the buffer; output starts again. */
  load(input: Uint8Array): void {
    const outStart = this.#inputStart + input.length + SLACK;
    const wanted = outStart + input.length + (input.length >>> 2) + 2 * SLACK;
    if (wanted > this.bytes.length) {
      const grown = new Uint8Array(wanted);
      grown.set(this.bytes.subarray(0, this.#inputStart));
      this.#take(grown);
    }
    this.bytes.set(input, this.#inputStart);
    this.p = this.#inputStart;
    this.end = this.#inputStart + input.length;
    this.outStart = outStart;
    this.o = outStart;
  }

  #take(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.#outLimit = bytes.length - SLACK;
  }

  /** What was written, a view until the next `load`. */
  output(): Uint8Array {
    return this.bytes.subarray(this.outStart, this.o);
  }

  /** Makes room for `more` bytes of output and some short numbers. */
  room(more: number): void {
    if (this.o + more <= this.#outLimit) return;
    const grown = new Uint8Array(2 * this.bytes.length + more + SLACK);
    grown.set(this.bytes.subarray(0, this.o));
    this.#take(grown);
  }

  corrupt(message: string): SstashError {
    return new SstashError('REPOSITORY_CORRUPT', `not a canonical record: ${message}`, {
      offset: this.p - this.#inputStart,
      ...this.#where,
    });
  }

  /** Reads an unsigned vint into `high` and `low`. */
  readVint(): void {
    const { p, view } = this;
    const first = view.getUint8(p);
    if (first < 0x80) {
      this.high = 0;
      this.low = first;
      this.p = p + 1;
      return;
    }
    const extra = Math.clz32(~(first << 24));
    this.p = p + 1 + extra;
    if (extra < 4) {
      this.high = 0;
      this.low = (view.getInt32(p) >>> (8 * (3 - extra))) & ((1 << (7 * extra + 7)) - 1);
      return;
    }
    this.low = view.getInt32(p + extra - 3);
    this.high =
      extra === 8
        ? view.getInt32(p + 1)
        : (view.getInt32(p) >>> (8 * (7 - extra))) & ((1 << (7 * extra - 25)) - 1);
  }

  /** Reads a vint that counts bytes or things in the input. */
  readLength(what: string): number {
    const first = this.view.getUint8(this.p);
    if (first < 0x80) {
      this.p++;
      return first;
    }
    this.readVint();
    if (this.high !== 0 || this.low < 0) throw this.corrupt(`${what} is too large`);
    return this.low;
  }

  /** Reads a vint of an unsigned 32-bit number; its 32 bits. */
  readUint32(what: string): number {
    this.readVint();
    if (this.high !== 0) throw this.corrupt(`${what} has more than 32 bits`);
    return this.low;
  }

  /** Reads a `time` into `previousHigh` and `previousLow`. */
  readTime(): void {
    this.readVint();
    const sign = -(this.low & 1);
    const low = ((this.low >>> 1) | (this.high << 31)) ^ sign;
    const high = (this.high >>> 1) ^ sign;
    const sum = (low + this.previousLow) | 0;
    const carry = sum >>> 0 < low >>> 0 ? 1 : 0;
    this.previousLow = sum;
    this.previousHigh = (high + this.previousHigh + carry) | 0;
  }

  /** Writes an unsigned vint of two halves, and nothing behind it. */
  writeVint(high: number, low: number): void {
    if (high === 0 && low >= 0) {
      this.writeUint31(low);
      return;
    }
    const { o, view } = this;
    const bits = high === 0 ? 32 : 64 - Math.clz32(high);
    const extra = ((bits - 1) / 7) | 0;
    if (extra >= 8) {
      view.setUint8(o, 0xff);
      view.setInt32(o + 1, high);
      view.setInt32(o + 5, low);
      this.o = o + 9;
      return;
    }
    // The upper half takes extra - 3 bytes, the first of them with the marks of the length.
    const marks = ((0xff00 >>> extra) & 0xff) << (8 * (extra - 4));
    view.setInt32(o, (high | marks) << (8 * (7 - extra)));
    view.setInt32(o + extra - 3, low);
    this.o = o + extra + 1;
  }

  /** Writes an unsigned vint below 2^31, and nothing behind it. */
  writeUint31(value: number): void {
    const { o, view } = this;
    if (value < 0x80) {
      view.setUint8(o, value);
      this.o = o + 1;
    } else if (value < 0x4000) {
      view.setUint16(o, value | 0x8000);
      this.o = o + 2;
    } else if (value < 0x200000) {
      view.setUint16(o, (value >>> 8) | 0xc000);
      view.setUint8(o + 2, value);
      this.o = o + 3;
    } else if (value < 0x10000000) {
      view.setInt32(o, value | 0xe0000000);
      this.o = o + 4;
    } else {
      view.setUint8(o, 0xf0);
      view.setInt32(o + 1, value);
      this.o = o + 5;
    }
  }

  /** Writes a Java int as Cassandra does, sign-extended. */
  writeInt32(value: number): void {
    if (value >= 0) this.writeUint31(value);
    else this.writeVint(-1, value);
  }

  /** Copies `length` bytes of the input to the output. */
  copy(length: number): void {
    const { p } = this;
    if (length > this.end - p) throw this.corrupt('it ends too early');
    this.room(length);
    if (length > WORDS_MAX) {
      this.bytes.copyWithin(this.o, p, p + length);
    } else {
      const { o, view } = this;
      for (let i = 0; i < length; i += 4) view.setInt32(o + i, view.getInt32(p + i));
    }
    this.p = p + length;
    this.o += length;
  }

  /**
   * Makes the bytes from `at` to the end of the output begin at `to`, and the output end where they
   * end.
   */
  move(at: number, to: number): void {
    if (at === to) return;
    const shift = to - at;
    if (shift > 0) this.room(shift);
    this.bytes.copyWithin(to, at, this.o);
    this.o += shift;
  }

  /** Whether the `length` bytes of the input at `p` equal those at `at`, in the names. */
  matches(at: number, length: number): boolean {
    const { p, view } = this;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      if (view.getInt32(p + i) !== view.getInt32(at + i)) return false;
    }
    const rest = length - i;
    return rest === 0 || (view.getInt32(p + i) ^ view.getInt32(at + i)) >>> (32 - 8 * rest) === 0;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes of the unsigned vint of a number below 2^31. */
export function uint31Length(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}
