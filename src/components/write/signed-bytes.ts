/** Signed numbers in as few bytes of big-endian two's complement as hold them. */
import type { ByteWriter } from '../../binary/index.js';

export function signedLength(value: number): number {
  const x = value < 0 ? -1 - value : value;
  let bytes = 1;
  for (let limit = 128; x >= limit; limit *= 256) bytes++;
  return bytes;
}

export function signedBytes(w: ByteWriter, value: number): void {
  const length = signedLength(value);
  // Up to 32 bits without a division.
  if (length <= 4) {
    for (let shift = 8 * length - 8; shift >= 0; shift -= 8) w.u8((value >> shift) & 0xff);
    return;
  }
  const x = value < 0 ? -1 - value : value;
  const flip = value < 0 ? 0xff : 0;
  for (let i = length - 1; i >= 0; i--) w.u8((Math.floor(x / 256 ** i) % 256) ^ flip);
}
