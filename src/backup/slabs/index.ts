/**
 * Slabs: blocks of Data.db that are kept as they were found, with the chunks of leaves that are in
 * them (docs/repository-format.md, 4.1).
 */
export { LeafChunkReader } from './leaf-chunk-reader.js';
export { restoreSlab } from './restore-slab.js';
export { SlabBuilder, type SlabPart, type SlabSource } from './slab-builder.js';
export {
  decodeSlabHead,
  encodeSlabHead,
  ownBytes,
  type SlabHead,
} from './slab-head.js';
export { inspectSlab, slabsOf } from './verify-slab.js';
