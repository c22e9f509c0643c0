/** The leaves of a range of one SSTable, one at a time, as views that are valid until it moves on. */
import { type FactTimes, headKeyLength, headKeyStart, RecordFacts } from '../../canonical/index.js';
import type { PartitionHead, Unfiltered } from '../../components/index.js';
import { SstashError } from '../../errors.js';
import type { PlacedLeaves, SSTable } from '../../sstable/index.js';
import { LeafRecords } from './leaf-records.js';

const NO_BYTES = new Uint8Array(0);

export class LeafCursor {
  readonly #windows: AsyncGenerator<PlacedLeaves, void, undefined>;
  readonly #file: string;
  readonly #byToken: boolean;
  readonly #records: LeafRecords;
  /** Judges leaves; what it knows of expiries is of all leaves that were asked about. */
  readonly facts: RecordFacts;
  window: PlacedLeaves | null = null;
  /** The window's digests. */
  digests: DataView = new DataView(NO_BYTES.buffer);
  /** The leaf at hand, an index in the window. */
  leaf = 0;
  /** Token of the partition at hand. */
  tokenHigh = -0x80000000;
  tokenLow = 0;
  #partition = -1;

  constructor(
    sstable: SSTable,
    windows: AsyncGenerator<PlacedLeaves, void, undefined>,
    byToken: boolean,
    times: FactTimes,
  ) {
    this.#windows = windows;
    this.#file = sstable.files.dataPath;
    this.#byToken = byToken;
    this.#records = new LeafRecords(sstable.header, sstable.version);
    this.facts = new RecordFacts(sstable.header, sstable.version, times);
  }

  get ended(): boolean {
    return this.window === null;
  }

  /** Behind the last leaf of the window. */
  get atEnd(): boolean {
    return this.window === null || this.leaf >= this.window.leafCount;
  }

  /** The leaf at hand is the last of the window. */
  get atLast(): boolean {
    return this.window === null || this.leaf + 1 >= this.window.leafCount;
  }

  /** Whether the leaf at hand begins a partition. */
  get isHead(): boolean {
    return this.window?.leafIsHead[this.leaf] === 1;
  }

  /** Whether the leaf at hand is all there is of its partition. */
  get isWholePartition(): boolean {
    const { window, leaf } = this;
    if (window === null || window.leafIsHead[leaf] !== 1) return false;
    if (leaf + 1 === window.leafCount) return !window.insidePartition;
    return window.leafIsHead[leaf + 1] === 1;
  }

  /** Goes to the first leaf of the next window; `window` is null at the end. */
  async load(): Promise<void> {
    do {
      const { done, value } = await this.#windows.next();
      this.window = done === true ? null : value;
    } while (this.window !== null && this.window.leafCount === 0);
    this.leaf = 0;
    this.#partition = -1;
    const { buffer, byteOffset, byteLength } = this.window?.leafDigests ?? NO_BYTES;
    this.digests = new DataView(buffer, byteOffset, byteLength);
    this.#enter();
  }

  /**
   * Goes `leaves` on within the window, over `partitions` heads between; false where `load` must be
   * awaited.
   */
  skip(leaves: number, partitions = 0): boolean {
    this.leaf += leaves;
    this.#partition += partitions;
    if (this.window === null || this.leaf >= this.window.leafCount) return false;
    this.#enter();
    return true;
  }

  /**
   * Goes to the next leaf; whether it is one of the same partition. Undefined where that takes
   * `stepOver`.
   */
  step(): boolean | undefined {
    if (!this.skip(1)) return undefined;
    return !this.isHead;
  }

  /** `step` over the end of a window. */
  async stepOver(): Promise<boolean> {
    const inside = this.window?.insidePartition === true;
    await this.load();
    return inside && this.window !== null;
  }

  /** Leaves without notes from the one at hand on, as many as the window has of the partition. */
  plainLeaves(): number {
    const { window, leaf } = this;
    if (window === null) return 0;
    const { leafCount, leafIsHead, leafNotes } = window;
    let end = leaf;
    while (end < leafCount && leafNotes[end] === 0 && (end === leaf || leafIsHead[end] !== 1))
      end++;
    return end - leaf;
  }

  /**
   * From the head at hand to that of the first partition in the window that has a note or goes on in
   * the next window; where there is none, to the end of the window. False where it stays.
   */
  skipPlainPartitions(): boolean {
    const { window, leaf } = this;
    if (window === null) return false;
    const { leafCount, leafIsHead, leafNotes, insidePartition } = window;
    let target = leaf;
    let heads = 0;
    let i = leaf;
    for (; i < leafCount; i++) {
      if (leafIsHead[i] === 1) {
        target = i;
        heads++;
      }
      if (leafNotes[i] !== 0) break;
    }
    if (i === leafCount && !insidePartition) target = leafCount;
    if (target === leaf) return false;
    // Of the heads passed, the first is the one at hand, the last the one it goes to.
    this.skip(target - leaf, heads - 2);
    return true;
  }

  #enter(): void {
    const { window } = this;
    if (window === null || window.leafIsHead[this.leaf] !== 1) return;
    this.#partition++;
    const high = window.partitionTokenHigh[this.#partition] as number;
    const low = window.partitionTokenLow[this.#partition] as number;
    const isBehind = high > this.tokenHigh || (high === this.tokenHigh && low >= this.tokenLow);
    if (this.#byToken && !isBehind) {
      const position = window.position + (window.leafStarts[this.leaf] as number);
      throw outOfOrder(this.#file, position, 'partitions are out of order');
    }
    this.tokenHigh = high;
    this.tokenLow = low;
  }

  /** Bits of LeafNote. */
  get notes(): number {
    return this.window?.leafNotes[this.leaf] ?? 0;
  }

  get #from(): number {
    return this.leaf === 0 ? 0 : (this.window?.leafEnds[this.leaf - 1] ?? 0);
  }

  get #to(): number {
    return this.window?.leafEnds[this.leaf] ?? 0;
  }

  /** Canonical bytes. */
  get bytes(): Uint8Array {
    return this.window?.bytes.subarray(this.#from, this.#to) ?? NO_BYTES;
  }

  get digest(): Uint8Array {
    return this.window?.leafDigests.subarray(16 * this.leaf, 16 * this.leaf + 16) ?? NO_BYTES;
  }

  /** Key of the partition whose head is at hand. */
  get key(): Uint8Array {
    const { bytes } = this;
    const start = headKeyStart(bytes, 0);
    return bytes.subarray(start, start + headKeyLength(bytes, 0));
  }

  /** Puts the numbers of the leaf at hand into `facts`; of a leaf without notes only if `always`. */
  judge(always: boolean): void {
    if (!always && this.notes === 0) return;
    this.facts.reset();
    this.facts.add(this.window?.bytes ?? NO_BYTES, this.#from, this.#to);
  }

  decode(): (PartitionHead | Unfiltered)[] {
    return this.#records.decode(this.bytes);
  }

  /** Rows of the partition at hand do not follow one another. */
  outOfOrder(): SstashError {
    const start = this.window?.leafStarts[this.leaf] ?? 0;
    const position = (this.window?.position ?? 0) + start;
    return outOfOrder(this.#file, position, 'rows of a partition are out of order');
  }

  async close(): Promise<void> {
    await this.#windows.return();
  }
}

function outOfOrder(file: string, uncompressedOffset: number, message: string): SstashError {
  return new SstashError('SSTABLE_CORRUPT', message, {
    file,
    component: 'Data.db',
    uncompressedOffset,
    hint: 'Run `sstash check` on this SSTable to see everything that is wrong with it.',
  });
}
