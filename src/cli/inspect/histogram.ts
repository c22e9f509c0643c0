/** What Cassandra's tools derive from the histograms of Statistics.db, by the same rules. */
import type {
  EstimatedHistogram,
  FormatVersion,
  TombstoneHistogram,
} from '../../components/index.js';

export interface HistogramSummary {
  readonly count: bigint;
  /** Smallest and largest value that may have been counted. */
  readonly min: number;
  readonly max: number;
  /** Null when a value above the last bucket was counted. */
  readonly mean: number | null;
  readonly percentiles: Readonly<Record<'50' | '75' | '95' | '98' | '99', number>>;
  /** Buckets that are not empty; `upTo` null: above the last offset. */
  readonly buckets: readonly { readonly upTo: number | null; readonly count: bigint }[];
}

function total(histogram: EstimatedHistogram): bigint {
  return histogram.buckets.reduce((sum, count) => sum + count, 0n);
}

function percentile(
  { offsets, buckets }: EstimatedHistogram,
  count: bigint,
  share: number,
): number {
  const wanted = BigInt(Math.ceil(Number(count) * share));
  if (wanted === 0n) return 0;
  let seen = 0n;
  for (let i = 0; i < offsets.length; i++) {
    seen += buckets[i] ?? 0n;
    if (seen >= wanted) return offsets[i] ?? 0;
  }
  return 0;
}

export function summarize(histogram: EstimatedHistogram): HistogramSummary {
  const { offsets, buckets } = histogram;
  const count = total(histogram);
  const used = [...buckets.keys()].filter((i) => buckets[i] !== 0n);
  const [first, last] = [used[0] ?? 0, used.at(-1) ?? 0];
  const overflow = (buckets[offsets.length] ?? 0n) !== 0n;
  const sum = offsets.reduce((all, offset, i) => all + offset * Number(buckets[i] ?? 0n), 0);
  const at = (share: number): number => percentile(histogram, count, share);
  return {
    count,
    min: used.length === 0 || first === 0 ? 0 : 1 + (offsets[first - 1] ?? 0),
    max: used.length === 0 ? 0 : (offsets[last] ?? Number.MAX_SAFE_INTEGER),
    mean: overflow || count === 0n ? null : Math.ceil(sum / Number(count)),
    percentiles: { 50: at(0.5), 75: at(0.75), 95: at(0.95), 98: at(0.98), 99: at(0.99) },
    buckets: used.map((i) => ({ upTo: offsets[i] ?? null, count: buckets[i] ?? 0n })),
  };
}

/** Local deletion time of what is neither deleted nor expires, before oa. */
const NONE = 0x7fffffff;

/**
 * Whether a bin is of what has no deletion time: releases of 3.0 count it among the drop times as well.
 * From oa on the number is a time as any other.
 */
export function isNoDropTime(time: number, version: FormatVersion): boolean {
  return time === NONE && !version.hasUIntDeletionTime;
}

/** Number of deletions and expiries in the histogram. */
export function tombstoneCount(histogram: TombstoneHistogram, version: FormatVersion): bigint {
  const { points, counts } = histogram;
  return counts.reduce(
    (sum, count, i) => (isNoDropTime(points[i] ?? 0, version) ? sum : sum + count),
    0n,
  );
}

/** Estimated number of points up to `time`, interpolated between bins. */
function countUpTo({ points, counts }: TombstoneHistogram, time: number): number {
  const next = points.findIndex((point) => point > time);
  const value = (i: number): number => Number(counts[i] ?? 0n);
  if (next === 0) return 0;
  const end = next < 0 ? points.length : next - 1;
  let sum = 0;
  for (let i = 0; i < end; i++) sum += value(i);
  if (next < 0) return sum;
  const [from, to] = [points[next - 1] ?? 0, points[next] ?? 0];
  const weight = (time - from) / (to - from);
  const middle = value(next - 1) + (value(next) - value(next - 1)) * weight;
  return sum + ((value(next - 1) + middle) * weight) / 2 + value(next - 1) / 2;
}

/** Share of cells that a compaction could drop when everything deleted before `time` may go. */
export function droppableRatio(
  drops: TombstoneHistogram,
  cells: EstimatedHistogram,
  time: number,
): number {
  const { count, mean } = summarize(cells);
  const all = (mean ?? 0) * Number(count);
  return all > 0 ? countUpTo(drops, time) / all : 0;
}
