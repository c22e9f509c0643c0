/**
 * Which of two SSTables got its writes later. Their generations do not tell: a compaction of old ones
 * has a newer generation than a flush of what was written after them. The positions in the commit log
 * do: an SSTable has those of all writes that are in it, a compaction those of all that it merged.
 */
import { toHex } from '../../binary/index.js';
import type { Statistics } from '../../components/index.js';

/** Places in the commit log of one node. */
interface Span {
  readonly host: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** Of two SSTables of one partition: the later one has only older writes. */
export interface Reversal {
  /** Microseconds between the last write of the earlier one and that of the later one. */
  readonly gap: number;
  /** Sources. */
  readonly earlier: number;
  readonly later: number;
}

export class WriteOrder {
  readonly #spans: readonly (Span | null)[];

  /** @param statistics of the SSTables, in the order of their numbers as sources */
  constructor(statistics: readonly Statistics[]) {
    this.#spans = statistics.map(spanOf);
  }

  /** Whether all writes in SSTable `a` reached the node after all of `b`; false where that is not known. */
  isLater(a: number, b: number): boolean {
    const [x, y] = [this.#spans[a] ?? null, this.#spans[b] ?? null];
    return x !== null && y !== null && x.host === y.host && x.from >= y.to && x.to > y.from;
  }

  /**
   * The largest reversal among the SSTables `sources` of a partition, null if there is none.
   * @param times last write of each in microseconds, null where nothing was written
   */
  reversal(sources: readonly number[], times: readonly (bigint | null)[]): Reversal | null {
    let found: Reversal | null = null;
    for (const [i, later] of sources.entries()) {
      const time = times[i] ?? null;
      if (time === null) continue;
      for (const [j, earlier] of sources.entries()) {
        const other = times[j] ?? null;
        if (other === null || other <= time || !this.isLater(later, earlier)) continue;
        const gap = Number(other - time);
        if (gap > (found?.gap ?? 0)) found = { gap, earlier, later };
      }
    }
    return found;
  }
}

/** Null where Statistics.db has no positions, as in what was streamed or made by a tool, and in `ma`. */
function spanOf({ stats }: Statistics): Span | null {
  const { commitLogIntervals, commitLogLowerBound, commitLogUpperBound, originatingHostId } = stats;
  const host = originatingHostId === null ? '' : toHex(originatingHostId);
  const bounds: readonly (typeof commitLogUpperBound)[] =
    commitLogIntervals?.flat() ??
    (commitLogLowerBound === null ? [] : [commitLogLowerBound, commitLogUpperBound]);
  const places = bounds.map(({ segmentId, position }) => segmentId * 2n ** 32n + BigInt(position));
  const [first] = places;
  // A segment has a number from 1 on.
  if (first === undefined || bounds.some(({ segmentId }) => segmentId <= 0n)) return null;
  let [from, to] = [first, first];
  for (const place of places) {
    if (place < from) from = place;
    if (place > to) to = place;
  }
  return { host, from, to };
}
