/** Fast paths over plain byte arrays for what is done once per value. */
import { isUtf8 } from 'node:buffer';

/** Big-endian i32 at `at`. */
export function readI32(b: Uint8Array, at = 0): number {
  return (
    ((b[at] as number) << 24) |
    ((b[at + 1] as number) << 16) |
    ((b[at + 2] as number) << 8) |
    (b[at + 3] as number)
  );
}

/** Big-endian i64 of eight bytes. */
export function readI64(b: Uint8Array): bigint {
  return (BigInt(readI32(b)) << 32n) | BigInt(readI32(b, 4) >>> 0);
}

/** Big-endian i64 of eight bytes when a number holds it exactly, else NaN. */
export function readSafeI64(b: Uint8Array): number {
  const high = readI32(b);
  if (high < -0x200000 || high >= 0x200000) return Number.NaN;
  return high * 4294967296 + (readI32(b, 4) >>> 0);
}

/** Big-endian two's complement of at most six bytes. */
export function readShortInteger(b: Uint8Array): number {
  let value = ((b[0] as number) << 24) >> 24;
  for (let i = 1; i < b.length; i++) value = value * 256 + (b[i] as number);
  return value;
}

// Values are views of one window after the other: its Buffer is made once, not per value.
let lastWindow: ArrayBufferLike = new ArrayBuffer(0);
let lastBuffer = Buffer.from(lastWindow as ArrayBuffer);

function text(bytes: Uint8Array, encoding: 'latin1' | 'utf8' | 'hex'): string {
  if (bytes.buffer !== lastWindow) {
    lastWindow = bytes.buffer;
    lastBuffer = Buffer.from(lastWindow as ArrayBuffer);
  }
  return lastBuffer.toString(encoding, bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** Characters of UTF-8, or null where the bytes are none. */
export function utf8Text(bytes: Uint8Array): string | null {
  const chars = text(bytes, 'utf8');
  // What is no character is decoded as this one.
  return chars.includes('\ufffd') && !isUtf8(bytes) ? null : chars;
}

export function hexText(bytes: Uint8Array): string {
  return text(bytes, 'hex');
}

/** `value` as a JSON string; escapes in capitals, as Jackson writes them. */
export function quoteJson(value: string): string {
  const quoted = JSON.stringify(value);
  if (!quoted.includes('\\u')) return quoted;
  // Escape after escape, so that an escaped backslash before a `u` is left alone.
  return quoted.replace(/\\(?:u[0-9a-f]{4}|.)/g, (mark) =>
    mark.length > 2 ? `\\u${mark.slice(2).toUpperCase()}` : mark,
  );
}

/** UTF-8 as a JSON string, or null where the bytes are none. */
export function utf8Json(bytes: Uint8Array): string | null {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    const isPlain = byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c;
    if (isPlain) continue;
    const chars = utf8Text(bytes);
    return chars === null ? null : quoteJson(chars);
  }
  return `"${text(bytes, 'latin1')}"`;
}
