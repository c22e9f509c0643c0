/** Leaves in file order → runs; no allocation per leaf. */
import { bucketOf, type RunRule } from './rule.js';
import { RunScan } from './run-scan.js';
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
  readonly #scan: RunScan;
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
    this.#scan = new RunScan(rule);
  }

  /** Adds the next leaves of the file; the first leaf of all must be a head. */
  add(batch: LeafBatch): void {
    const { leafCount, leafStarts, leafCuts, leafIsHead, position } = batch;
    const scan = this.#scan;
    scan.begin(batch, this.#headLeaf - this.#leaf);
    /** First leaf and first partition of this batch that are not counted in a run yet. */
    let counted = 0;
    let countedPartitions = 0;
    for (let leaf = 0; ; leaf++) {
      leaf = scan.next(counted, leaf, this.#bucket);
      const head = leaf < leafCount && leafIsHead[leaf] === 1;
      const partitions = head ? scan.partition : scan.partition + 1;
      this.#count(leaf - counted, partitions - countedPartitions);
      this.#remember(batch);
      if (leaf === leafCount) break;
      const start = position + (leafStarts[leaf] as number);
      this.#open(this.#leaf + leaf, start, head, leafCuts[leaf] as number);
      counted = leaf;
      countedPartitions = partitions;
    }
    this.#leaf += leafCount;
  }

  /** Keeps what runs say of the open partition, if it began in this batch. */
  #remember(batch: LeafBatch): void {
    const { head, partition } = this.#scan;
    if (partition < 0) return;
    this.#headLeaf = this.#leaf + head;
    this.#partitionPosition = batch.position + (batch.leafStarts[head] as number);
    this.#ringHigh = ((batch.partitionTokenHigh[partition] as number) ^ 0x80000000) >>> 0;
    this.#ringLow = batch.partitionTokenLow[partition] as number;
  }

  /** The runs so far; a copy. */
  finish(): RunTable {
    return this.#runs.shrink(this.#run + 1);
  }

  #open(leaf: number, position: number, head: boolean, cut: number): void {
    if (this.#headLeaf < 0) throw noHead();
    const run = ++this.#run;
    if (run === this.#runs.count) {
      const grown = new RunTable(run * 2);
      grown.setRuns(0, this.#runs, 0, 0);
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

  /** Adds the leaves that the scan summed up to the open run. */
  #count(leaves: number, partitions: number): void {
    const run = this.#run;
    if (leaves === 0) return;
    if (run < 0) throw noHead();
    const { leafCount, partitionCount, sums } = this.#runs;
    leafCount[run] = (leafCount[run] as number) + leaves;
    partitionCount[run] = (partitionCount[run] as number) + partitions;
    this.#scan.sums.forEach((word, i) => {
      sums[4 * run + i] = (sums[4 * run + i] as number) + word;
    });
  }
}

function noHead(): TypeError {
  return new TypeError('the first leaf must begin a partition');
}
