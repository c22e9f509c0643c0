import type { ByteWriter } from '../../binary/index.js';

/** Writes `value` in as few bytes of two's complement as hold it; returns how many. */
export function signedBytes(w: ByteWriter, value: number): number {
  const negative = value < 0;
  const x = negative ? -1 - value : value;
  let bytes = 1;
  for (let limit = 128; x >= limit; limit *= 256) bytes++;
  const flip = negative ? 0xff : 0;
  for (let i = bytes - 1; i >= 0; i--) w.u8((Math.floor(x / 256 ** i) % 256) ^ flip);
  return bytes;
}
