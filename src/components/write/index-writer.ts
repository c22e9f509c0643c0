/**
 * Writes Index.db (layout: index-file.ts, promoted-index.ts). A partition of fewer than two blocks has
 * no promoted index. Widths are counted from 65536 whatever the column index size is.
 */
import { ByteWriter } from '../../binary/index.js';
import { checkLimit } from '../../limits.js';
import { writeDeletionTime } from '../deletion-time.js';
import type { IndexedPartition, PartitionBatch, RowBlocks } from '../facts/index.js';
import type { FormatVersion } from '../versions.js';

const WIDTH_BASE = 65536;

/** What the rows do not tell about row indexes. */
export interface RowIndexParameters {
  /** Bytes after which a block ends. */
  readonly columnIndexSize: number;
  /**
   * The end-of-partition byte belongs to no block of Index.db, as in files of one of the two ways in
   * which 6.0 compacts; otherwise it belongs to a last block that was closed by it.
   */
  readonly endOutside?: true;
}

export class IndexWriter {
  readonly #version: FormatVersion;
  readonly #endOutside: boolean;
  readonly #out = new ByteWriter(1 << 16);
  readonly #promoted = new ByteWriter();
  readonly #blocks = new ByteWriter();
  /** Bytes that were taken. */
  #taken = 0;

  constructor(version: FormatVersion, { endOutside }: Partial<RowIndexParameters> = {}) {
    this.#version = version;
    this.#endOutside = endOutside === true;
  }

  /** Entries of the next partitions; tells, until the next call, where each begins in Index.db. */
  add(batch: PartitionBatch): (i: number) => number {
    const { entries, starts, indexed } = batch;
    const begin = this.#taken + this.#out.length;
    if (indexed.length > 0) return this.#addIndexed(batch, begin);
    this.#out.bytes(entries);
    return (i) => begin + (starts[i] ?? 0);
  }

  /** The same where some have a promoted index, which takes the place of the 0. */
  #addIndexed({ count, entries, starts, indexed }: PartitionBatch, begin: number) {
    const out = this.#out;
    const places = new Float64Array(count);
    let next = 0;
    let from = 0;
    /** Bytes by which entries are farther behind than in the batch. */
    let shift = begin;
    for (const partition of indexed) {
      for (; next <= partition.at; next++) places[next] = shift + (starts[next] as number);
      const end = starts[next] ?? entries.length;
      out.part(entries, from, end - 1);
      this.#promote(partition);
      from = end;
      shift = this.#taken + out.length - end;
    }
    out.part(entries, from, entries.length);
    for (; next < count; next++) places[next] = shift + (starts[next] as number);
    return (i: number) => places[i] ?? 0;
  }

  /** What was written since the last call; a view, valid until the next partitions. */
  take(): Uint8Array {
    const bytes = this.#out.view();
    this.#taken += bytes.length;
    this.#out.clear();
    return bytes;
  }

  #promote({ headerLength, deletion, blocks }: IndexedPartition): void {
    const promoted = this.#promoted;
    promoted.clear();
    promoted.uvint(headerLength);
    promoted.bytes(deletion);
    promoted.uvint(blocks.count);
    const offsets = this.#writeBlocks(blocks);
    promoted.bytes(this.#blocks.view());
    for (const offset of offsets) promoted.i32(offset);
    checkLimit('indexEntryBytesMax', promoted.length);
    this.#out.uvint(promoted.length);
    this.#out.bytes(promoted.view());
  }

  /** Where each block begins, counted from the first one. */
  #writeBlocks({ count, names, nameEnds, offsets, widths, open, end }: RowBlocks): Int32Array {
    const w = this.#blocks;
    w.clear();
    const starts = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      starts[i] = w.length;
      w.bytes(names.subarray(i === 0 ? 0 : nameEnds[2 * i - 1], nameEnds[2 * i + 1]));
      const offset = offsets[i] ?? 0;
      const width = widths[i] ?? 0;
      w.uvint(offset);
      const isEndInside = offset + width > end;
      w.svint(width - (isEndInside && this.#endOutside ? 1 : 0) - WIDTH_BASE);
      const marker = open[i + 1] ?? null;
      w.u8(marker === null ? 0 : 1);
      if (marker !== null) writeDeletionTime(w, this.#version, marker);
    }
    return starts;
  }
}
