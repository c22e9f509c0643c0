/**
 * The two histograms of Statistics.db (format reference, 6.4).
 *
 * EstimatedHistogram:   i32 size, size × (i64 offset, i64 count); entry 0 repeats the offset of
 *                       entry 1. Bucket i counts values above offset i - 1 up to offset i, the last
 *                       one everything above the last offset.
 * TombstoneHistogram:   i32 maxBinSize, i32 size, size × (f64 point, i64 count); from oa on
 *                       size × (i64 point, i32 count)
 */
import type { ByteReader } from '../binary/index.js';
import { checkLimit } from '../limits.js';

export interface EstimatedHistogram {
  /** Upper ends of the buckets, ascending; one fewer than there are buckets. */
  readonly offsets: Float64Array;
  readonly buckets: BigInt64Array;
}

/** Deletion and expiry times (seconds since 1970) and how many there are. */
export interface TombstoneHistogram {
  readonly maxBinSize: number;
  readonly points: Float64Array;
  readonly counts: BigInt64Array;
}

/** The offsets that Cassandra uses for `count` of them: each a fifth above the one before. */
export function estimatedHistogramOffsets(count: number): Float64Array {
  const offsets = new Float64Array(count);
  let last = 1;
  for (let i = 0; i < count; i++) {
    offsets[i] = last;
    last = Math.max(last + 1, Math.floor(last * 1.2 + 0.5));
  }
  return offsets;
}

export function readEstimatedHistogram(r: ByteReader, what: string): EstimatedHistogram {
  const size = readSize(r, what, 16);
  if (size < 2) throw r.corrupt(`${what} has ${size} buckets`);
  const offsets = new Float64Array(size - 1);
  const buckets = new BigInt64Array(size);
  for (let i = 0; i < size; i++) {
    const start = r.position;
    const offset = r.i64Number(`offset of ${what}`);
    const slot = Math.max(0, i - 1);
    if (i === 1 ? offset !== offsets[0] : i > 1 && offset <= (offsets[slot - 1] ?? 0)) {
      throw r.corrupt(`the offsets of ${what} do not ascend`, start);
    }
    offsets[slot] = offset;
    buckets[i] = readCount(r, what, r.i64());
  }
  return { offsets, buckets };
}

export function readTombstoneHistogram(r: ByteReader, legacy: boolean): TombstoneHistogram {
  const what = 'estimatedTombstoneDropTime';
  const maxBinSize = r.i32();
  const size = readSize(r, what, legacy ? 16 : 12);
  const points = new Float64Array(size);
  const counts = new BigInt64Array(size);
  for (let i = 0; i < size; i++) {
    const start = r.position;
    const point = legacy ? r.f64() : Number(r.i64());
    if (!(point > (points[i - 1] ?? -Infinity) && Math.abs(point) < 2 ** 53)) {
      throw r.corrupt(`the points of ${what} do not ascend`, start);
    }
    points[i] = point;
    counts[i] = readCount(r, what, legacy ? r.i64() : BigInt(r.i32()));
  }
  return { maxBinSize, points, counts };
}

function readSize(r: ByteReader, what: string, bytesEach: number): number {
  const start = r.position;
  const size = r.i32();
  if (size < 0) throw r.corrupt(`size of ${what} is ${size}`, start);
  checkLimit('histogramBucketsMax', size, { ...r.where, offset: start });
  r.need(size * bytesEach);
  return size;
}

function readCount(r: ByteReader, what: string, count: bigint): bigint {
  if (count < 0n) throw r.corrupt(`a count of ${what} is ${count}`);
  return count;
}
