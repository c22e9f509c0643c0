/** Leaves in file order → runs; no allocation per leaf. */
import { bucketOf, maskOf, NO_CUT, type RunRule } from './rule.js';
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

/** The open partition where it matters to a scan; indexes are those of the batch. */
interface Place {
  /** Leaf that is its head; negative when that came in an earlier batch. */
  head: number;
  /** Which of the batch's partitions it is, -1 for one of an earlier batch. */
  partition: number;
}

export class RunBuilder {
  readonly #rule: RunRule;
  readonly #rowMask: number;
  readonly #rowOrdinal: number;
  readonly #headMask: number;
  readonly #place: Place = { head: -1, partition: -1 };
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
    this.#headMask = maskOf(rule.headBits);
  }

  /** Adds the next leaves of the file; the first leaf of all must be a head. */
  add(batch: LeafBatch): void {
    const { leafCount, leafStarts, leafCuts, leafIsHead, leafDigests, position } = batch;
    const { partitionTokenHigh } = batch;
    const digests = new DataView(leafDigests.buffer, leafDigests.byteOffset, 16 * leafCount);
    const place = this.#place;
    place.head = this.#headLeaf - this.#leaf;
    place.partition = -1;
    /** First leaf and first partition of this batch that are not counted in a run yet. */
    let counted = 0;
    let countedPartitions = 0;
    for (let leaf = 0; ; leaf++) {
      leaf = this.#scan(leafIsHead, leafCuts, partitionTokenHigh, leaf, leafCount);
      if (leaf === leafCount) break;
      const head = leafIsHead[leaf] === 1;
      const partitions = head ? place.partition : place.partition + 1;
      this.#count(digests, counted, leaf, partitions - countedPartitions);
      this.#remember(batch);
      const start = position + (leafStarts[leaf] as number);
      this.#open(this.#leaf + leaf, start, head, leafCuts[leaf] as number);
      counted = leaf;
      countedPartitions = partitions;
    }
    this.#count(digests, counted, leafCount, place.partition + 1 - countedPartitions);
    this.#remember(batch);
    this.#leaf += leafCount;
  }

  /**
   * The first of the leaves `from` to `to` that begins a run, else `to`; moves the place along. Most
   * of the time of a builder is spent here and in `addDigests`.
   */
  #scan(
    isHead: Uint8Array,
    cuts: Uint32Array,
    tokens: Int32Array,
    from: number,
    to: number,
  ): number {
    const place = this.#place;
    const [rowMask, headMask, rowOrdinal] = [this.#rowMask, this.#headMask, this.#rowOrdinal];
    const { depth, headBits } = this.#rule;
    const bucket = this.#bucket;
    let { head, partition } = place;
    let leaf = from;
    for (; leaf < to; leaf++) {
      const cut = cuts[leaf] as number;
      if (isHead[leaf] === 1) {
        head = leaf;
        const ringHigh = ((tokens[++partition] as number) ^ 0x80000000) >>> 0;
        if (bucketOf(ringHigh, depth) !== bucket) break;
        if (headBits !== NO_CUT && (cut & headMask) === 0) break;
      } else if ((cut & rowMask) === 0 && leaf - head >= rowOrdinal) {
        break;
      }
    }
    place.head = head;
    place.partition = partition;
    return leaf;
  }

  /** Keeps what runs say of the open partition, if it began in this batch. */
  #remember(batch: LeafBatch): void {
    const { head, partition } = this.#place;
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
