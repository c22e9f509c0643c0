/**
 * Bytes of a tree, little-endian throughout (docs/tree-format.md):
 *
 *     offset  size  field
 *          0     8  magic "SSTMTREE"
 *          8     2  format version, 1
 *         10     2  version of the canonical form whose leaves are digested, 1
 *         12     1  rule: depth
 *         13     1  rule: row bits (255: no cut)
 *         14     1  rule: head bits (255: no cut)
 *         15     1  flags: 1 the file is in token order
 *         16     8  runs, n
 *         24     8  leaves
 *         32     8  partitions
 *         40     8  native bytes
 *         48    16  sum of all leaf digests, four words
 *         64   68n  the columns of RunTable (run-table.ts)
 *     64+68n    16  XXH3-128 of everything before
 */
import { equalBytes } from '../binary/index.js';
import { xxh3_128 } from '../codec/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { NO_CUT, type RunRule } from './rule.js';
import { RUN_RECORD_BYTES, RunTable } from './run-table.js';
import { SSTableTree } from './sstable-tree.js';
import { CANONICAL_VERSION } from './sum.js';

export const TREE_FORMAT_VERSION = 1;
const MAGIC = new TextEncoder().encode('SSTMTREE');
const HEADER_BYTES = 64;
const CHECKSUM_BYTES = 16;
const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of every number in the columns of `count` runs: file order ↔ host order. */
function toHostOrder(bytes: Uint8Array, count: number): void {
  if (HOST_IS_LITTLE_ENDIAN) return;
  for (let at = 0; at < 32 * count; at += 8) bytes.subarray(at, at + 8).reverse();
  for (let at = 32 * count; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
}

/** The bytes of `tree`; a copy. */
export function serialiseTree(tree: SSTableTree): Uint8Array {
  const { runs, rule } = tree;
  const body = HEADER_BYTES + runs.buffer.byteLength;
  const bytes = new Uint8Array(body + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(8, TREE_FORMAT_VERSION, true);
  view.setUint16(10, CANONICAL_VERSION, true);
  bytes.set([rule.depth, rule.rowBits, rule.headBits, tree.ordered ? 1 : 0], 12);
  view.setBigUint64(16, BigInt(runs.count), true);
  view.setBigUint64(24, BigInt(tree.leafCount), true);
  view.setBigUint64(32, BigInt(tree.partitionCount), true);
  view.setBigUint64(40, BigInt(tree.dataLength), true);
  const { words } = tree.sum();
  for (let w = 0; w < 4; w++) view.setUint32(48 + 4 * w, words[w] as number, true);
  bytes.set(new Uint8Array(runs.buffer), HEADER_BYTES);
  toHostOrder(bytes.subarray(HEADER_BYTES, body), runs.count);
  bytes.set(xxh3_128(bytes.subarray(0, body)), body);
  return bytes;
}

function invalid(message: string, offset: number, where: ErrorDetails): SstashError {
  return new SstashError('TREE_INVALID', message, {
    offset,
    hint: 'Build the tree again from its SSTables.',
    ...where,
  });
}

/** What is wrong with run `i`, which begins with leaf `leaf`, or null. */
function runFault(tree: SSTableTree, i: number, leaf: number): string | null {
  const { runs } = tree;
  const position = runs.position[i] as number;
  const partition = runs.partitionPosition[i] as number;
  const head = runs.headLeaf[i] as number;
  if (runs.firstLeaf[i] !== leaf || runs.leafCount[i] === 0) return `run ${i} has other leaves`;
  if (!(Number.isSafeInteger(position) && position >= 0 && position < tree.runEnd(i))) {
    return `run ${i} has no bytes`;
  }
  if (!runs.startsInside(i)) {
    if (partition !== position) return `the partition of run ${i} begins at ${partition}`;
  } else {
    // Its head is that of the run before, or stands in it.
    const before = i - 1;
    if (!(i > 0 && partition >= 0 && partition < position)) return `run ${i} has no partition`;
    const follows = head === runs.headLeaf[before] || head >= (runs.firstLeaf[before] as number);
    if (!(follows && head < leaf)) return `run ${i} has no head`;
  }
  const sorted = i === 0 || (runs.ringHigh[i] as number) >= (runs.ringHigh[i - 1] as number);
  return sorted || !tree.ordered ? null : `run ${i} is out of token order`;
}

/** What is wrong with the runs of `tree`, whoever wrote them, or null. */
function fault(tree: SSTableTree): string | null {
  let leaf = 0;
  for (let i = 0; i < tree.runs.count; i++) {
    const problem = runFault(tree, i, leaf);
    if (problem !== null) return problem;
    leaf += tree.runs.leafCount[i] as number;
  }
  return Number.isSafeInteger(tree.dataLength) ? null : 'too many bytes';
}

/**
 * The tree that `bytes` hold; it takes a copy.
 *
 * @throws SstashError TREE_INVALID where magic, version, length, checksum or content is wrong
 */
export function parseTree(bytes: Uint8Array, where: ErrorDetails = {}): SSTableTree {
  const { length } = bytes;
  if (length < HEADER_BYTES + CHECKSUM_BYTES) throw invalid('too short for a tree', 0, where);
  if (!equalBytes(bytes.subarray(0, 8), MAGIC)) throw invalid('not a tree', 0, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const version = view.getUint16(8, true);
  if (version !== TREE_FORMAT_VERSION) throw invalid(`tree format version ${version}`, 8, where);
  const canonical = view.getUint16(10, true);
  if (canonical !== CANONICAL_VERSION) {
    throw invalid(`canonical form version ${canonical}`, 10, where);
  }
  checkLimit('treeBytesMax', length, where);
  const count = (length - HEADER_BYTES - CHECKSUM_BYTES) / RUN_RECORD_BYTES;
  if (view.getBigUint64(16, true) !== BigInt(Math.floor(count)) || !Number.isInteger(count)) {
    throw invalid(`${length} bytes do not hold the runs it says`, 16, where);
  }
  const body = length - CHECKSUM_BYTES;
  if (!equalBytes(xxh3_128(bytes.subarray(0, body)), bytes.subarray(body))) {
    throw invalid('the checksum does not match', body, where);
  }
  return checkedTree(bytes, view, count, where);
}

function checkedTree(
  bytes: Uint8Array,
  view: DataView,
  count: number,
  where: ErrorDetails,
): SSTableTree {
  const rule: RunRule = {
    depth: view.getUint8(12),
    rowBits: view.getUint8(13),
    headBits: view.getUint8(14),
  };
  const bad = (bits: number): boolean => bits > 32 && bits !== NO_CUT;
  if (rule.depth > 32 || bad(rule.rowBits) || bad(rule.headBits)) {
    throw invalid('a rule that no tree has', 12, where);
  }
  // Not slice(): on a Buffer that would be a view, whose columns could lie unaligned.
  const columns = new Uint8Array(count * RUN_RECORD_BYTES);
  columns.set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + columns.length));
  toHostOrder(columns, count);
  const dataLength = Number(view.getBigUint64(40, true));
  const ordered = (view.getUint8(15) & 1) === 1;
  const runs = new RunTable(count, columns.buffer);
  const tree = new SSTableTree(rule, runs, dataLength, ordered);
  const problem = fault(tree);
  if (problem !== null) throw invalid(problem, HEADER_BYTES, where);
  const { words } = tree.sum();
  const same =
    view.getBigUint64(24, true) === BigInt(tree.leafCount) &&
    view.getBigUint64(32, true) === BigInt(tree.partitionCount) &&
    words.every((word, w) => word === view.getUint32(48 + 4 * w, true));
  if (!same) throw invalid('the totals are not those of the runs', 24, where);
  return tree;
}
