/** Growing buffer in Cassandra's encodings; the mirror of ByteReader. */

/** As quickly copied one by one as together. */
const FEW_BYTES = 48;
/** Vints below it have at most six bytes behind the first one. */
const NUMBER_MAX = 2 ** 49;

export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  /** Bytes written so far. */
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.#room(1);
    this.#view.setUint8(this.length, value);
    this.length += 1;
  }

  u16(value: number): void {
    this.#room(2);
    this.#view.setUint16(this.length, value);
    this.length += 2;
  }

  i32(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.length, value);
    this.length += 4;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.length, value);
    this.length += 4;
  }

  i64(value: bigint): void {
    this.#room(8);
    this.#view.setBigInt64(this.length, BigInt.asIntN(64, value));
    this.length += 8;
  }

  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.length, value);
    this.length += 8;
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Bytes `from` to `to` of `source`, without a view of them where they are few. */
  part(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length > FEW_BYTES) {
      this.bytes(source.subarray(from, to));
      return;
    }
    this.#room(length);
    const target = this.#bytes;
    for (let i = 0; i < length; i++) target[this.length + i] = source[from + i] as number;
    this.length += length;
  }

  /** Unsigned vint, shortest form; `value` from 0 to 2^53 - 1. */
  uvint(value: number): void {
    if (value < 0x80) {
      this.u8(value);
      return;
    }
    if (value >= NUMBER_MAX) {
      this.uvintBig(BigInt(value));
      return;
    }
    let extra = 1;
    for (let limit = 0x4000; value >= limit; limit *= 128) extra++;
    this.#room(extra + 1);
    const view = this.#view;
    let rest = value;
    for (let at = this.length + extra; at > this.length; at--) {
      const high = Math.floor(rest / 256);
      view.setUint8(at, rest - high * 256);
      rest = high;
    }
    view.setUint8(this.length, ((0xff00 >> extra) & 0xff) | rest);
    this.length += extra + 1;
  }

  /** Unsigned vint of the 64 low bits of `value`, shortest form. */
  uvintBig(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    const extra = vintLength(bits) - 1;
    this.#room(9);
    if (extra === 8) {
      this.#view.setUint8(this.length, 0xff);
      this.#view.setBigUint64(this.length + 1, bits);
      this.length += 9;
      return;
    }
    // The value in 8 bytes, with the marks of the length above it, then moved to its place.
    const marked = bits | (BigInt((0xff00 >> extra) & 0xff) << BigInt(8 * extra));
    this.#view.setBigUint64(this.length, marked << BigInt(8 * (7 - extra)));
    this.length += 1 + extra;
  }

  /** Signed (zigzag) vint. */
  svintBig(value: bigint): void {
    this.uvintBig((value << 1n) ^ (value >> 63n));
  }

  svint(value: number): void {
    if (Math.abs(value) < 2 ** 50) this.uvint(value < 0 ? -2 * value - 1 : 2 * value);
    else this.svintBig(BigInt(value));
  }

  /** A vint of a Java int: sign-extended to 64 bits (nine bytes when negative). */
  uvint32(value: number): void {
    if (value >= 0) this.uvint(value);
    else this.uvintBig(BigInt(value | 0));
  }

  /** u16 length, then Java's modified UTF-8. */
  utf(value: string): void {
    const start = this.length;
    this.u16(0);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0 && unit < 0x80) {
        this.u8(unit);
      } else if (unit < 0x800) {
        this.u8(0xc0 | (unit >> 6));
        this.u8(0x80 | (unit & 0x3f));
      } else {
        this.u8(0xe0 | (unit >> 12));
        this.u8(0x80 | ((unit >> 6) & 0x3f));
        this.u8(0x80 | (unit & 0x3f));
      }
    }
    this.#view.setUint16(start, this.length - start - 2);
  }

  shortBytes(value: Uint8Array): void {
    this.u16(value.length);
    this.bytes(value);
  }

  vintBytes(value: Uint8Array): void {
    this.uvint(value.length);
    this.bytes(value);
  }

  clear(): void {
    this.length = 0;
  }

  /** A view of what was written, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

/** Bytes of the shortest unsigned vint of `value` (0 to 2^64 - 1). */
export function vintLength(value: bigint): number {
  const high = Number(value >> 32n);
  const bits = high === 0 ? 32 - Math.clz32(Number(value)) : 64 - Math.clz32(high);
  return bits > 56 ? 9 : Math.max(1, Math.ceil(bits / 7));
}
