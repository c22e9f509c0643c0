/** The merged view of a table on disk: from the cache, from its one SSTable's tree, or made. */
import type { LeafSum } from '../../merkle/index.js';
import type { TableFiles } from '../../sstable/index.js';
import type { LoadedTree } from '../load-tree.js';
import { readMerged, writeMerged } from './merged-cache.js';
import { type NormalSums, totalOf } from './normal-sums.js';
import { holdsAt, sumOfOwn } from './own-sum.js';
import { type ReconcileOptions, reconcile } from './reconcile.js';

export interface MergedSumsOptions extends ReconcileOptions {
  /** Directory of the cache, null for none. */
  readonly cache: string | null;
}

/** Sums by prefixes over all SSTables of `files`, of which `trees` are those. */
export async function mergedSums(
  files: TableFiles,
  trees: readonly LoadedTree[],
  options: MergedSumsOptions,
): Promise<NormalSums> {
  const { cache, times, dropped } = options;
  const name = {
    identities: trees.map(({ identity }) => identity),
    gcBefore: times.gcBefore,
    dropped: JSON.stringify([...(dropped ?? [])].map(([column, at]) => [column, String(at)])),
  };
  const kept = cache === null ? null : await readMerged(cache, name, times.at);
  if (kept !== null) return kept;
  const inputs = trees.map(({ entry: { tree } }, i) => {
    return { tree, dataPath: files.sstables[i]?.dataPath ?? '' };
  });
  const sums = await reconcile(inputs, options);
  if (cache !== null) await writeMerged(cache, name, sums);
  return sums;
}

/** The sum alone: what the tree of a table of one SSTable knows is not read for again. */
export async function mergedSum(
  files: TableFiles,
  trees: readonly LoadedTree[],
  options: MergedSumsOptions,
): Promise<LeafSum> {
  const [only, second] = trees;
  const own = second === undefined ? only?.entry.own : undefined;
  const { times, dropped } = options;
  const asIs = times.gcBefore === null && (dropped?.size ?? 0) === 0;
  if (own !== undefined && asIs && holdsAt(own, times.at)) return sumOfOwn(own);
  return totalOf(await mergedSums(files, trees, options));
}
