/** Random input that is the same in every run. */

/** Numbers from 0 to 2^32 - 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
}

/** `noise`: all byte values; `letters`: four of them; `runs`: long repetitions with some noise. */
export type ByteKind = 'noise' | 'letters' | 'runs';

export const BYTE_KINDS: readonly ByteKind[] = ['noise', 'letters', 'runs'];

export function randomBytes(next: () => number, length: number, kind: ByteKind): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (kind === 'noise') bytes[i] = next() >>> 24;
    else if (kind === 'letters') bytes[i] = next() >>> 30;
    else bytes[i] = ((i >> 5) & 255) ^ (next() % 41 === 0 ? 7 : 0);
  }
  return bytes;
}
