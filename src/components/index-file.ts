/**
 * Index.db of BIG SSTables: one entry per partition, in Data.db order (format reference, section 10).
 *
 *   key            short-bytes
 *   position       uvint, start of the partition in the uncompressed stream
 *   promotedSize   uvint, bytes of what follows for this entry; 0 = nothing
 *   promoted       see promoted-index.ts
 */
import type { ByteReader } from '../binary/index.js';
import { checkLimit } from '../limits.js';

export interface IndexEntry {
  /** View of the partition key. */
  readonly key: Uint8Array;
  readonly dataPosition: number;
  /** View of the promoted index, or null. */
  readonly promoted: Uint8Array | null;
  /** Where the promoted index begins in Index.db (or would). */
  readonly promotedPosition: number;
  /** Where the entry begins in Index.db. */
  readonly indexPosition: number;
}

/**
 * Reads entries one after another from a ByteReader whose base is its position in Index.db. On
 * NeedMoreBytes the reader is back at the start of the entry. Data positions must begin with 0 at
 * the start of the file and ascend.
 */
export class IndexEntryReader {
  readonly #r: ByteReader;
  #least: number;

  /** `previousDataPosition`: of the entry before, when the reader goes on in another window. */
  constructor(r: ByteReader, previousDataPosition = -1) {
    this.#r = r;
    this.#least = previousDataPosition + 1;
  }

  /** The next entry, or null at the end of the reader's window. */
  next(): IndexEntry | null {
    const r = this.#r;
    if (r.remaining === 0) return null;
    const start = r.offset;
    try {
      return this.#read(r);
    } catch (error) {
      r.offset = start;
      throw error;
    }
  }

  #read(r: ByteReader): IndexEntry {
    const indexPosition = r.position;
    const key = r.shortBytes();
    const at = r.position;
    const dataPosition = r.uvint('data position');
    if (dataPosition < this.#least || (indexPosition === 0 && dataPosition !== 0)) {
      throw r.corrupt(`the data position ${dataPosition} does not follow the one before`, at);
    }
    const promotedSize = r.uvint('size of the promoted index');
    checkLimit('indexEntryBytesMax', promotedSize, { ...r.where, offset: at });
    const promotedPosition = r.position;
    const promoted = promotedSize === 0 ? null : r.view8(promotedSize);
    this.#least = dataPosition + 1;
    return { key, dataPosition, promoted, promotedPosition, indexPosition };
  }
}
