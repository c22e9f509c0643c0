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
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    let leaves = 0;
    let partitions = 0;
    let partition = 0;
    for (let i = 0; i < leafCount; i++) {
      const cut = leafCuts[i] as number;
      const head = leafIsHead[i] === 1;
      const begins = head
        ? this.#head(batch, partition++, cut, position + (leafStarts[i] as number))
        : this.#leaf - this.#headLeaf >= this.#rowOrdinal && (cut & this.#rowMask) === 0;
      if (begins) {
        this.#close(leaves, partitions, s0, s1, s2, s3);
        this.#open(position + (leafStarts[i] as number), head, cut);
        leaves = partitions = s0 = s1 = s2 = s3 = 0;
      }
      if (head) partitions++;
      leaves++;
      this.#leaf++;
      s0 = (s0 + digests.getInt32(16 * i)) | 0;
      s1 = (s1 + digests.getInt32(16 * i + 4)) | 0;
      s2 = (s2 + digests.getInt32(16 * i + 8)) | 0;
      s3 = (s3 + digests.getInt32(16 * i + 12)) | 0;
    }
    this.#close(leaves, partitions, s0, s1, s2, s3);
  }

  /** The runs so far; a copy. */
  finish(): RunTable {
    return this.#runs.shrink(this.#run + 1);
  }

  /** Notes a new partition; whether its head begins a run. */
  #head(batch: LeafBatch, partition: number, cut: number, position: number): boolean {
    this.#headLeaf = this.#leaf;
    this.#partitionPosition = position;
    this.#ringHigh = ((batch.partitionTokenHigh[partition] as number) ^ 0x80000000) >>> 0;
    this.#ringLow = batch.partitionTokenLow[partition] as number;
    const bucket = bucketOf(this.#ringHigh, this.#rule.depth);
    return bucket !== this.#bucket || cutsAtHead(this.#rule, cut);
  }

  #open(position: number, head: boolean, cut: number): void {
    if (this.#headLeaf < 0) throw new TypeError('the first leaf must begin a partition');
    const run = ++this.#run;
    if (run === this.#runs.count) {
      const grown = new RunTable(run * 2);
      for (let i = 0; i < run; i++) grown.copyRun(i, this.#runs, i);
      this.#runs = grown;
    }
    const runs = this.#runs;
    runs.position[run] = position;
    runs.partitionPosition[run] = this.#partitionPosition;
    runs.firstLeaf[run] = this.#leaf;
    runs.headLeaf[run] = this.#headLeaf;
    runs.ringHigh[run] = this.#ringHigh;
    runs.ringLow[run] = this.#ringLow;
    runs.cut[run] = cut;
    // A run that begins inside a partition ends with it.
    this.#bucket = head ? bucketOf(this.#ringHigh, this.#rule.depth) : -1;
  }

  /** Adds what was counted since the last call to the open run. */
  #close(leaves: number, partitions: number, s0: number, s1: number, s2: number, s3: number): void {
    const run = this.#run;
    if (leaves === 0) return;
    if (run < 0) throw new TypeError('the first leaf must begin a partition');
    const runs = this.#runs;
    runs.leafCount[run] = (runs.leafCount[run] as number) + leaves;
    runs.partitionCount[run] = (runs.partitionCount[run] as number) + partitions;
    runs.sums[4 * run] = (runs.sums[4 * run] as number) + s0;
    runs.sums[4 * run + 1] = (runs.sums[4 * run + 1] as number) + s1;
    runs.sums[4 * run + 2] = (runs.sums[4 * run + 2] as number) + s2;
    runs.sums[4 * run + 3] = (runs.sums[4 * run + 3] as number) + s3;
  }
}
