/** Several SSTables as one CQL table: their trees, and what differs between two such tables. */

export type { Side } from '../merkle/index.js';
export {
  type BuildTreeOptions,
  buildTree,
  TREE_RANGE_TASK,
  type TreeRangeArgument,
  type TreeRangeResult,
  treeRange,
  treeRule,
} from './build-tree.js';
export { tableSum } from './compare-tables.js';
export { DIFF_LEVELS, type DiffLevel, type DiffOptions, diffTables } from './diff-tables.js';
export type {
  Difference,
  DifferenceKind,
  LeavesText,
  PartsText,
  PartText,
  SaidText,
  TokenRange,
} from './difference.js';
export { boundText } from './difference.js';
export { cellText, cellType, type FactText, pathText } from './fact-text.js';
export type {
  ComparedTable,
  LeafSource,
  OpenedTable,
  PartitionPlace,
  PlacedRecord,
} from './leaf-source.js';
export { type LoadedTree, type LoadTreeOptions, loadTree } from './load-tree.js';
export { loadTrees, openLocalTables } from './local-tables.js';
export type { Tables } from './merge-places.js';
export { pairTables, type TablePair } from './pair-tables.js';
export {
  type PartitionCounts,
  type PartitionShare,
  type PartitionSize,
  type PartitionsReport,
  type PartitionsSort,
  partitionsReport,
  type SkewFinding,
} from './partitions/report.js';
export { partitionFacts } from './partitions/scan-range.js';
export { combinePhysical, physicalDigest } from './physical.js';
export { placeOf } from './place.js';
export type { Change } from './place-difference.js';
export * from './reconcile/index.js';
export {
  droppedColumns,
  type FoundSchema,
  hasStrictLiveness,
  type KeyColumn,
  keyColumns,
  readSchema,
  storedSchema,
} from './schema-file.js';
export { isTokenOrdered } from './token-ordered.js';
export { cacheDirectory, identityOf } from './tree-cache.js';
export {
  isTreeFile,
  parseTrees,
  serialiseTrees,
  type TableTrees,
  type TreeEntry,
} from './tree-file.js';
export { openTreeFile } from './tree-file-tables.js';
