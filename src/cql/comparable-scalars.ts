/**
 * Byte-comparable forms of scalar values (format reference, 15.4): strings of bytes that sort as
 * unsigned bytes the way their values do. Each writer gets a value that is not empty.
 */
import type { ByteWriter } from '../binary/index.js';
import { readI64 } from './bytes.js';
import { writeComparableDecimal } from './comparable-decimal.js';
import { bytesToBigInt } from './decimal.js';
import type { ScalarKind } from './types.js';

type ScalarWriter = (w: ByteWriter, value: Uint8Array) => void;

/** Varints of fewer bytes are written as variable-length integers. */
const LONG_VARINT = 7;

const WRITERS: Readonly<Record<ScalarKind, ScalarWriter>> = {
  ascii: writeEscaped,
  text: writeEscaped,
  blob: writeEscaped,
  inet: writeEscaped,
  duration: writeEscaped,
  counter: writeEscaped,
  boolean: writeRaw,
  date: writeRaw,
  time: writeRaw,
  'legacy-timestamp': writeRaw,
  empty: writeRaw,
  tinyint: writeSigned,
  smallint: writeSigned,
  int: writeSigned,
  timestamp: writeSigned,
  bigint: (w, value) => writeInteger(w, readI64(value)),
  varint: writeVarint,
  decimal: writeComparableDecimal,
  float: writeFloat,
  double: writeFloat,
  uuid: (w, value) => writeUuid(w, value, false),
  timeuuid: (w, value) => writeUuid(w, value, true),
  'legacy-timeuuid': (w, value) => writeUuid(w, value, true),
  'lexical-uuid': writeLexicalUuid,
};

/** Kinds whose empty values have a form: those that are escaped. */
const ESCAPED: readonly ScalarKind[] = ['ascii', 'text', 'blob', 'inet', 'duration', 'counter'];

export function scalarWriter(kind: ScalarKind): ScalarWriter {
  return WRITERS[kind];
}

export function hasEmptyForm(kind: ScalarKind): boolean {
  return ESCAPED.includes(kind);
}

/**
 * Bytes of any length, so that none is the beginning of another in a sequence: n zeros become 00,
 * n - 1 times FE, FF; 00 ends them; zeros at the end become 00, n times FE instead.
 */
export function writeEscaped(w: ByteWriter, value: Uint8Array): void {
  let inZeros = false;
  for (let i = 0; i < value.length; i++) {
    const byte = value[i] as number;
    if (byte === 0) {
      w.u8(inZeros ? 0xfe : 0);
      inZeros = true;
      continue;
    }
    if (inZeros) w.u8(0xff);
    inZeros = false;
    w.u8(byte);
  }
  w.u8(inZeros ? 0xfe : 0);
}

function writeRaw(w: ByteWriter, value: Uint8Array): void {
  w.bytes(value);
}

function writeSigned(w: ByteWriter, value: Uint8Array): void {
  w.u8((value[0] ?? 0) ^ 0x80);
  w.bytes(value.subarray(1));
}

/** Negative numbers turned over, the sign of the others set. */
function writeFloat(w: ByteWriter, value: Uint8Array): void {
  if ((value[0] ?? 0) < 0x80) writeSigned(w, value);
  else for (const byte of value) w.u8(byte ^ 0xff);
}

/** A signed 64-bit number: as many leading ones (zeros when negative) as it has bytes. */
export function writeInteger(w: ByteWriter, value: bigint): void {
  const negative = value < 0n;
  const x = negative ? ~value : value;
  const bits = x === 0n ? 1 : x.toString(2).length;
  const length = Math.floor(bits / 7) + 1;
  const bytes = new Uint8Array(length > 8 ? 9 : length);
  const whole = new DataView(new ArrayBuffer(8));
  whole.setBigUint64(0, x);
  if (length > 8) {
    bytes[0] = 0xff;
    bytes.set(new Uint8Array(whole.buffer), 1);
    bytes[1] = (bytes[1] ?? 0) | 0x80;
  } else {
    bytes.set(new Uint8Array(whole.buffer, 8 - length));
    bytes[0] = (bytes[0] ?? 0) | ((0xff00 >> length) & 0xff);
  }
  for (const byte of bytes) w.u8(negative ? byte ^ 0xff : byte);
}

/** Two's complement of any length, at least a byte. */
export function writeVarint(w: ByteWriter, value: Uint8Array): void {
  const sign = (value[0] ?? 0) < 0x80 ? 0x00 : 0xff;
  let start = 0;
  while (start + 1 < value.length && value[start] === sign) start++;
  const length = value.length - start;
  if (length < LONG_VARINT) {
    writeInteger(w, bytesToBigInt(value));
    return;
  }
  const negative = sign === 0xff;
  w.u8(negative ? 0x00 : 0xff);
  const from = w.length;
  w.uvint(length - LONG_VARINT);
  if (negative) invert(w, from);
  w.bytes(value.subarray(start));
}

/** Turns over all that `w` has from `from` on. */
export function invert(w: ByteWriter, from: number): void {
  const bytes = w.view();
  for (let i = from; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ 0xff;
}

/** Time-based ones by their time; `signed`: as TimeUUIDType, which takes the low half as bytes. */
function writeUuid(w: ByteWriter, value: Uint8Array, signed: boolean): void {
  const high = BigInt.asUintN(64, readI64(value));
  const version = (high >> 12n) & 15n;
  const time = (high << 48n) | ((high << 16n) & 0xffff00000000n) | (high >> 32n);
  const other = (version << 60n) | ((high >> 4n) & 0x0ffffffffffff000n) | (high & 0xfffn);
  w.i64(signed || version === 1n ? time : other);
  const low = value.subarray(8);
  if (signed) for (const byte of low) w.u8(byte ^ 0x80);
  else w.bytes(low);
}

function writeLexicalUuid(w: ByteWriter, value: Uint8Array): void {
  writeSigned(w, value.subarray(0, 8));
  writeSigned(w, value.subarray(8));
}
