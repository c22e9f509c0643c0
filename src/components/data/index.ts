/** The row format of Data.db: native bytes to the row model and back. */
export { ColumnSubsetReader, writeColumnSubset } from './column-subset.js';
export { compareDeletions, deletes, laterDeletion, sameDeletion } from './deletions.js';
export { CellFlag, ExtendedFlag, isBoundary, isBoundKind, RowFlag } from './flags.js';
export type {
  Cell,
  ClusteringValues,
  ColumnData,
  DeletionTime,
  Liveness,
  Marker,
  PartitionEnd,
  PartitionHead,
  Row,
  Unfiltered,
} from './row-model.js';
export { RowReader, type RowReaderOptions } from './row-reader.js';
export {
  cellFlags,
  RowWriter,
  type RowWriterOptions,
  writeClusteringValues,
} from './row-writer.js';
