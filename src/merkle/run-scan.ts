/**
 * The part of a RunBuilder that looks at every leaf: where the next run begins, and the sum of the
 * digests on the way there. Leaves in kernel memory are left to native-bindings/assembly/runs.ts,
 * others go through its twin here.
 */
import { KernelInstance } from '../codec/index.js';
import { bucketOf, maskOf, NO_CUT, type RunRule } from './rule.js';
import type { LeafBatch } from './run-builder.js';

/** Farther back than any rule looks. */
const FAR_BACK = -(2 ** 31);
const NO_BUCKET = -1;

export class RunScan {
  readonly #rule: RunRule;
  readonly #rowMask: number;
  readonly #rowOrdinal: number;
  readonly #headMask: number;
  #batch: LeafBatch | null = null;
  #instance: KernelInstance | undefined;
  /** Leaf of the batch that is the open partition's head; negative when that came earlier. */
  head = -1;
  /** Which of the batch's partitions is open, -1 for one of an earlier batch. */
  partition = -1;
  /** Four words: what the last call of `next` summed up. */
  sums: Uint32Array = new Uint32Array(4);
  /** Where the kernel and its host meet (STATE there); `sums` is then the end of it. */
  #state: Int32Array = new Int32Array(0);

  constructor(rule: RunRule) {
    this.#rule = rule;
    this.#rowMask = maskOf(rule.rowBits);
    this.#rowOrdinal = rule.rowBits === NO_CUT ? Number.POSITIVE_INFINITY : 2 ** rule.rowBits;
    this.#headMask = maskOf(rule.headBits);
  }

  /** Goes on with `batch`; the open partition's head is `head`, counted from its first leaf. */
  begin(batch: LeafBatch, head: number): void {
    this.#batch = batch;
    this.head = Math.max(head, FAR_BACK);
    this.partition = -1;
    this.#instance = instanceOf(batch);
    if (this.#instance !== undefined) this.#enter(this.#instance);
  }

  #enter({ exports, bytes }: KernelInstance): void {
    const { depth, rowBits, headBits } = this.#rule;
    exports.setRunRule(depth, rowBits, headBits);
    if (this.#state.buffer === bytes.buffer) return;
    const at = exports.runState();
    this.#state = new Int32Array(bytes.buffer, at, 2);
    this.sums = new Uint32Array(bytes.buffer, at + 16, 4);
  }

  /**
   * The first leaf from `scanFrom` on that begins a run, else the number of leaves; `sums` is then
   * that of the digests from `sumFrom` up to it. `bucket` is that of the open run, -1 where the next
   * head begins one.
   */
  next(sumFrom: number, scanFrom: number, bucket: number): number {
    const batch = this.#batch;
    if (batch === null) throw new TypeError('there is no batch');
    const instance = this.#instance;
    if (instance !== undefined) return this.#inKernel(instance, batch, sumFrom, scanFrom, bucket);
    if (this.#state.length > 0) [this.#state, this.sums] = [new Int32Array(0), new Uint32Array(4)];
    const leaf = this.#scan(batch, scanFrom, bucket);
    addDigests(this.sums, batch.leafDigests, sumFrom, leaf);
    return leaf;
  }

  #inKernel(
    instance: KernelInstance,
    batch: LeafBatch,
    sumFrom: number,
    scanFrom: number,
    bucket: number,
  ): number {
    const state = this.#state;
    state[0] = this.head;
    state[1] = this.partition;
    const leaf = instance.exports.nextRun(
      batch.leafIsHead.byteOffset,
      batch.leafCuts.byteOffset,
      batch.partitionTokenHigh.byteOffset,
      batch.leafDigests.byteOffset,
      sumFrom,
      scanFrom,
      batch.leafCount,
      bucket,
      bucket === NO_BUCKET ? 1 : 0,
    );
    this.head = state[0];
    this.partition = state[1];
    return leaf >>> 0;
  }

  #scan(batch: LeafBatch, from: number, bucket: number): number {
    const { leafIsHead, leafCuts, partitionTokenHigh, leafCount } = batch;
    const [rowMask, headMask, rowOrdinal] = [this.#rowMask, this.#headMask, this.#rowOrdinal];
    const { depth, headBits } = this.#rule;
    let { head, partition } = this;
    let leaf = from;
    for (; leaf < leafCount; leaf++) {
      const cut = leafCuts[leaf] as number;
      if (leafIsHead[leaf] === 1) {
        head = leaf;
        const ringHigh = ((partitionTokenHigh[++partition] as number) ^ 0x80000000) >>> 0;
        if (bucketOf(ringHigh, depth) !== bucket) break;
        if (headBits !== NO_CUT && (cut & headMask) === 0) break;
      } else if ((cut & rowMask) === 0 && leaf - head >= rowOrdinal) {
        break;
      }
    }
    this.head = head;
    this.partition = partition;
    return leaf;
  }
}

/** The instance in whose memory all arrays of the batch lie. */
function instanceOf(batch: LeafBatch): KernelInstance | undefined {
  const { leafDigests, leafCuts, leafIsHead, partitionTokenHigh } = batch;
  const { buffer } = leafDigests;
  const together = [leafCuts, leafIsHead, partitionTokenHigh].every((a) => a.buffer === buffer);
  return together ? KernelInstance.owner(leafDigests) : undefined;
}

/** Sets `sums` to the sum, word by word, of the digests `from` to `to`. */
function addDigests(sums: Uint32Array, digests: Uint8Array, from: number, to: number): void {
  const view = new DataView(digests.buffer, digests.byteOffset, digests.byteLength);
  sums.fill(0);
  for (let i = 16 * from; i < 16 * to; i += 16) {
    for (let word = 0; word < 4; word++) {
      sums[word] = (sums[word] as number) + view.getUint32(i + 4 * word);
    }
  }
}
