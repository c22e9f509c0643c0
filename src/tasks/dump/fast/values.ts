/**
 * Values of the usual types written as JSON bytes, without strings in between. Each writer answers
 * false, having written nothing, for a value that it leaves to the general writers of src/cql, which
 * say what is right; a test compares the two.
 */
import type { CqlType } from '../../../cql/index.js';
import type { ByteOutput } from '../byte-output.js';
import { FastTimes } from './times.js';

/** Writes `bytes` from `start` to `end`; there is room for eight bytes and 64 for each of them. */
export type FastValue = (
  output: ByteOutput,
  bytes: Uint8Array,
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
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const HEX_START = Buffer.from('"0x');

function readI32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** An i64 as a number, NaN when it is not safe as one. */
function readSafeI64(bytes: Uint8Array, at: number): number {
  const high = readI32(bytes, at);
  if (high < -0x200000 || high >= 0x200000) return Number.NaN;
  return high * 4294967296 + (readI32(bytes, at + 4) >>> 0);
}

/** ASCII without anything that JSON escapes. */
const text: FastValue = (output, bytes, start, end) => {
  const target = output.bytes;
  let at = output.length;
  target[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte < 0x20 || byte > 0x7f || byte === QUOTE || byte === BACKSLASH) return false;
    target[at++] = byte;
  }
  target[at++] = QUOTE;
  output.length = at;
  return true;
};

const blob: FastValue = (output, bytes, start, end) => {
  output.short(HEX_START);
  const target = output.bytes;
  let at = output.length;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    target[at++] = HEX[byte >> 4] as number;
    target[at++] = HEX[byte & 15] as number;
  }
  target[at++] = QUOTE;
  output.length = at;
  return true;
};

const int: FastValue = (output, bytes, start, end) => {
  if (end - start !== 4) return false;
  output.integer(readI32(bytes, start));
  return true;
};

const bigint: FastValue = (output, bytes, start, end) => {
  if (end - start !== 8) return false;
  const value = readSafeI64(bytes, start);
  if (Number.isNaN(value)) return false;
  output.integer(value);
  return true;
};

const boolean: FastValue = (output, bytes, start, end) => {
  if (end - start !== 1) return false;
  output.short(bytes[start] === 0 ? FALSE : TRUE);
  return true;
};

const uuid: FastValue = (output, bytes, start, end) => {
  if (end - start !== 16) return false;
  const target = output.bytes;
  let at = output.length;
  target[at++] = QUOTE;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) target[at++] = MINUS;
    const byte = bytes[start + i] as number;
    target[at++] = HEX[byte >> 4] as number;
    target[at++] = HEX[byte & 15] as number;
  }
  target[at++] = QUOTE;
  output.length = at;
  return true;
};

const scratch = new DataView(new ArrayBuffer(8));

const double: FastValue = (output, bytes, start, end) => {
  if (end - start !== 8) return false;
  scratch.setInt32(0, readI32(bytes, start));
  scratch.setInt32(4, readI32(bytes, start + 4));
  return writeDouble(output, scratch.getFloat64(0));
};

const float: FastValue = (output, bytes, start, end) => {
  if (end - start !== 4) return false;
  scratch.setInt32(0, readI32(bytes, start));
  return writeFloat(output, scratch.getFloat32(0));
};

/** Most decimals that are tried. */
const DECIMALS_MAX = 9;
const POWERS = Float64Array.from({ length: DECIMALS_MAX + 1 }, (_, i) => 10 ** i);
/** Fifteen digits are always told apart by a double. */
const DIGITS_END = 1e15;

/** Six digits are always told apart by a float. */
const FLOAT_DIGITS_END = 1e6;

/** Doubles from 0.001 to below 10^7, which Java writes without exponent, and zero. */
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
  const target = output.bytes;
  let at = output.length;
  for (let i = 0; i < digits.length; i++) target[at++] = digits.charCodeAt(i);
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
  return (output, bytes, start, end) => {
    if (end - start !== 8) return false;
    const millis = readSafeI64(bytes, start);
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
  return (output, bytes, start, end) => {
    const before = output.length;
    output.byte(QUOTE);
    if (!write(output, bytes, start, end)) {
      output.length = before;
      return false;
    }
    output.byte(QUOTE);
    return true;
  };
}
