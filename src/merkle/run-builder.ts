/** Leaves in file order → runs; no allocation per leaf. */
import { bucketOf, cutsAtHead, maskOf, NO_CUT, type RunRule } from './rule.js';
import { RunTable } from './run-table.js';

/** Consecutive leaves as parallel arrays; the arrays may be longer than their counts say. */
export interface LeafBatch {
  /** Native position that `leafStarts` count from. */
  readonly position: number;
  readonly leafCount: number;
  readonly leafStarts: Uint32Array;
  /** Sixteen bytes a leaf. */
  readonly leafDigests: Uint8Array;
  readonly leafCuts: Uint32Array;
  /** 1 where the leaf begins a partition. */
  readonly leafIsHead: Uint8Array;
  /** Murmur3 tokens of the partitions that begin in this batch, in order. */
  readonly partitionTokenHigh: Int32Array;
  readonly partitionTokenLow: Uint32Array;
}

export class RunBuilder {
  readonly #rule: RunRule;
  readonly #rowMask: number;
  readonly #rowOrdinal: number;
  #runs = new RunTable(64);
  #run = -1;
  #leaf = 0;
  #headLeaf = -1;
  #partitionPosition = 0;
  #ringHigh = 0;
  #ringLow = 0;
  /** Bucket of the open run, -1 where the next head must begin a new one. */
  #bucket = -1;

  constructor(rule: RunRule) {
    this.#rule = rule;
    this.#rowMask = maskOf(rule.rowBits);
    this.#rowOrdinal = rule.rowBits === NO_CUT ? Number.POSITIVE_INFINITY : 2 ** rule.rowBits;
  }

  /** Adds the next leaves of the file; the first leaf of all must be a head. */
  add(batch: LeafBatch): void {
    const { leafCount, leafStarts, leafCuts, leafIsHead, leafDigests, position } = batch;
    const digests = new DataView(leafDigests.buffer, leafDigests.byteOffset, 16 * leafCount);
    /** First leaf and first partition of this batch that are not counted in a run yet. */
    let leaf = 0;
    let counted = 0;
    let partition = 0;
    let countedPartitions = 0;
    for (;;) {
      leaf = this.#nextRowCut(leafIsHead, leafCuts, leaf, leafCount);
      if (leaf === leafCount) break;
      const head = leafIsHead[leaf] === 1;
      const cut = leafCuts[leaf] as number;
      const start = position + (leafStarts[leaf] as number);
      if (!head || this.#enter(batch, partition, cut, this.#leaf + leaf, start)) {
        this.#count(digests, counted, leaf, partition - countedPartitions);
        this.#open(this.#leaf + leaf, start, head, cut);
        counted = leaf;
        countedPartitions = partition;
      }
      if (head) partition++;
      leaf++;
    }
    this.#count(digests, counted, leafCount, partition - countedPartitions);
    this.#leaf += leafCount;
  }

  /** The first of the leaves `from` to `to` that is a head or begins a run by its cut; else `to`. */
  #nextRowCut(isHead: Uint8Array, cuts: Uint32Array, from: number, to: number): number {
    const mask = this.#rowMask;
    const least = this.#headLeaf - this.#leaf + this.#rowOrdinal;
    for (let i = from; i < to; i++) {
      if (isHead[i] === 1) return i;
      if (((cuts[i] as number) & mask) === 0 && i >= least) return i;
    }
    return to;
  }

  /** The runs so far; a copy. */
  finish(): RunTable {
    return this.#runs.shrink(this.#run + 1);
  }

  /** Notes a new partition; whether its head begins a run. */
  #enter(
    batch: LeafBatch,
    partition: number,
    cut: number,
    leaf: number,
    position: number,
  ): boolean {
    this.#headLeaf = leaf;
    this.#partitionPosition = position;
    this.#ringHigh = ((batch.partitionTokenHigh[partition] as number) ^ 0x80000000) >>> 0;
    this.#ringLow = batch.partitionTokenLow[partition] as number;
    const bucket = bucketOf(this.#ringHigh, this.#rule.depth);
    return bucket !== this.#bucket || cutsAtHead(this.#rule, cut);
  }

  #open(leaf: number, position: number, head: boolean, cut: number): void {
    if (this.#headLeaf < 0) throw noHead();
    const run = ++this.#run;
    if (run === this.#runs.count) {
      const grown = new RunTable(run * 2);
      for (let i = 0; i < run; i++) grown.copyRun(i, this.#runs, i);
      this.#runs = grown;
    }
    const runs = this.#runs;
    runs.position[run] = position;
    runs.partitionPosition[run] = this.#partitionPosition;
    runs.firstLeaf[run] = leaf;
    runs.headLeaf[run] = this.#headLeaf;
    runs.ringHigh[run] = this.#ringHigh;
    runs.ringLow[run] = this.#ringLow;
    runs.cut[run] = cut;
    // A run that begins inside a partition ends with it.
    this.#bucket = head ? bucketOf(this.#ringHigh, this.#rule.depth) : -1;
  }

  /** Adds the leaves `from` to `to` of a batch to the open run. */
  #count(digests: DataView, from: number, to: number, partitions: number): void {
    const run = this.#run;
    if (from === to) return;
    if (run < 0) throw noHead();
    const { leafCount, partitionCount, sums } = this.#runs;
    leafCount[run] = (leafCount[run] as number) + (to - from);
    partitionCount[run] = (partitionCount[run] as number) + partitions;
    addDigests(sums, 4 * run, digests, from, to);
  }
}

function noHead(): TypeError {
  return new TypeError('the first leaf must begin a partition');
}

/** Adds digests `from` to `to`, word by word, to the four words at `at`. */
function addDigests(
  sums: Uint32Array,
  at: number,
  digests: DataView,
  from: number,
  to: number,
): void {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 16 * from; i < 16 * to; i += 16) {
    s0 = (s0 + digests.getInt32(i)) | 0;
    s1 = (s1 + digests.getInt32(i + 4)) | 0;
    s2 = (s2 + digests.getInt32(i + 8)) | 0;
    s3 = (s3 + digests.getInt32(i + 12)) | 0;
  }
  sums[at] = (sums[at] as number) + s0;
  sums[at + 1] = (sums[at + 1] as number) + s1;
  sums[at + 2] = (sums[at + 2] as number) + s2;
  sums[at + 3] = (sums[at + 3] as number) + s3;
}
