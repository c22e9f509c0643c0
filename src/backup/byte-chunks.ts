/**
 * Content-defined chunks of plain bytes (components, and Data.db where rows are not taken apart).
 *
 * A gear hash runs over the bytes: h = (h << 1) + gear[byte], 32 bits, so that h depends on the last
 * 32 bytes. A chunk ends after a byte where h has enough high zero bits: log2(average) + 2 of them
 * before the average size is reached, log2(average) - 2 after it, which keeps sizes close to the
 * average. The hash is not looked at in the first average / 4 bytes, and a chunk ends at average × 4.
 * gear[b] is the first four bytes, big-endian, of SHA-256("sstash gear 1" ‖ b).
 */
import { createHash } from 'node:crypto';

const gear = new Uint32Array(256).map((_, byte) => {
  const hash = createHash('sha256').update('sstash gear 1').update(Uint8Array.of(byte)).digest();
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
});

const highBits = (bits: number): number => ~(0xffffffff >>> bits);

/** Where the chunk that begins at `start` ends; `bytes.length` when the content ends before. */
export function chunkEnd(bytes: Uint8Array, start: number, averageBytes: number): number {
  const bits = Math.log2(averageBytes) | 0;
  const scan = (from: number, to: number, mask: number): number => {
    for (let i = from; i < to; i++) {
      hash = ((hash << 1) + (gear[bytes[i] as number] as number)) | 0;
      if ((hash & mask) === 0) return i + 1;
    }
    return -1;
  };
  const limit = Math.min(bytes.length, start + averageBytes * 4);
  const first = Math.min(limit, start + averageBytes / 4);
  const middle = Math.min(limit, start + averageBytes);
  let hash = 0;
  for (let i = Math.max(start, first - 32); i < first; i++) {
    hash = ((hash << 1) + (gear[bytes[i] as number] as number)) | 0;
  }
  let end = scan(first, middle, highBits(bits + 2));
  if (end < 0) end = scan(middle, limit, highBits(bits - 2));
  return end < 0 ? limit : end;
}

/** Cuts `bytes` into chunks; views. Content of at most one average chunk is not cut. */
export function* byteChunks(bytes: Uint8Array, averageBytes: number): Generator<Uint8Array> {
  if (bytes.length <= averageBytes) {
    if (bytes.length > 0) yield bytes;
    return;
  }
  for (let start = 0; start < bytes.length; ) {
    const end = chunkEnd(bytes, start, averageBytes);
    yield bytes.subarray(start, end);
    start = end;
  }
}
