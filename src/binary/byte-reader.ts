/**
 * Cursor over a window of bytes in Cassandra's encodings (format reference, section 3): every
 * fixed-width integer is big-endian; vints carry the number of extra bytes in the leading ones of
 * their first byte.
 *
 * Reading past the window raises `NeedMoreBytes` when the window is not the end of its source
 * (`complete: false`), so that a caller can extend the window and try again; otherwise
 * SSTABLE_TRUNCATED.
 */
import { type ErrorDetails, SstashError } from '../errors.js';

/** Raised past the end of an incomplete window; `bytes` more are needed at least. */
export class NeedMoreBytes extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super(`${bytes} more bytes needed`);
    this.name = 'NeedMoreBytes';
    this.bytes = bytes;
  }
}

export interface ByteReaderOptions {
  /** Position of the first byte of the window in its source. */
  readonly base?: number;
  /** False: more bytes follow the window (past the end is NeedMoreBytes, not corruption). */
  readonly complete?: boolean;
  /** Added to every error. */
  readonly where?: ErrorDetails;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly base: number;
  readonly complete: boolean;
  readonly where: ErrorDetails;
  /** Offset in the window. */
  offset = 0;

  constructor(bytes: Uint8Array, options: ByteReaderOptions = {}) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.base = options.base ?? 0;
    this.complete = options.complete ?? true;
    this.where = options.where ?? {};
  }

  /** Position in the source. */
  get position(): number {
    return this.base + this.offset;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Ensures that `length` bytes can be read. */
  need(length: number): void {
    if (this.offset + length <= this.bytes.length) return;
    const missing = this.offset + length - this.bytes.length;
    if (!this.complete) throw new NeedMoreBytes(missing);
    throw new SstashError('SSTABLE_TRUNCATED', `the file ends ${missing} bytes too early`, {
      offset: this.position,
      length,
      ...this.where,
    });
  }

  /** An SSTABLE_CORRUPT at the current (or the given) position. */
  corrupt(message: string, position = this.position, details: ErrorDetails = {}): SstashError {
    return new SstashError('SSTABLE_CORRUPT', message, {
      offset: position,
      ...details,
      ...this.where,
    });
  }

  u8(): number {
    this.need(1);
    return this.view.getUint8(this.offset++);
  }

  u16(): number {
    this.need(2);
    const value = this.view.getUint16(this.offset);
    this.offset += 2;
    return value;
  }

  i16(): number {
    this.need(2);
    const value = this.view.getInt16(this.offset);
    this.offset += 2;
    return value;
  }

  i32(): number {
    this.need(4);
    const value = this.view.getInt32(this.offset);
    this.offset += 4;
    return value;
  }

  u32(): number {
    this.need(4);
    const value = this.view.getUint32(this.offset);
    this.offset += 4;
    return value;
  }

  i64(): bigint {
    this.need(8);
    const value = this.view.getBigInt64(this.offset);
    this.offset += 8;
    return value;
  }

  u64(): bigint {
    this.need(8);
    const value = this.view.getBigUint64(this.offset);
    this.offset += 8;
    return value;
  }

  /** An i64 that must be a length or position: 0 to 2^53 - 1. */
  i64Number(what: string): number {
    const start = this.position;
    const value = this.i64();
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.corrupt(`${what} is ${value}`, start);
    }
    return Number(value);
  }

  f64(): number {
    this.need(8);
    const value = this.view.getFloat64(this.offset);
    this.offset += 8;
    return value;
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  /** A view of the next `length` bytes, not a copy. */
  view8(length: number): Uint8Array {
    this.need(length);
    const { buffer, byteOffset } = this.view;
    // Quicker than subarray, and never a Buffer.
    const bytes = new Uint8Array(buffer, byteOffset + this.offset, length);
    this.offset += length;
    return bytes;
  }

  /** Passes over a vint, whatever its value. */
  skipVint(): void {
    this.need(1);
    const first = this.view.getUint8(this.offset);
    this.skip(first < 0x80 ? 1 : 1 + Math.clz32(~(first << 24)));
  }

  skip(length: number): void {
    this.need(length);
    this.offset += length;
  }

  /** Unsigned vint of any size. */
  uvintBig(): bigint {
    this.need(1);
    const first = this.view.getUint8(this.offset);
    if (first < 0x80) {
      this.offset++;
      return BigInt(first);
    }
    const extra = Math.clz32(~(first << 24));
    if (extra < 7) return BigInt(this.uvint('vint'));
    this.need(1 + extra);
    const start = this.offset;
    this.offset += 1 + extra;
    // With seven extra bytes the first one (fe) has no bit of the value.
    return extra === 8
      ? this.view.getBigUint64(start + 1)
      : this.view.getBigUint64(start) & 0x00ff_ffff_ffff_ffffn;
  }

  /** Unsigned vint that must fit a JavaScript integer; `what` names it in the error. */
  uvint(what: string): number {
    this.need(1);
    const first = this.view.getUint8(this.offset);
    if (first < 0x80) {
      this.offset++;
      return first;
    }
    const extra = Math.clz32(~(first << 24));
    this.need(1 + extra);
    if (extra >= 7) {
      const start = this.position;
      const big = this.uvintBig();
      if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw this.corrupt(`${what} is ${big}`, start);
      return Number(big);
    }
    let value = first & (0xff >> extra);
    for (let i = 1; i <= extra; i++) {
      value = value * 256 + this.view.getUint8(this.offset + i);
    }
    this.offset += 1 + extra;
    return value;
  }

  /** Signed (zigzag) vint of any size. */
  svintBig(): bigint {
    const value = this.uvintBig();
    return (value >> 1n) ^ -(value & 1n);
  }

  /** Signed vint that must fit a JavaScript integer. */
  svint(what: string): number {
    const start = this.position;
    this.need(1);
    if (this.view.getUint8(this.offset) < 0xfe) {
      const bits = this.uvint(what);
      return bits % 2 === 0 ? bits / 2 : -(bits + 1) / 2;
    }
    const value = this.svintBig();
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.corrupt(`${what} is ${value}`, start);
    }
    return Number(value);
  }

  /** A vint written from a Java int: sign-extended, so it may take nine bytes; must fit an i32. */
  uvint32(what: string): number {
    const start = this.position;
    this.need(1);
    if (this.view.getUint8(this.offset) < 0xfe) {
      const small = this.uvint(what);
      if (small > 0x7fffffff) throw this.corrupt(`${what} is ${small}`, start);
      return small;
    }
    const value = BigInt.asIntN(64, this.uvintBig());
    if (value !== BigInt.asIntN(32, value)) throw this.corrupt(`${what} is ${value}`, start);
    return Number(value);
  }

  /** u16 length, then Java's modified UTF-8. */
  utf(): string {
    const bytes = this.view8(this.u16());
    return decodeModifiedUtf8(bytes, () => this.corrupt('not a modified UTF-8 string'));
  }

  /** u16 length, then bytes (a view). */
  shortBytes(): Uint8Array {
    return this.view8(this.u16());
  }

  /** i32 length, then bytes (a view). */
  intBytes(what: string): Uint8Array {
    const start = this.position;
    const length = this.i32();
    if (length < 0) throw this.corrupt(`length of ${what} is ${length}`, start);
    return this.view8(length);
  }

  /** uvint length, then bytes (a view). */
  vintBytes(what: string): Uint8Array {
    return this.view8(this.uvint(`length of ${what}`));
  }

  /** uvint length, then UTF-8. */
  vintString(what: string): string {
    const start = this.position;
    const bytes = this.vintBytes(what);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw this.corrupt(`${what} is not UTF-8`, start, { cause });
    }
  }
}

function decodeModifiedUtf8(bytes: Uint8Array, failure: () => Error): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const a = bytes[i++] ?? 0;
    if (a < 0x80) {
      text += String.fromCharCode(a);
    } else if ((a & 0xe0) === 0xc0 && i < bytes.length) {
      text += String.fromCharCode(((a & 0x1f) << 6) | ((bytes[i++] ?? 0) & 0x3f));
    } else if ((a & 0xf0) === 0xe0 && i + 1 < bytes.length) {
      const b = bytes[i++] ?? 0;
      const c = bytes[i++] ?? 0;
      text += String.fromCharCode(((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f));
    } else {
      throw failure();
    }
  }
  return text;
}
