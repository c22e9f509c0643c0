/**
 * Byte-comparable form of a decimal. With the value written as ±m × 100^e, m from 0.01 to below 1:
 *
 *   header     80 when positive, plus 40, plus (minus, where e is below 0) the number of exponent
 *              bytes; for negative values e has the other sign
 *   exponent   two's complement without leading sign bytes
 *   digits     80 plus each pair of digits of m from the left; of a negative value the first pair is
 *              rounded down, so that what follows is positive
 *   end        00
 *
 * Zero is the byte 80.
 */
import type { ByteWriter } from '../binary/index.js';
import { readI32 } from './bytes.js';
import { bytesToBigInt } from './decimal.js';

const POSITIVE = 0x80;
const HEADER = 0x40;

/** `value`: i32 scale and two's complement, of at least 4 bytes. */
export function writeComparableDecimal(w: ByteWriter, value: Uint8Array): void {
  const unscaled = bytesToBigInt(value.subarray(4));
  if (unscaled === 0n) {
    w.u8(POSITIVE);
    return;
  }
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString();
  // 10 to the power of this brings the value below 1; even, so that it is one of 100.
  const power = readI32(value) - digits.length;
  const even = power - (power & 1);
  const exponent = -even / 2;
  writeExponent(w, negative ? -exponent : exponent, negative);
  writeDigits(w, `${(power & 1) === 0 ? '' : '0'}${digits}`, negative);
  w.u8(0);
}

function writeExponent(w: ByteWriter, exponent: number, negative: boolean): void {
  const length = 4 - Math.floor(Math.clz32(Math.abs(exponent)) / 8);
  const header = HEADER + (exponent < 0 ? -length : length);
  w.u8(header + (negative ? 0 : POSITIVE));
  for (let i = length - 1; i >= 0; i--) w.u8((exponent >> (8 * i)) & 0xff);
}

/** `digits` behind the point. */
function writeDigits(w: ByteWriter, digits: string, negative: boolean): void {
  const significant = digits.replace(/0+$/, '');
  const pairs: number[] = [];
  for (let i = 0; i < significant.length; i += 2) {
    pairs.push(Number(significant.slice(i, i + 2).padEnd(2, '0')));
  }
  if (negative) complement(pairs);
  for (const pair of pairs) w.u8(0x80 + pair);
}

/** The pairs of a negative number: the first one below 0, the others what is missing to it. */
function complement(pairs: number[]): void {
  const last = pairs.length - 1;
  for (let i = 1; i <= last; i++) {
    pairs[i] = (i === last ? 100 : 99) - (pairs[i] ?? 0);
  }
  pairs[0] = -(pairs[0] ?? 0) - (last > 0 ? 1 : 0);
}
