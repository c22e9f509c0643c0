/**
 * UTF-8 text in one growing buffer. Most of a dump is ASCII that is written byte by byte, without
 * strings in between; `ensure` before such writes, which do not check for room.
 */
export class ByteOutput {
  bytes: Buffer<ArrayBuffer>;
  length = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `more` bytes. */
  ensure(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Any text; makes room itself, and for a little more. */
  text(text: string): void {
    this.ensure(text.length * 3 + SLACK);
    this.length += this.bytes.write(text, this.length);
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** Short bytes; longer ones are faster with `copy`. */
  short(bytes: Uint8Array): void {
    const target = this.bytes;
    let at = this.length;
    for (let i = 0; i < bytes.length; i++) target[at++] = bytes[i] as number;
    this.length = at;
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A whole number below 2^53 in size. */
  integer(value: number): void {
    if (value < 0) {
      this.bytes[this.length++] = MINUS;
      this.integer(-value);
    } else if (value < BILLION) {
      this.digits(value | 0, digitCount(value));
    } else {
      const high = Math.floor(value / BILLION);
      this.integer(high);
      this.digits((value - high * BILLION) | 0, 9);
    }
  }

  /** `value` in exactly `count` digits; at most nine. */
  digits(value: number, count: number): void {
    const target = this.bytes;
    let at = this.length + count;
    this.length = at;
    let rest = value | 0;
    for (let i = 0; i < count; i++) {
      const next = (rest / 10) | 0;
      target[--at] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  /** What was written, in a buffer of its own. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}

/** Room behind a text, for separators. */
const SLACK = 256;
const BILLION = 1_000_000_000;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Decimal digits of a whole number below 10^9. */
function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10000) return 4;
  if (value < 100000) return 5;
  if (value < 1000000) return 6;
  if (value < 10000000) return 7;
  return value < 100000000 ? 8 : 9;
}
