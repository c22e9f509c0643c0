/** Leaves of one step of the TypeScript walker, and the tables that describe them. */
import { ByteWriter } from '../binary/index.js';
import { kernels } from '../codec/index.js';
import type { ColumnData, Unfiltered } from '../components/index.js';
import { LeafNote, type LeafWindow, type WalkerOptions } from './walker-types.js';

const MIN_TOKEN = 0x80000000;

export class LeafList {
  /** Canonical bytes; the records of a leaf are written here before it is added. */
  readonly bytes = new ByteWriter(1 << 16);
  readonly #secret: Uint8Array | undefined;
  readonly #leavesOnly: boolean;
  readonly #ends: number[] = [];
  readonly #starts: number[] = [];
  readonly #cuts: number[] = [];
  readonly #heads: number[] = [];
  readonly #notes: number[] = [];
  readonly #digests = new ByteWriter();
  readonly #partitions: number[] = [];
  readonly #tokenHighs: number[] = [];
  readonly #tokenLows: number[] = [];
  readonly #scratch = new ByteWriter();
  #partitionCount = 0;
  #rows = 0;
  #markers = 0;
  #cells = 0;
  #opaque = 0;

  constructor({ digestSecret, leavesOnly = false }: WalkerOptions) {
    this.#secret = digestSecret;
    this.#leavesOnly = leavesOnly;
  }

  /** The next leaf begins a partition with this hash of its key. */
  beginPartition(prefix: Uint8Array, emptyKey: boolean): void {
    const view = new DataView(prefix.buffer, prefix.byteOffset);
    let high = view.getUint32(0);
    let low = view.getUint32(4);
    if (emptyKey) {
      high = MIN_TOKEN;
      low = 0;
    } else if (high === MIN_TOKEN && low === 0) {
      high = 0x7fffffff;
      low = 0xffffffff;
    }
    this.#partitionCount++;
    if (this.#leavesOnly) return;
    this.#partitions.push(this.#ends.length);
    this.#tokenHighs.push(high);
    this.#tokenLows.push(low);
  }

  count(unfiltered: Unfiltered): void {
    if (unfiltered.type === 'marker') {
      this.#markers++;
      return;
    }
    this.#rows++;
    this.countCells(unfiltered.columns);
  }

  countCells(columns: readonly ColumnData[]): void {
    for (const { cells } of columns) this.#cells += cells.length;
  }

  /** Ends a leaf: everything written since the one before, from native offset `start` on. */
  add(prefix: Uint8Array, start: number, cut: number, isHead: boolean, notes: number): void {
    this.#ends.push(this.bytes.length);
    this.#starts.push(start);
    this.#heads.push(isHead ? 1 : 0);
    if ((notes & LeafNote.opaque) !== 0) this.#opaque++;
    if (this.#leavesOnly) return;
    const scratch = this.#scratch;
    scratch.clear();
    scratch.bytes(prefix);
    scratch.bytes(this.bytes.view().subarray(this.#ends.at(-2) ?? 0));
    this.#digests.bytes(kernels('typescript').xxh3(scratch.view(), this.#secret));
    this.#cuts.push(cut);
    this.#notes.push(notes);
  }

  result(native: Uint8Array, insidePartition: boolean): LeafWindow {
    return {
      consumed: native.length,
      native,
      bytes: this.bytes.view(),
      leafCount: this.#ends.length,
      leafEnds: Uint32Array.from(this.#ends),
      leafStarts: Uint32Array.from(this.#starts),
      leafDigests: this.#digests.view(),
      leafCuts: Uint32Array.from(this.#cuts),
      leafIsHead: Uint8Array.from(this.#heads),
      leafNotes: Uint8Array.from(this.#notes),
      partitionCount: this.#partitionCount,
      partitionLeaf: Uint32Array.from(this.#partitions),
      partitionTokenHigh: Int32Array.from(this.#tokenHighs),
      partitionTokenLow: Uint32Array.from(this.#tokenLows),
      rows: this.#rows,
      markers: this.#markers,
      cells: this.#cells,
      opaqueLeaves: this.#opaque,
      insidePartition,
    };
  }
}
