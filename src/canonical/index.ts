/**
 * The canonical form (docs/canonical-form.md): rows as bytes that are the same whichever SSTable
 * holds them, the leaves they are cut into, and the way back to native bytes.
 */
export { type CanonicalRecord, decodeRecords, type OpaqueRecord } from './decode.js';
export { encodeHead, encodeOpaque, encodeUnfiltered, isEmptyRow, writePlace } from './encode.js';
export { headKeyLength, headKeyStart } from './head-key.js';
export { leafDigests, leafEnds, MATCH_DIGEST_BYTES } from './leaf-scan.js';
export { type LeafKind, leafKind } from './leaf-scan-typescript.js';
export { NativeEncoder } from './native.js';
export type { NativeEncoderOptions } from './native-types.js';
export { FACT_COUNTS, FactCount, type FactTimes, RecordFacts } from './record-facts.js';
export { RecordTag } from './tags.js';
export { LeafWalker } from './walker.js';
export { LeafNote, type LeafWindow, type WalkerOptions } from './walker-types.js';
