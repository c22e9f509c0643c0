/**
 * Runs as columns of flat typed arrays in one buffer: no object per run, one transfer between
 * threads, and the same bytes as in a tree file.
 *
 *     f64 × n  position            native position of the run's first leaf
 *     f64 × n  partitionPosition   native position where that leaf's partition begins
 *     f64 × n  firstLeaf           ordinal of the first leaf in the file
 *     f64 × n  headLeaf            ordinal of the head leaf of that partition
 *     u32 × n  ringHigh, then ringLow   token xor 2^63 of the first leaf's partition
 *     u32 × n  cut                 cut of the first leaf
 *     u32 × n  leafCount
 *     u32 × n  partitionCount      heads in the run
 *     u32 × 4n sums                sum of the leaves' digests: four words, each modulo 2^32
 *
 * A digest's words are its sixteen bytes as four big-endian numbers.
 */
import { bucketOf, cutsAtHead, cutsInside, type RunRule } from './rule.js';

/** Bytes of one run in all columns. */
export const RUN_RECORD_BYTES = 4 * 8 + 5 * 4 + 16;

export class RunTable {
  readonly count: number;
  readonly buffer: ArrayBuffer;
  readonly position: Float64Array;
  readonly partitionPosition: Float64Array;
  readonly firstLeaf: Float64Array;
  readonly headLeaf: Float64Array;
  readonly ringHigh: Uint32Array;
  readonly ringLow: Uint32Array;
  readonly cut: Uint32Array;
  readonly leafCount: Uint32Array;
  readonly partitionCount: Uint32Array;
  readonly sums: Uint32Array;

  /** Takes `buffer` (not a copy) when given; it must hold RUN_RECORD_BYTES × `count` bytes. */
  constructor(count: number, buffer = new ArrayBuffer(count * RUN_RECORD_BYTES)) {
    if (buffer.byteLength !== count * RUN_RECORD_BYTES) {
      throw new TypeError(`${buffer.byteLength} bytes are not ${count} runs`);
    }
    this.count = count;
    this.buffer = buffer;
    const floats = (i: number): Float64Array => new Float64Array(buffer, i * 8 * count, count);
    const words = (i: number, n = count): Uint32Array =>
      new Uint32Array(buffer, (32 + i * 4) * count, n);
    this.position = floats(0);
    this.partitionPosition = floats(1);
    this.firstLeaf = floats(2);
    this.headLeaf = floats(3);
    this.ringHigh = words(0);
    this.ringLow = words(1);
    this.cut = words(2);
    this.leafCount = words(3);
    this.partitionCount = words(4);
    this.sums = words(5, 4 * count);
  }

  /** Copies run `from` of `other` over run `to`. */
  copyRun(to: number, other: RunTable, from: number): void {
    this.position[to] = other.position[from] as number;
    this.partitionPosition[to] = other.partitionPosition[from] as number;
    this.firstLeaf[to] = other.firstLeaf[from] as number;
    this.headLeaf[to] = other.headLeaf[from] as number;
    this.ringHigh[to] = other.ringHigh[from] as number;
    this.ringLow[to] = other.ringLow[from] as number;
    this.cut[to] = other.cut[from] as number;
    this.leafCount[to] = other.leafCount[from] as number;
    this.partitionCount[to] = other.partitionCount[from] as number;
    for (let w = 0; w < 4; w++) this.sums[4 * to + w] = other.sums[4 * from + w] as number;
  }

  /** Adds the leaves of run `from` of `other` to run `to`, which it follows directly. */
  absorb(to: number, other: RunTable, from: number): void {
    this.leafCount[to] = (this.leafCount[to] as number) + (other.leafCount[from] as number);
    this.partitionCount[to] =
      (this.partitionCount[to] as number) + (other.partitionCount[from] as number);
    for (let w = 0; w < 4; w++) {
      this.sums[4 * to + w] =
        (this.sums[4 * to + w] as number) + (other.sums[4 * from + w] as number);
    }
  }

  /** Whether run `i` begins in the middle of a partition. */
  startsInside(i: number): boolean {
    return this.firstLeaf[i] !== this.headLeaf[i];
  }

  /** Leaves in all: the ordinal after the last run's last leaf, from the first run's first. */
  get leaves(): number {
    if (this.count === 0) return 0;
    const last = this.count - 1;
    const end = (this.firstLeaf[last] as number) + (this.leafCount[last] as number);
    return end - (this.firstLeaf[0] as number);
  }

  /** Copies the runs of `other` from `from` on to those from `to` on, leaf ordinals moved. */
  setRuns(to: number, other: RunTable, from: number, leaves: number): void {
    this.position.set(other.position.subarray(from), to);
    this.partitionPosition.set(other.partitionPosition.subarray(from), to);
    this.firstLeaf.set(other.firstLeaf.subarray(from), to);
    this.headLeaf.set(other.headLeaf.subarray(from), to);
    this.ringHigh.set(other.ringHigh.subarray(from), to);
    this.ringLow.set(other.ringLow.subarray(from), to);
    this.cut.set(other.cut.subarray(from), to);
    this.leafCount.set(other.leafCount.subarray(from), to);
    this.partitionCount.set(other.partitionCount.subarray(from), to);
    this.sums.set(other.sums.subarray(4 * from), 4 * to);
    const end = leaves === 0 ? to : to + other.count - from;
    for (let i = to; i < end; i++) {
      this.firstLeaf[i] = (this.firstLeaf[i] as number) + leaves;
      this.headLeaf[i] = (this.headLeaf[i] as number) + leaves;
    }
  }

  /** A copy with room for exactly `count` runs, the first ones of this table. */
  shrink(count: number): RunTable {
    const copy = new RunTable(count);
    copy.position.set(this.position.subarray(0, count));
    copy.partitionPosition.set(this.partitionPosition.subarray(0, count));
    copy.firstLeaf.set(this.firstLeaf.subarray(0, count));
    copy.headLeaf.set(this.headLeaf.subarray(0, count));
    copy.ringHigh.set(this.ringHigh.subarray(0, count));
    copy.ringLow.set(this.ringLow.subarray(0, count));
    copy.cut.set(this.cut.subarray(0, count));
    copy.leafCount.set(this.leafCount.subarray(0, count));
    copy.partitionCount.set(this.partitionCount.subarray(0, count));
    copy.sums.set(this.sums.subarray(0, 4 * count));
    return copy;
  }

  /** Runs `from` to `to` regrouped by a rule at least as coarse as the one they were cut by. */
  regroup(rule: RunRule, from = 0, to = this.count): RunTable {
    const grouped = new RunTable(to - from);
    let last = -1;
    for (let i = from; i < to; i++) {
      if (last >= 0 && !this.begins(rule, i, grouped, last)) grouped.absorb(last, this, i);
      else grouped.copyRun(++last, this, i);
    }
    return grouped.shrink(last + 1);
  }

  /** Whether run `i` begins a run of `rule` after the run `last` of `grouped`. */
  begins(rule: RunRule, i: number, grouped: RunTable, last: number): boolean {
    const cut = this.cut[i] as number;
    if (this.startsInside(i)) {
      return cutsInside(rule, (this.firstLeaf[i] as number) - (this.headLeaf[i] as number), cut);
    }
    const bucket = bucketOf(this.ringHigh[i] as number, rule.depth);
    return (
      bucket !== bucketOf(grouped.ringHigh[last] as number, rule.depth) ||
      grouped.startsInside(last) ||
      cutsAtHead(rule, cut)
    );
  }
}

/**
 * Runs of consecutive ranges of one file (each beginning with a partition, leaf ordinals from 0 in
 * each) as the runs of the whole: what one pass over the file would have given.
 */
export function concatRuns(rule: RunRule, ranges: readonly RunTable[]): RunTable {
  const all = new RunTable(ranges.reduce((sum, range) => sum + range.count, 0));
  let count = 0;
  let leaves = 0;
  for (const range of ranges) {
    // Only the first run of a range may belong to the one before; it begins with a head.
    const joins = count > 0 && range.count > 0 && !range.begins(rule, 0, all, count - 1);
    if (joins) all.absorb(count - 1, range, 0);
    const from = joins ? 1 : 0;
    all.setRuns(count, range, from, leaves);
    count += range.count - from;
    leaves += range.leaves;
  }
  return all.shrink(count);
}
