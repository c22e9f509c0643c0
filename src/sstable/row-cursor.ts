/**
 * Cursor for the fast scan of Data.db: no object per value, and one throw per window at most.
 * Unlike ByteReader it reads numbers as numbers and leaves what does not fit to the slow path.
 */

/** Thrown, always the same object, when the window ends inside an item. */
export const windowEnds = new Error('the window ends inside an item');

const NO_BYTES = new Uint8Array(0);

export class RowCursor {
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  /** Offset of the next byte in the window. */
  at = 0;
  end = 0;
  /** The value of a vint that `uvint` could not give as a number. */
  big = 0n;

  load(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.end = bytes.length;
  }

  need(length: number): void {
    if (this.at + length > this.end) throw windowEnds;
  }

  u8(): number {
    if (this.at >= this.end) throw windowEnds;
    return this.bytes[this.at++] as number;
  }

  /** Unsigned vint; -1 when it is above 2^53 - 1, then `big` has it. */
  uvint(): number {
    if (this.at >= this.end) throw windowEnds;
    const first = this.bytes[this.at] as number;
    if (first < 0x80) {
      this.at++;
      return first;
    }
    return this.#longVint(first);
  }

  #longVint(first: number): number {
    const extra = Math.clz32(~(first << 24));
    const { bytes, at } = this;
    if (at + extra >= this.end) throw windowEnds;
    this.at = at + extra + 1;
    if (extra >= 7) return this.#hugeVint(at, extra);
    let value = first & (0xff >> extra);
    for (let i = at + 1; i <= at + extra; i++) value = value * 256 + (bytes[i] as number);
    return value;
  }

  #hugeVint(at: number, extra: number): number {
    const bits = this.view.getBigUint64(at + extra - 7);
    this.big = extra === 8 ? bits : bits & 0xffffffffffffffn;
    return this.big <= 0x1fffffffffffffn ? Number(this.big) : -1;
  }

  /** A vint of a sign-extended Java int; NaN when it is none. */
  int32(): number {
    const value = this.uvint();
    if (value >= 0) return value <= 0x7fffffff ? value : Number.NaN;
    const signed = BigInt.asIntN(64, this.big);
    return signed === BigInt.asIntN(32, signed) ? Number(signed) : Number.NaN;
  }
}
