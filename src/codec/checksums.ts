/** Checksums and raw LZ4 blocks on ordinary arrays, checked before they reach a kernel. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import { SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { kernels } from './kernels.js';
import { lz4Bound } from './lz4-typescript.js';
import { XXH3_SECRET_BYTES } from './xxh3-typescript.js';

/** CRC-32 (IEEE) as an unsigned number; `seed` is the CRC of what came before. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}

/**
 * XXH3 with 128 bits in canonical (big-endian) form, seed 0, of the default secret or another one
 * of 192 bytes. Returns 16 new bytes.
 */
export function xxh3_128(bytes: Uint8Array, secret?: Uint8Array): Uint8Array {
  if (secret !== undefined && secret.length !== XXH3_SECRET_BYTES) {
    throw new TypeError(`an XXH3 secret has ${XXH3_SECRET_BYTES} bytes, not ${secret.length}`);
  }
  return kernels().xxh3(bytes, secret);
}

/**
 * Decodes one raw LZ4 block, which must fill `target` exactly; decoded in place, without a copy,
 * when `target` is a view of kernel memory (a walker's window). SSTABLE_CORRUPT otherwise; then
 * the content of `target` is undefined.
 */
export function lz4DecodeBlock(source: Uint8Array, target: Uint8Array): void {
  checkLimit('blockBytesMax', target.length);
  checkLimit('blockBytesMax', Math.floor(source.length / 2));
  if (kernels().lz4Decode(source, target)) return;
  throw new SstashError('SSTABLE_CORRUPT', 'the LZ4 block is malformed', {
    length: source.length,
    expected: `${target.length} bytes when decoded`,
    hint: 'Restore the file from another replica or backup.',
  });
}

/**
 * One raw LZ4 block, byte for byte what liblz4 >= 1.8.2 `LZ4_compress_default` gives. A new array.
 */
export function lz4EncodeBlock(source: Uint8Array): Uint8Array {
  checkLimit('blockBytesMax', source.length);
  return kernels().lz4Encode(source);
}

/**
 * As `lz4EncodeBlock`, to the start of `target`, which must have room for `lz4Bound(source.length)`
 * bytes. Returns the length of the block.
 */
export function lz4EncodeInto(source: Uint8Array, target: Uint8Array): number {
  checkLimit('blockBytesMax', source.length);
  if (target.length < lz4Bound(source.length)) throw new TypeError('no room for the LZ4 block');
  return kernels().lz4EncodeInto(source, target);
}

/** Whether `lz4EncodeBlock` gives `block` for `plain`, to which `lz4DecodeBlock` decodes it. */
export function lz4Reproduces(plain: Uint8Array, block: Uint8Array): boolean {
  checkLimit('blockBytesMax', plain.length);
  checkLimit('blockBytesMax', Math.floor(block.length / 2));
  return kernels().lz4Reproduces(plain, block);
}
