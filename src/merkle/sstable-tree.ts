/** The tree of one SSTable: its runs in file order, with sums over any stretch of them. */
import { bucketOf, type RunRule } from './rule.js';
import type { RunTable } from './run-table.js';
import { type LeafSum, rootDigest } from './sum.js';

/** Which leaves of an SSTable to read: a run, or neighbouring ones. */
export interface LeafSpan {
  /** Native position of the first leaf. */
  readonly position: number;
  /** Native position after the last leaf, where the next run or partition begins. */
  readonly end: number;
  /** Native position where the first leaf's partition begins; less than `position` inside it. */
  readonly partitionPosition: number;
  readonly firstLeaf: number;
  readonly leafCount: number;
  /** Ordinal of the head of the first leaf's partition. */
  readonly headLeaf: number;
}

export class SSTableTree {
  readonly rule: RunRule;
  readonly runs: RunTable;
  /** Native bytes in all, the end of the last run. */
  readonly dataLength: number;
  /** Whether the file is in the order of its Murmur3 tokens. */
  readonly ordered: boolean;
  readonly leafCount: number;
  readonly partitionCount: number;
  #prefix: Uint32Array | null = null;
  #root: string | null = null;

  constructor(rule: RunRule, runs: RunTable, dataLength: number, ordered: boolean) {
    this.rule = rule;
    this.runs = runs;
    this.dataLength = dataLength;
    this.ordered = ordered;
    this.leafCount = runs.leaves;
    let partitions = 0;
    for (let i = 0; i < runs.count; i++) partitions += runs.partitionCount[i] as number;
    this.partitionCount = partitions;
  }

  /** Sums of the runs before each run: four words per run, and once more for all. */
  #prefixSums(): Uint32Array {
    if (this.#prefix !== null) return this.#prefix;
    const { count, sums } = this.runs;
    const prefix = new Uint32Array(4 * (count + 1));
    for (let i = 0; i < 4 * count; i++) prefix[i + 4] = (prefix[i] as number) + (sums[i] as number);
    this.#prefix = prefix;
    return prefix;
  }

  /** Ordinal of the first leaf of run `i`, or after the last leaf when `i` is the run count. */
  #leafAt(i: number): number {
    const { runs } = this;
    if (runs.count === 0) return 0;
    return i < runs.count
      ? (runs.firstLeaf[i] as number)
      : (runs.firstLeaf[0] as number) + this.leafCount;
  }

  /** Native position where run `i` ends. */
  runEnd(i: number): number {
    return i + 1 < this.runs.count ? (this.runs.position[i + 1] as number) : this.dataLength;
  }

  /** The leaves of runs `from` to `to`; `from` < `to`. */
  span(from: number, to: number): LeafSpan {
    const { runs } = this;
    return {
      position: runs.position[from] as number,
      end: this.runEnd(to - 1),
      partitionPosition: runs.partitionPosition[from] as number,
      firstLeaf: runs.firstLeaf[from] as number,
      leafCount: this.#leafAt(to) - this.#leafAt(from),
      headLeaf: runs.headLeaf[from] as number,
    };
  }

  /** Sum over the runs `from` to `to`, at constant cost. */
  sum(from = 0, to = this.runs.count): LeafSum {
    const prefix = this.#prefixSums();
    const words = new Uint32Array(4);
    for (let w = 0; w < 4; w++) {
      words[w] = (prefix[4 * to + w] as number) - (prefix[4 * from + w] as number);
    }
    return { leaves: this.#leafAt(to) - this.#leafAt(from), words };
  }

  /** First run of `from` to `to` whose place is at or after `ringHigh` (low half 0). */
  lowerBound(ringHigh: number, from = 0, to = this.runs.count): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.runs.ringHigh[middle] as number) < ringHigh) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Sums of the 2^depth buckets, four words each; `depth` at most the rule's. The tree must be
   * `ordered`.
   */
  bucketSums(depth: number): Uint32Array {
    if (depth > this.rule.depth || !this.ordered)
      throw new TypeError(`no buckets of ${depth} bits`);
    const { runs } = this;
    const sums = new Uint32Array(4 * 2 ** depth);
    for (let i = 0; i < runs.count; i++) {
      const at = 4 * bucketOf(runs.ringHigh[i] as number, depth);
      for (let w = 0; w < 4; w++) {
        sums[at + w] = (sums[at + w] as number) + (runs.sums[4 * i + w] as number);
      }
    }
    return sums;
  }

  /** Root digest of the SSTable's leaves, 32 hex digits; does not depend on the rule. */
  root(): string {
    this.#root ??= rootDigest(this.sum());
    return this.#root;
  }
}
