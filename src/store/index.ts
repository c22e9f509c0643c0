/** Where repositories lie: named blobs that are written once. Knows neither SSTables nor formats. */
export {
  type BlobInfo,
  type BlobStore,
  checkKey,
  type GetOptions,
  type PutOptions,
  partsLength,
} from './blob-store.js';
export { inspectLocal, type LocalPlace, LocalStore } from './local-store.js';
export { MemoryStore } from './memory-store.js';
export { openStore, shareStore } from './open-store.js';
export { DiscardStore, ReadOnlyStore } from './wrappers.js';
