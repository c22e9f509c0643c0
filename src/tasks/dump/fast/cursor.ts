/** Reads vints of a window as numbers; what does not fit makes the cursor fail instead of throwing. */
import type { ByteReader } from '../../../binary/index.js';

export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  /** Nothing at or behind this offset is read. */
  end = 0;

  reset(window: ByteReader, at: number): void {
    this.bytes = window.bytes;
    this.view = window.view;
    this.at = at;
    this.end = window.bytes.length;
  }

  /** A byte, or -1 at the end. */
  byte(): number {
    return this.at < this.end ? (this.bytes[this.at++] as number) : -1;
  }

  /** An unsigned vint below 2^49, or -1 when it is larger or not whole. */
  vint(): number {
    const { bytes } = this;
    let at = this.at;
    if (at >= this.end) return -1;
    const first = bytes[at++] as number;
    if (first < 0x80) {
      this.at = at;
      return first;
    }
    const extra = Math.clz32(~(first << 24));
    if (extra > 6 || at + extra > this.end) return -1;
    let value = first & (0xff >> extra);
    for (let i = 0; i < extra; i++) value = value * 256 + (bytes[at++] as number);
    this.at = at;
    return value;
  }
}
