/**
 * Cuts the rows and markers of a partition into the blocks of its row index: a block ends after the
 * one that brings it to the column index size, counted from the block's own start.
 */
import { ByteWriter } from '../../binary/index.js';
import { ClusteringKind } from '../../cql/index.js';
import { LIMITS } from '../../limits.js';
import type { IndexDeletion } from '../promoted-index.js';
import type { RowBlocks } from './partition-batch.js';

/** A clustering name that lies in a window, or in a buffer of its own once that is gone. */
class Name {
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #isRow = false;

  set(bytes: Uint8Array, from: number, to: number, isRow: boolean): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#isRow = isRow;
  }

  /** Copies the name before its window goes. */
  hold(): void {
    this.#bytes = this.#bytes.slice(this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
  }

  writeTo(w: ByteWriter): void {
    if (this.#isRow) w.u8(ClusteringKind.row);
    w.bytes(this.#bytes.subarray(this.#from, this.#to));
  }
}

export class BlockCutter {
  readonly #size: number;
  readonly #first = new Name();
  readonly #last = new Name();
  readonly #names = new ByteWriter();
  #nameEnds: number[] = [];
  #offsets: number[] = [];
  #widths: number[] = [];
  #opens: (IndexDeletion | null)[] = [];
  /** Cassandra could not write the index of this partition either. */
  #isTooLarge = false;
  /** Start of the block at hand, or -1. */
  #start = -1;
  #openAtStart: IndexDeletion | null = null;
  #open: IndexDeletion | null = null;

  /** `size` is the column index size in bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * A row or marker from `start` to `end` of the partition, whose name is at `from` to `to` of
   * `bytes`: the values of a row, kind, count and values of a marker. `open` is the range deletion in
   * effect after it.
   */
  add(
    start: number,
    end: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    isRow: boolean,
    open: IndexDeletion | null,
  ): void {
    if (this.#start < 0) {
      this.#start = start;
      this.#openAtStart = this.#open;
      this.#first.set(bytes, from, to, isRow);
    }
    this.#last.set(bytes, from, to, isRow);
    this.#open = open;
    if (end - this.#start >= this.#size) this.#close(end);
  }

  /** Copies what lies in the window at hand. */
  hold(): void {
    if (this.#start < 0) return;
    this.#first.hold();
    this.#last.hold();
  }

  /** Ends the partition; its blocks if there are two at least. `end`: of the end byte. */
  finish(end: number): RowBlocks | null {
    if (this.#offsets.length === 0) {
      this.#start = -1;
      this.#open = null;
      return null;
    }
    if (this.#start >= 0) this.#close(end + 1);
    this.#opens.push(this.#open);
    const blocks = {
      count: this.#offsets.length,
      names: this.#names.toBytes(),
      nameEnds: Uint32Array.from(this.#nameEnds),
      offsets: Float64Array.from(this.#offsets),
      widths: Float64Array.from(this.#widths),
      open: this.#opens,
      end,
    };
    this.#names.clear();
    this.#nameEnds = [];
    this.#offsets = [];
    this.#widths = [];
    this.#opens = [];
    this.#open = null;
    const isIndex = blocks.count > 1 && !this.#isTooLarge;
    this.#isTooLarge = false;
    return isIndex ? blocks : null;
  }

  #close(end: number): void {
    const names = this.#names;
    this.#isTooLarge ||= names.length > LIMITS.indexEntryBytesMax;
    if (this.#isTooLarge) {
      this.#start = -1;
      return;
    }
    this.#first.writeTo(names);
    this.#nameEnds.push(names.length);
    this.#last.writeTo(names);
    this.#nameEnds.push(names.length);
    this.#offsets.push(this.#start);
    this.#widths.push(end - this.#start);
    this.#opens.push(this.#openAtStart);
    this.#start = -1;
  }
}
