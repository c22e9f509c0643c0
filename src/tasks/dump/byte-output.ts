/**
 * UTF-8 text in one growing buffer. Most of a dump is ASCII that is written without strings in
 * between; `ensure` before such writes, which do not check for room. They write in words where they
 * can, since a loop over bytes takes several times as long: up to seven bytes behind what counts
 * may be overwritten.
 */
export class ByteOutput {
  bytes: Buffer<ArrayBuffer>;
  view: DataView;
  length = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, capacity);
  }

  /** Makes room for `more` bytes. */
  ensure(more: number): void {
    if (this.length + more + WORD > this.bytes.length) this.#grow(more);
  }

  #grow(more: number): void {
    const capacity = Math.max(this.bytes.length * 2, this.length + more + WORD);
    const grown = Buffer.allocUnsafeSlow(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer, grown.byteOffset, capacity);
  }

  /** Any text; makes room itself, and for a little more. */
  text(text: string): void {
    this.ensure(text.length * 3 + SLACK);
    this.length += this.bytes.write(text, this.length);
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  literal(literal: Literal): void {
    const { words } = literal;
    const { view } = this;
    const at = this.length;
    for (let i = 0; i < words.length; i++) view.setFloat64(at + 8 * i, words[i] as number, true);
    this.length = at + literal.length;
  }

  /** A whole number below 2^53 in size. */
  integer(value: number): void {
    if (value < 0) {
      this.bytes[this.length++] = MINUS;
      this.integer(-value);
    } else if (value < BILLION) {
      this.digits(value, digitCount(value));
    } else {
      const high = Math.floor(value / BILLION);
      this.integer(high);
      this.digits(value - high * BILLION, 9);
    }
  }

  /** `value` in exactly `count` digits; at most nine. */
  digits(value: number, count: number): void {
    const { view } = this;
    const start = this.length;
    let at = start + count;
    this.length = at;
    let rest = value | 0;
    while (at - start >= 2) {
      const next = (rest / 100) | 0;
      at -= 2;
      view.setUint16(at, PAIRS[rest - next * 100] as number);
      rest = next;
    }
    if (at > start) view.setUint8(start, ZERO + rest);
  }

  /** A number below 100 in two digits. */
  pair(value: number): void {
    this.view.setUint16(this.length, PAIRS[value] as number);
    this.length += 2;
  }

  /** What was written. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}

/** A short fixed text, as words to copy. */
export class Literal {
  /** Little-endian words; the last one is filled with zeros. */
  readonly words: Float64Array;
  readonly length: number;

  /** `text` must be UTF-8 without DEL, so that no word is a NaN whose bits may change. */
  constructor(text: string) {
    const bytes = Buffer.from(text);
    this.length = bytes.length;
    this.words = new Float64Array(Math.ceil(bytes.length / WORD));
    const padded = new Uint8Array(this.words.length * WORD);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    for (let i = 0; i < this.words.length; i++) this.words[i] = view.getFloat64(i * WORD, true);
  }

  static isPossible(text: string): boolean {
    return !text.includes('\u007f');
  }
}

const WORD = 8;
/** Room behind a text, for separators. */
const SLACK = 256;
const BILLION = 1_000_000_000;
const MINUS = 0x2d;
const ZERO = 0x30;
/** The two digits of each number below 100, big-endian. */
const PAIRS = Uint16Array.from(
  { length: 100 },
  (_, i) => ((ZERO + Math.floor(i / 10)) << 8) | (ZERO + (i % 10)),
);

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
