/** SSTables on disk: finding them, opening one, its blocks, rows and leaves, and checking it. */
export { type BlockReader, decodePayload, type StoredDigests } from './blocks.js';
export { type CheckMode, type CheckOptions, type CheckResult, checkSSTable } from './check.js';
export { type Fault, isUnread } from './check-faults.js';
export { checkIndex } from './check-index.js';
export { checkRange } from './check-range.js';
export { checkScan } from './check-scan.js';
export { dataError, type EventOptions, type SSTableEvent } from './events.js';
export {
  type ComponentFile,
  locateTable,
  type NamedSSTable,
  namedSSTables,
  type SSTableFiles,
  type TableLocation,
  type UnknownSSTable,
} from './files.js';
export { type IndexScanOptions, readIndexEntry, scanIndex } from './index-scan.js';
export { type LeafOptions, type PlacedLeaves, scanLeaves } from './leaves.js';
export { closeIdleSSTables, withSSTable } from './open-cache.js';
export { type FindOptions, findTables, type TableFiles, type UnreadFolder } from './paths.js';
export type { IndexedRange, StreamRange } from './ranges.js';
export { readKeyAt } from './read-key.js';
export { type PartitionPart, type ReadPartitionOptions, readPartition } from './read-partition.js';
export {
  ComponentComparison,
  type ComponentOutcome,
  columnIndexSize,
  derivedComponents,
  equalParameters,
  type RebuildOptions,
  type RebuildResult,
  readParameters,
  rebuildComponents,
} from './rebuild/index.js';
export { type RowsPlace, seekRows } from './seek-rows.js';
export { type OpenOptions, SSTable } from './sstable.js';
