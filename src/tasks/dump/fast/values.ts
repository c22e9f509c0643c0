/**
 * Values of the usual types written as JSON bytes, without strings in between. Each writer answers
 * false, having written nothing, for a value that it leaves to the general writers of src/cql, which
 * say what is right; a test compares the two.
 */
import type { CqlType } from '../../../cql/index.js';
import { type ByteOutput, Literal } from '../byte-output.js';
import { FastTimes } from './times.js';

/** Writes the bytes of `source` from `start` to `end`; there must be `roomFor` them. */
export type FastValue = (
  output: ByteOutput,
  source: DataView,
  start: number,
  end: number,
) => boolean;

/** Room that a writer may need for a value of `length` bytes. */
export function roomFor(length: number): number {
  return 64 + 8 * length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const MINUS = 0x2d;
/** The two hex digits of each byte, big-endian. */
const HEX = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0');
  return (digits.charCodeAt(0) << 8) | digits.charCodeAt(1);
});
const TRUE = new Literal('true');
const FALSE = new Literal('false');
const HEX_START = new Literal('"0x');

/** An i64 as a number, NaN when it is not safe as one. */
function readSafeI64(source: DataView, at: number): number {
  const high = source.getInt32(at);
  if (high < -0x200000 || high >= 0x200000) return Number.NaN;
  return high * 4294967296 + source.getUint32(at + 4);
}

/** Whether one of four bytes is above 0x7f, below 0x20, a quote or a backslash. */
function hasSpecial(four: number): boolean {
  const quotes = four ^ 0x22222222;
  const slashes = four ^ 0x5c5c5c5c;
  const found =
    four |
    ((four - 0x20202020) & ~four) |
    ((quotes - 0x01010101) & ~quotes) |
    ((slashes - 0x01010101) & ~slashes);
  return (found & 0x80808080) !== 0;
}

/** ASCII without anything that JSON escapes, four bytes at a time. */
const text: FastValue = (output, source, start, end) => {
  const { view } = output;
  let at = output.length;
  view.setUint8(at++, QUOTE);
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const four = source.getInt32(i);
    if (hasSpecial(four)) return false;
    view.setInt32(at, four);
    at += 4;
  }
  for (; i < end; i++) {
    const byte = source.getUint8(i);
    if (byte < 0x20 || byte > 0x7f || byte === QUOTE || byte === BACKSLASH) return false;
    view.setUint8(at++, byte);
  }
  view.setUint8(at++, QUOTE);
  output.length = at;
  return true;
};

const blob: FastValue = (output, source, start, end) => {
  output.literal(HEX_START);
  const { view } = output;
  let at = output.length;
  for (let i = start; i < end; i++) {
    view.setUint16(at, HEX[source.getUint8(i)] as number);
    at += 2;
  }
  view.setUint8(at++, QUOTE);
  output.length = at;
  return true;
};

const int: FastValue = (output, source, start, end) => {
  if (end - start !== 4) return false;
  output.integer(source.getInt32(start));
  return true;
};

const bigint: FastValue = (output, source, start, end) => {
  if (end - start !== 8) return false;
  const value = readSafeI64(source, start);
  if (Number.isNaN(value)) return false;
  output.integer(value);
  return true;
};

const boolean: FastValue = (output, source, start, end) => {
  if (end - start !== 1) return false;
  output.literal(source.getUint8(start) === 0 ? FALSE : TRUE);
  return true;
};

const uuid: FastValue = (output, source, start, end) => {
  if (end - start !== 16) return false;
  const { view } = output;
  let at = output.length;
  view.setUint8(at++, QUOTE);
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) view.setUint8(at++, MINUS);
    view.setUint16(at, HEX[source.getUint8(start + i)] as number);
    at += 2;
  }
  view.setUint8(at++, QUOTE);
  output.length = at;
  return true;
};

const scratch = new DataView(new ArrayBuffer(8));

const double: FastValue = (output, source, start, end) => {
  return end - start === 8 && writeDouble(output, source.getFloat64(start));
};

const float: FastValue = (output, source, start, end) => {
  return end - start === 4 && writeFloat(output, source.getFloat32(start));
};

/** Most decimals that are tried. */
const DECIMALS_MAX = 9;
const POWERS = Float64Array.from({ length: DECIMALS_MAX + 1 }, (_, i) => 10 ** i);
/** Fifteen digits are always told apart by a double. */
const DIGITS_END = 1e15;

/** Six digits are always told apart by a float. */
const FLOAT_DIGITS_END = 1e6;

/** Doubles from 0.001 to below 10^7, which Java writes without exponent. */
function writeDouble(output: ByteOutput, value: number): boolean {
  const size = Math.abs(value);
  if (!(size >= 1e-3 && size < 1e7)) return false;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const power = POWERS[decimals] as number;
    const digits = Math.round(size * power);
    if (digits >= DIGITS_END) break;
    // Both are exact, so the quotient is the double nearest to these decimal digits.
    if (digits / power !== size) continue;
    writeDecimal(output, value < 0, digits, decimals);
    return true;
  }
  return writeShortest(output, value, size);
}

/**
 * JavaScript's digits, which are Java's but for powers of two and where the exact value lies in the
 * middle between two candidates: then it has one decimal more, and so many binary places.
 */
function writeShortest(output: ByteOutput, value: number, size: number): boolean {
  const digits = String(size);
  const point = digits.indexOf('.');
  if (point < 0) return false;
  scratch.setFloat64(0, size);
  const high = scratch.getInt32(0);
  const low = scratch.getInt32(4);
  const fraction = high & 0xfffff;
  if (fraction === 0 && low === 0) return false;
  const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(fraction);
  const binaryPlaces = 52 - ((high >>> 20) - 1023) - zeros;
  if (binaryPlaces === digits.length - point) return false;
  if (value < 0) output.byte(MINUS);
  const { view } = output;
  let at = output.length;
  for (let i = 0; i < digits.length; i++) view.setUint8(at++, digits.charCodeAt(i));
  output.length = at;
  return true;
}

function trailingZeros(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** As writeDouble; the quotient must be the float nearest to the digits. */
function writeFloat(output: ByteOutput, value: number): boolean {
  const size = Math.abs(value);
  if (!(size >= 1e-3 && size < 1e7)) return false;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const power = POWERS[decimals] as number;
    const digits = Math.round(size * power);
    if (digits >= FLOAT_DIGITS_END) return false;
    if (Math.fround(digits / power) !== size) continue;
    writeDecimal(output, value < 0, digits, decimals);
    return true;
  }
  return false;
}

/** `digits` with the point before the last `decimals` of them, one decimal at least. */
function writeDecimal(
  output: ByteOutput,
  negative: boolean,
  digits: number,
  decimals: number,
): void {
  const power = POWERS[decimals] as number;
  if (negative) output.byte(MINUS);
  const whole = Math.floor(digits / power);
  output.integer(whole);
  output.byte(DOT);
  output.digits(digits - whole * power, Math.max(1, decimals));
}

function timestamp(times: FastTimes): FastValue {
  return (output, source, start, end) => {
    if (end - start !== 8) return false;
    const millis = readSafeI64(source, start);
    if (!FastTimes.holds(millis / 1000)) return false;
    output.byte(QUOTE);
    times.millis(output, millis);
    output.byte(QUOTE);
    return true;
  };
}

const never: FastValue = () => false;

/** The writer of a column's or clustering's values. */
export function fastValue(type: CqlType, times: FastTimes): FastValue {
  switch (type.kind) {
    case 'ascii':
    case 'text':
      return text;
    case 'blob':
      return blob;
    case 'int':
      return int;
    case 'bigint':
      return bigint;
    case 'boolean':
      return boolean;
    case 'uuid':
    case 'timeuuid':
      return uuid;
    case 'double':
      return double;
    case 'float':
      return float;
    case 'timestamp':
      return timestamp(times);
    default:
      return never;
  }
}

/** The writer of values in keys, which are always strings. */
export function fastKeyValue(type: CqlType): FastValue {
  switch (type.kind) {
    case 'ascii':
    case 'text':
      return text;
    case 'uuid':
    case 'timeuuid':
      return uuid;
    case 'int':
      return quoted(int);
    case 'bigint':
      return quoted(bigint);
    default:
      return never;
  }
}

function quoted(write: FastValue): FastValue {
  return (output, source, start, end) => {
    const before = output.length;
    output.byte(QUOTE);
    if (!write(output, source, start, end)) {
      output.length = before;
      return false;
    }
    output.byte(QUOTE);
    return true;
  };
}
