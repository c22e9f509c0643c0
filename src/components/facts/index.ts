/** What index components are made of, read off the rows. */
export {
  batchKey,
  batchPosition,
  type IndexedPartition,
  type PartitionBatch,
  type RowBlocks,
} from './partition-batch.js';
export { PartitionScanner, type ScannerOptions } from './partition-scanner.js';
