/**
 * The leaves of a few runs as a tree of their own, one run per ring place: what a comparison needs
 * where a small SSTable's broad run meets narrower ones (merkle/compare.ts).
 */
import { ByteWriter } from '../binary/index.js';
import { encodeHead, encodeUnfiltered } from '../canonical/index.js';
import { kernels, xxh3_128 } from '../codec/index.js';
import type { Unfiltered } from '../components/index.js';
import {
  equalSums,
  type LeafSpan,
  type LeafSum,
  NO_CUT,
  RunTable,
  SSTableTree,
} from '../merkle/index.js';
import type { LeafSource, PartitionPlace, PlacedRecord } from './leaf-source.js';

const PREFIX_BYTES = 16;

/** One run of the fragment while it is made. */
interface Draft {
  readonly partition: PartitionPlace;
  readonly position: number;
  readonly partitionPosition: number;
  readonly firstLeaf: number;
  readonly headLeaf: number;
  leafCount: number;
  partitionCount: number;
  readonly sums: Uint32Array;
}

class FragmentBuilder {
  readonly drafts: Draft[] = [];
  readonly #span: LeafSpan;
  readonly #writer = new ByteWriter();
  #partition: PartitionPlace | null = null;
  #leaf: number;
  /** Rows and markers seen of the open partition. */
  #unfiltereds = 0;
  /** A head, or a head and the only row so far: a leaf if the partition ends now. */
  #held: Unfiltered | null = null;
  #headIsHeld = false;

  constructor(span: LeafSpan) {
    this.#span = span;
    this.#leaf = span.firstLeaf;
  }

  add({ partition, record }: PlacedRecord): void {
    const isHead = record.type === 'partition';
    if (partition !== this.#partition) this.#enter(partition, record, isHead);
    if (record.type === 'partition') {
      encodeHead(this.#writer, record);
      this.#headIsHeld = true;
      return;
    }
    this.#unfiltereds++;
    if (this.#headIsHeld && this.#unfiltereds === 1) {
      this.#held = record;
      return;
    }
    this.#release();
    this.#unfiltered(record);
  }

  /** Ends the last partition. */
  finish(): void {
    if (this.#headIsHeld) {
      if (this.#held !== null) encodeUnfiltered(this.#writer, this.#held);
      this.#flush();
    }
    this.#headIsHeld = false;
    this.#held = null;
    this.#partition = null;
  }

  #enter(partition: PartitionPlace, record: PlacedRecord['record'], isHead: boolean): void {
    this.finish();
    this.#partition = partition;
    this.#unfiltereds = 0;
    this.#begin();
    const last = this.drafts.at(-1);
    if (last?.partition.ringHigh === partition.ringHigh) {
      if (isHead) last.partitionCount++;
      return;
    }
    this.drafts.push({
      partition,
      position: record.position,
      partitionPosition: isHead ? record.position : this.#span.partitionPosition,
      firstLeaf: this.#leaf,
      headLeaf: isHead ? this.#leaf : this.#span.headLeaf,
      leafCount: 0,
      partitionCount: isHead ? 1 : 0,
      sums: new Uint32Array(4),
    });
  }

  /** The partition has more than one row: its head is a leaf, its first row another one. */
  #release(): void {
    if (!this.#headIsHeld) return;
    this.#flush();
    this.#headIsHeld = false;
    if (this.#held !== null) this.#unfiltered(this.#held);
    this.#held = null;
  }

  #unfiltered(record: Unfiltered): void {
    encodeUnfiltered(this.#writer, record);
    this.#flush();
  }

  /** Starts the bytes to be digested with the partition's place prefix. */
  #begin(): void {
    this.#writer.clear();
    if (this.#partition !== null) {
      this.#writer.bytes(kernels().murmur3(this.#partition.key).subarray(0, PREFIX_BYTES));
    }
  }

  /** What was written is a leaf. */
  #flush(): void {
    const draft = this.drafts.at(-1);
    if (draft === undefined) throw new TypeError('no partition was begun');
    const digest = xxh3_128(this.#writer.view());
    const view = new DataView(digest.buffer, digest.byteOffset, 16);
    for (let w = 0; w < 4; w++) {
      draft.sums[w] = (draft.sums[w] as number) + view.getUint32(4 * w);
    }
    draft.leafCount++;
    this.#leaf++;
    this.#begin();
  }
}

function tableOf(drafts: readonly Draft[]): RunTable {
  const runs = new RunTable(drafts.length);
  for (const [i, draft] of drafts.entries()) {
    runs.position[i] = draft.position;
    runs.partitionPosition[i] = draft.partitionPosition;
    runs.firstLeaf[i] = draft.firstLeaf;
    runs.headLeaf[i] = draft.headLeaf;
    runs.ringHigh[i] = draft.partition.ringHigh;
    runs.ringLow[i] = draft.partition.ringLow;
    runs.leafCount[i] = draft.leafCount;
    runs.partitionCount[i] = draft.partitionCount;
    runs.sums.set(draft.sums, 4 * i);
  }
  return runs;
}

/**
 * Reads `span` and makes its fragment; `expected` is what the runs' sum is. Null when the rows do
 * not give that sum: they are kept in a form of which the models do not tell everything.
 */
export async function fragmentOf(
  source: LeafSource,
  span: LeafSpan,
  expected: LeafSum,
  signal?: AbortSignal,
): Promise<SSTableTree | null> {
  const builder = new FragmentBuilder(span);
  for await (const batch of source.read(span, signal)) {
    for (const placed of batch) builder.add(placed);
  }
  builder.finish();
  const rule = { depth: 32, rowBits: NO_CUT, headBits: NO_CUT };
  const tree = new SSTableTree(rule, tableOf(builder.drafts), span.end, true);
  return equalSums(tree.sum(), expected) ? tree : null;
}
