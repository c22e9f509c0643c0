/** Signed numbers in as few bytes of big-endian two's complement as hold them. */
import type { ByteWriter } from '../../binary/index.js';

export function signedLength(value: number): number {
  const x = value < 0 ? -1 - value : value;
  let bytes = 1;
  for (let limit = 128; x >= limit; limit *= 256) bytes++;
  return bytes;
}

export function signedBytes(w: ByteWriter, value: number): void {
  const negative = value < 0;
  const x = negative ? -1 - value : value;
  const flip = negative ? 0xff : 0;
  for (let i = signedLength(value) - 1; i >= 0; i--) {
    // Up to 32 bits without a division.
    const byte =
      x <= 0xffffffff ? (i < 4 ? (x >>> (8 * i)) & 0xff : 0) : Math.floor(x / 256 ** i) % 256;
    w.u8(byte ^ flip);
  }
}
