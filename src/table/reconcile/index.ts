/** What the SSTables of a table say together, by Cassandra's rules (docs/reconciled.md). */
export { EXPIRED_LIVENESS_TTL, isLiveCell, isLiveLiveness, isTombstone } from './cells.js';
export { type DroppedAt, MergedColumns } from './columns.js';
export { leafPartition } from './leaf-partition.js';
export { isOpening, openedBy } from './markers.js';
export type {
  Merged,
  MergedHead,
  MergedMarker,
  MergedRow,
  RowVersion,
} from './merge-partition.js';
export {
  type MergedPartition,
  mergedPartition,
  type OpenPartitionOptions,
  type PartitionSource,
} from './merged-partition.js';
export { type MergedSumsOptions, mergedSum, mergedSums } from './merged-sums.js';
export { type NormalSums, partitionsOf, totalOf, type Validity } from './normal-sums.js';
export { type NormalTablesOptions, normalTables } from './normal-tables.js';
export { sstablePartition, type TableKey, TableReader } from './open-partition.js';
export type { PurgeTimes } from './purge.js';
export { type ReconcileOptions, reconcile } from './reconcile.js';
export { reconcileSlice } from './reconcile-slice.js';
