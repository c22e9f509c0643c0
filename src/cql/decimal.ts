/**
 * Numbers of any size: varint is a big-endian two's complement, decimal an i32 scale and such a
 * number, of the value unscaled × 10^-scale. Texts are those of Java's BigInteger and BigDecimal.
 */
import { toHex } from '../binary/index.js';
import { LIMITS } from '../limits.js';
import { readI32, readShortInteger } from './bytes.js';

/** Value of `bytes`, at least one; fewer are 0. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const value = BigInt(`0x${toHex(bytes)}`);
  return (bytes[0] ?? 0) < 0x80 ? value : value - (1n << BigInt(8 * bytes.length));
}

/** Shortest two's complement of `value`. */
export function bigIntToBytes(value: bigint): Uint8Array {
  const magnitude = value < 0n ? ~value : value;
  const length = (magnitude === 0n ? 0 : magnitude.toString(2).length) / 8;
  const bytes = Math.floor(length) + 1;
  const hex = BigInt.asUintN(8 * bytes, value)
    .toString(16)
    .padStart(2 * bytes, '0');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Decimal text of a varint of at least one byte. */
export function varintText(bytes: Uint8Array): string {
  return bytes.length <= 6 ? String(readShortInteger(bytes)) : bytesToBigInt(bytes).toString();
}

/** Text of a decimal of at least 4 bytes, as BigDecimal.toString writes it. */
export function decimalToText(bytes: Uint8Array): string {
  const scale = scaleOf(bytes);
  const unscaled = bytes.length > 4 ? varintText(bytes.subarray(4)) : '0';
  const sign = unscaled.startsWith('-') ? '-' : '';
  const digits = sign === '' ? unscaled : unscaled.slice(1);
  if (scale === 0) return sign + digits;
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    const point = padded.length - scale;
    return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const tail = exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`;
  return `${sign}${digits[0]}${fraction}${tail}`;
}

/**
 * Text of a decimal of at least 4 bytes without exponent, as BigDecimal.toPlainString writes it.
 * One with more digits than any table needs is left with its exponent.
 */
export function decimalToPlainText(bytes: Uint8Array): string {
  const scale = scaleOf(bytes);
  if (Math.abs(scale) > LIMITS.decimalDigitsMax) return decimalToText(bytes);
  const unscaled = bytes.length > 4 ? varintText(bytes.subarray(4)) : '0';
  const sign = unscaled.startsWith('-') ? '-' : '';
  const digits = sign === '' ? unscaled : unscaled.slice(1);
  if (scale <= 0) return digits === '0' ? '0' : `${sign}${digits}${'0'.repeat(-scale)}`;
  const padded = digits.padStart(scale + 1, '0');
  const point = padded.length - scale;
  return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
}

/** Bytes of a decimal in Java's notation, or null when `text` is none. */
export function parseDecimal(text: string): Uint8Array | null {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,10}))?$/.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole.length + fraction.length === 0) return null;
  const scale = fraction.length - Number(exponent);
  if (scale !== (scale | 0)) return null;
  const unscaled = BigInt(`${whole}${fraction}`);
  const digits = bigIntToBytes(sign === '-' ? -unscaled : unscaled);
  const bytes = new Uint8Array(4 + digits.length);
  new DataView(bytes.buffer).setInt32(0, scale);
  bytes.set(digits, 4);
  return bytes;
}

const scaleOf = (bytes: Uint8Array): number => readI32(bytes);

/** Order of two varints, of at least one byte each. */
export function compareBigInts(a: Uint8Array, b: Uint8Array): number {
  if (a.length <= 6 && b.length <= 6) return readShortInteger(a) - readShortInteger(b);
  const left = bytesToBigInt(a);
  const right = bytesToBigInt(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Order of two decimals by value: 1.0 equals 1.00. Exponents are never multiplied out. */
export function compareDecimals(a: Uint8Array, b: Uint8Array): number {
  const left = bytesToBigInt(a.subarray(4));
  const right = bytesToBigInt(b.subarray(4));
  const sign = left < 0n ? -1 : left > 0n ? 1 : 0;
  const signs = sign - (right < 0n ? -1 : right > 0n ? 1 : 0);
  if (signs !== 0 || sign === 0) return signs;
  const digitsA = (left < 0n ? -left : left).toString();
  const digitsB = (right < 0n ? -right : right).toString();
  const magnitude = digitsA.length - scaleOf(a) - (digitsB.length - scaleOf(b));
  if (magnitude !== 0) return sign * magnitude;
  const longest = Math.max(digitsA.length, digitsB.length);
  const textA = digitsA.padEnd(longest, '0');
  const textB = digitsB.padEnd(longest, '0');
  return textA < textB ? -sign : textA > textB ? sign : 0;
}
