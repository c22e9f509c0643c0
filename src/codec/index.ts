/**
 * Checksums, hashes and compressors; the only folder that loads native-bindings.
 *
 * Each primitive exists twice: as a WebAssembly kernel and as a TypeScript twin that specifies it.
 * The environment variable SSTASH_KERNELS=typescript makes a process use the twins.
 */
export { BloomBits, type BloomShape } from './bloom-bits.js';
export { crc32, lz4DecodeBlock, lz4EncodeBlock, lz4EncodeInto, xxh3_128 } from './checksums.js';
export {
  type BlockCompressor,
  blockBound,
  compressor,
  LZ4_COMPRESSOR,
  loadCompressor,
} from './compressors.js';
export { combineCrc32, crc32WithItself } from './crc-combine.js';
export type { DumpHost } from './dump-exports.js';
export {
  align,
  HASH_WORDS,
  type KernelExports,
  KernelInstance,
  type Kernels,
  kernelKind,
  kernels,
} from './kernels.js';
export { lz4Bound } from './lz4-typescript.js';
export { murmur3Typescript } from './murmur3-typescript.js';
export type { ScanExports, ScanHost } from './scan-exports.js';
export { type SingleRows, type SingleRowsForm, singleRows } from './single-rows.js';
export { StreamHash } from './stream-hash.js';
export { xxh3Typescript } from './xxh3-typescript.js';
