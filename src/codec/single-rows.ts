/** Entries of Index.db of partitions of one row: native-bindings/assembly/single-rows.ts. */
import { KernelInstance } from './kernels.js';

/** Partitions of one call, and room for their entries. */
const PARTITIONS = 4096;
const ENTRY_BYTES = 128 * 1024;

export interface SingleRowsForm {
  /** Bytes of every clustering; below 0 where they differ, then there are no such partitions. */
  readonly clustering: number;
  /** A live partition has one byte of deletion. */
  readonly shortDeletion: boolean;
}

/** Partitions that were passed over; the arrays are views, valid until the next call. */
export interface SingleRows {
  /** u16 key length, key, unsigned vint position, 0. */
  readonly entries: Uint8Array;
  /** Where each begins, from `nextStart` on. */
  readonly starts: Uint32Array;
  /** Where the last one began in the window, and ended. */
  readonly last: number;
  readonly end: number;
}

export interface SingleRowsPlace {
  /** Partitions begin at it or behind and before `until`, both counted from the window. */
  readonly from: number;
  readonly until: number;
  /** Of the window in the stream. */
  readonly position: number;
  /** Of the first entry. */
  readonly nextStart: number;
}

/**
 * Passes over partitions of one plain row, up to one that is not like that, or many of them. `window`
 * is a view of a kernel's memory; null where it is not, and where there is no such partition.
 */
export function singleRows(
  form: SingleRowsForm,
  window: Uint8Array,
  place: SingleRowsPlace,
): SingleRows | null {
  const instance = KernelInstance.owner(window);
  const room = instance?.inputRoom(4 * PARTITIONS + ENTRY_BYTES);
  if (instance === undefined || room === undefined) return null;
  const startsAt = room.byteOffset;
  const entriesAt = startsAt + 4 * PARTITIONS;
  const { exports } = instance;
  const count = exports.singleRows(
    window.byteOffset,
    window.length,
    place.from,
    place.until,
    place.position,
    form.clustering,
    form.shortDeletion ? 1 : 0,
    entriesAt,
    ENTRY_BYTES,
    startsAt,
    PARTITIONS,
    place.nextStart,
  );
  if (count === 0) return null;
  return {
    entries: instance.bytes.subarray(entriesAt, entriesAt + exports.singleRowsBytes.value),
    starts: new Uint32Array(room.buffer, startsAt, count),
    last: exports.singleRowsLast.value,
    end: exports.singleRowsEnd.value,
  };
}
