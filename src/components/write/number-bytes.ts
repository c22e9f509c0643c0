/** Whole numbers as big-endian two's complement, at a place of an array. */

/** How few bytes hold a signed number. */
export function signedLength(value: number): number {
  const x = value < 0 ? -1 - value : value;
  if (x < 2 ** 31) return (40 - Math.clz32(x)) >> 3;
  let bytes = 4;
  for (let limit = 2 ** 31; x >= limit; limit *= 256) bytes++;
  return bytes;
}

/** Writes the `length` low bytes of `value`, at most 8, to `at`; returns where they end. */
export function putNumber(out: Uint8Array, at: number, value: number, length: number): number {
  let low = value;
  if (length > 4) {
    const high = Math.floor(value / 2 ** 32);
    low -= high * 2 ** 32;
    for (let i = length - 5; i >= 0; i--) out[at++] = high >> (8 * i);
  }
  for (let i = Math.min(length, 4) - 1; i >= 0; i--) out[at++] = low >> (8 * i);
  return at;
}
