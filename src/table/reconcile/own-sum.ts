/** The normal form of one SSTable by itself, digested while its leaves go by. */
import { addSums, type LeafSum, type RunTable } from '../../merkle/index.js';
import type { PlacedLeaves, SSTable } from '../../sstable/index.js';
import { NormalScan } from './normal-scan.js';
import { type NormalSums, NormalSumsBuilder, partitionsOf, totalOf } from './normal-sums.js';
import { cursorOf } from './reconcile-slice.js';

/** Plain data; holds for every time from `from` (inclusive) to `until`. */
export interface OwnSum {
  readonly from: number;
  readonly until: number;
  readonly leaves: number;
  readonly partitions: number;
  readonly words: readonly number[];
}

export function ownOf(sums: NormalSums): OwnSum {
  const { leaves, words } = totalOf(sums);
  const { from, until } = sums;
  return { from, until, leaves, partitions: partitionsOf(sums), words: [...words] };
}

/**
 * By how much the normal form for `at` of a range of `sstable` differs from its leaves as they are;
 * `use` sees all of these first, window by window.
 */
export async function scanDelta(
  sstable: SSTable,
  windows: AsyncGenerator<PlacedLeaves, void, undefined>,
  at: number,
  use: (leaves: PlacedLeaves) => void,
): Promise<OwnSum> {
  const times = { at, gcBefore: null };
  const cursor = cursorOf(sstable, tapped(windows, use), times);
  const { header, partitioner } = sstable;
  const sums = new NormalSumsBuilder(0);
  try {
    const options = { headers: [header], partitioner, times, sums, ring: null, isDelta: true };
    return ownOf(await new NormalScan([cursor], options).run());
  } finally {
    await cursor.close();
  }
}

async function* tapped(
  windows: AsyncGenerator<PlacedLeaves, void, undefined>,
  use: (leaves: PlacedLeaves) => void,
): AsyncGenerator<PlacedLeaves, void, undefined> {
  for await (const leaves of windows) {
    use(leaves);
    yield leaves;
  }
}

/** What `delta` makes of the leaves in `runs`. */
export function withDelta(runs: RunTable, delta: OwnSum): OwnSum {
  const words = Uint32Array.from(delta.words);
  let { leaves, partitions } = delta;
  for (let i = 0; i < runs.count; i++) {
    leaves += runs.leafCount[i] as number;
    partitions += runs.partitionCount[i] as number;
    for (let w = 0; w < 4; w++) words[w] = (words[w] as number) + (runs.sums[4 * i + w] as number);
  }
  return { ...delta, leaves, partitions, words: [...words] };
}

/** Sums of ranges of one SSTable as that of the whole. */
export function addOwn(sums: readonly OwnSum[]): OwnSum {
  const { leaves, words } = addSums(sums.map(sumOfOwn));
  return {
    from: Math.max(-Infinity, ...sums.map(({ from }) => from)),
    until: Math.min(Infinity, ...sums.map(({ until }) => until)),
    leaves,
    partitions: sums.reduce((total, { partitions }) => total + partitions, 0),
    words: [...words],
  };
}

export function sumOfOwn({ leaves, words }: OwnSum): LeafSum {
  return { leaves, words: Uint32Array.from(words) };
}

export function holdsAt({ from, until }: { from: number; until: number }, at: number): boolean {
  return at >= from && at < until;
}
