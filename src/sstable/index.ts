/** SSTables on disk: finding them, opening one, its blocks, rows and leaves, and checking it. */
export { type BlockReader, decodePayload } from './blocks.js';
export type { EventOptions, SSTableEvent } from './events.js';
export {
  type ComponentFile,
  locateTable,
  type SSTableFiles,
  type TableLocation,
} from './files.js';
export { type IndexScanOptions, readIndexEntry, scanIndex } from './index-scan.js';
export { type LeafOptions, type PlacedLeaves, scanLeaves } from './leaves.js';
export { closeIdleSSTables, withSSTable } from './open-cache.js';
export { findTables, type TableFiles } from './paths.js';
export type { StreamRange } from './ranges.js';
export { type OpenOptions, SSTable } from './sstable.js';
