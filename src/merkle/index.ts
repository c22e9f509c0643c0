/**
 * Merkle trees over leaves: built from digests, tokens and cuts, combined, compared, and turned
 * into bytes and back. Knows nothing of rows or files (docs/tree-format.md).
 */
export {
  type CompareOptions,
  compareTrees,
  type Side,
  type Zone,
  type ZoneSpan,
} from './compare.js';
export {
  bucketOf,
  chooseRule,
  commonRule,
  DEPTH_MAX,
  NO_CUT,
  RUN_BYTES,
  type RunRule,
} from './rule.js';
export { type LeafBatch, RunBuilder } from './run-builder.js';
export { concatRuns, RUN_RECORD_BYTES, RunTable } from './run-table.js';
export { type LeafSpan, SSTableTree } from './sstable-tree.js';
export {
  addSums,
  CANONICAL_VERSION,
  EMPTY_SUM,
  equalSums,
  type LeafSum,
  rootDigest,
} from './sum.js';
export { parseTree, serialiseTree, TREE_FORMAT_VERSION } from './tree-format.js';
