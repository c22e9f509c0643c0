/** Sums of a merged view as a tree that can be compared: one run for each prefix that has leaves. */
import { NO_CUT, RunTable, SSTableTree } from '../../merkle/index.js';
import type { NormalSums } from './normal-sums.js';

/** Positions are ordinals of leaves; `ordered` as in SSTableTree. */
export function treeOfSums(sums: NormalSums, ordered: boolean): SSTableTree {
  const { depth, leaves, partitions, words } = sums;
  const used = [...leaves.keys()].filter((i) => (leaves[i] as number) > 0);
  const runs = new RunTable(used.length);
  let leaf = 0;
  for (const [run, i] of used.entries()) {
    runs.position[run] = leaf;
    runs.partitionPosition[run] = leaf;
    runs.firstLeaf[run] = leaf;
    runs.headLeaf[run] = leaf;
    runs.ringHigh[run] = i * 2 ** (32 - depth);
    runs.leafCount[run] = leaves[i] as number;
    runs.partitionCount[run] = partitions[i] as number;
    runs.sums.set(words.subarray(4 * i, 4 * i + 4), 4 * run);
    leaf += leaves[i] as number;
  }
  const rule = { depth, rowBits: NO_CUT, headBits: NO_CUT };
  return new SSTableTree(rule, runs, leaf, ordered);
}
