/**
 * The backup format: config, ids, objects in packs, indexes, manifests. Knows bytes and ids, not what
 * they mean; docs/repository-format.md is its specification and numbers the invariants cited here.
 */
export {
  type ChunkSettings,
  type NewRepositoryOptions,
  REPOSITORY_VERSION,
  type RepositoryConfig,
} from './config.js';
export {
  OBJECT_KINDS,
  type ObjectKind,
  type PackEntry,
  parseRepositoryBytes,
} from './entries.js';
export {
  type Compression,
  decodeFrame,
  encodeFrame,
  encodeFrameInto,
  encodeSmallFrame,
  frameBound,
} from './frame.js';
export { indexKey, visitFragment } from './index-fragment.js';
export { contentName, OBJECT_ID_BYTES, objectId, type RepositoryKeys } from './keys.js';
export type { Manifest, ManifestName } from './manifest.js';
export { ObjectIndex, type ObjectLocation } from './object-index.js';
export { damage, ObjectReader, type PlacedObject } from './object-reader.js';
export { isPackHead, packKey, readPackIndex, type SlabChunk, type SlabFrame } from './pack.js';
export { putQuarantine } from './quarantine.js';
export { Repository } from './repository.js';
export type { SlabPlace } from './slab-places.js';
export { RepositoryWriter, type WriterStats } from './writer.js';
