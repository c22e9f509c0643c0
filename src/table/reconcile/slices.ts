/** A table cut along the ring, so that its SSTables can be merged slice by slice in worker tasks. */
import type { SSTableTree } from '../../merkle/index.js';

/** An SSTable of a table that is to be merged. */
export interface SliceInput {
  readonly dataPath: string;
  readonly tree: SSTableTree;
}

/** Native positions of whole partitions. */
export interface SliceRange {
  readonly dataPath: string;
  readonly from: number;
  readonly to: number;
}

/** A stretch of the ring, and where its partitions lie; edges may hold some of the neighbours'. */
export interface Slice {
  /** High halves of ring places; null for all of a table in another order. */
  readonly ring: { readonly from: number; readonly to: number } | null;
  readonly ranges: readonly SliceRange[];
  /** Native bytes to be read. */
  readonly bytes: number;
}

/** Native bytes of one slice, about. */
const SLICE_BYTES = 32 * 1024 * 1024;
/** Depth of slices at most: edges of small SSTables are read for each slice. */
const DEPTH_MAX = 12;
const RING = 2 ** 32;

/** The partitions of `tree` with places from `from` to `to`, and what stands in runs with them. */
function rangeOf({ dataPath, tree }: SliceInput, from: number, to: number): SliceRange | null {
  const { runs, rule } = tree;
  let first = tree.lowerBound(from);
  const end = to >= RING ? runs.count : tree.lowerBound(to, first);
  // A run of a coarser tree may begin in front of the slice and hold partitions of it.
  const width = 2 ** (32 - rule.depth);
  const before = first - 1;
  if (before >= 0) {
    const place = runs.ringHigh[before] as number;
    if (Math.floor(place / width) * width + width > from) first = before;
  }
  if (first >= end) return null;
  const position = runs.partitionPosition[first] as number;
  // The last run may end inside a partition, which goes on in the next ones.
  let last = end;
  while (last < runs.count && runs.startsInside(last)) last++;
  return { dataPath, from: position, to: tree.runEnd(last - 1) };
}

/**
 * Slices of about 32 MiB; of tables that are not in the order of Murmur3 tokens, one. `rings` are
 * the stretches of the ring that are wanted, ascending.
 */
export function slicesOf(
  inputs: readonly SliceInput[],
  rings: readonly { readonly from: number; readonly to: number }[] = [{ from: 0, to: RING }],
): Slice[] {
  if (inputs.some(({ tree }) => !tree.ordered)) {
    const ranges = inputs.map(({ dataPath, tree }) => {
      return { dataPath, from: 0, to: tree.dataLength };
    });
    return [{ ring: null, ranges, bytes: bytesOf(ranges) }];
  }
  const total = inputs.reduce((sum, { tree }) => sum + tree.dataLength, 0);
  const depth = Math.min(DEPTH_MAX, Math.max(0, Math.ceil(Math.log2(total / SLICE_BYTES))));
  const width = RING / 2 ** depth;
  const slices: Slice[] = [];
  for (const ring of rings) {
    for (let from = ring.from; from < ring.to; ) {
      const to = Math.min(ring.to, (Math.floor(from / width) + 1) * width);
      const ranges = inputs.flatMap((input) => rangeOf(input, from, to) ?? []);
      if (ranges.length > 0) slices.push({ ring: { from, to }, ranges, bytes: bytesOf(ranges) });
      from = to;
    }
  }
  return slices;
}

function bytesOf(ranges: readonly SliceRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
