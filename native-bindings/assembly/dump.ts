/**
 * The usual partitions and rows of Data.db as the JSON of sstabledump.
 *
 * Usual are: partitions that are not deleted and have no static columns; rows without shadowable
 * deletion, of fewer than 64 columns; times between 1970 and 9999. Whatever is not, and whatever may
 * be damage, is left to the host's RowReader and SstabledumpWriter, which are the specification: the
 * dump stops before that item.
 */
import {
  END_OF_PARTITION,
  HAS_DELETION,
  HAS_TIMESTAMP,
  HAS_TTL,
  IS_EXTENDED,
  IS_MARKER,
} from './flags';
import { afterVint, vintAt } from './cursor';
import { cells } from './dump-cells';
import { microInstant } from './dump-numbers';
import {
  deletion,
  expiry,
  localTimeAt,
  NO_VALUE,
  outEnd,
  putText,
  setRowTimes,
  setOutput,
  TEXT_CLUSTERING,
  TEXT_LIST_END,
  TEXT_COMMA,
  TEXT_DELETION,
  TEXT_FIRST_ROW,
  TEXT_HEAD,
  TEXT_KEY_END,
  TEXT_LIVENESS,
  TEXT_NEXT_ROW,
  TEXT_OBJECT_END,
  TEXT_PARTITION_END,
  TEXT_PARTITION_END_EMPTY,
  TEXT_ROWS,
  timeAt,
  ttlAt,
  value,
} from './dump-parts';
import {
  behindHead,
  CLUSTERING_ENTRY,
  clusteringCount,
  clusteringTable,
  KEY_ENTRY,
  keyParts,
  keyTable,
  now,
  staticCount,
} from './dump-state';
import { integer } from './dump-values';
import { unsignedDeletion } from './table';

/** Why a dump stopped. */
const AT_END: i32 = 0;
/** An item for the host, or one that the window does not hold whole. */
const UNUSUAL: i32 = 1;
const OUTPUT_FULL: i32 = 2;

const MARKER_OR_EXTENDED: u32 = IS_MARKER | IS_EXTENDED;

/** Room for the fixed texts of an item. */
const ROOM: usize = 4096;

/** Offset in the window of the next item, and the address behind the text before it. */
export let dumpConsumed: usize = 0;
export let dumpEnd: usize = 0;
/** Position of the partition that the next item is in, or -1 between partitions. */
export let dumpHead: f64 = -1;
/** Whether one of its rows is printed. */
export let dumpStarted: bool = false;

/** Sets what a dump goes on from. */
export function dumpResume(head: f64, started: bool): void {
  dumpHead = head;
  dumpStarted = started;
}

/**
 * Prints the items from `offset` on of a window of `length` bytes at `window`, which begins at
 * `base` of the stream, up to the first partition at or behind the offset `stop`.
 */
export function dump(
  window: usize,
  length: usize,
  base: f64,
  offset: usize,
  stop: f64,
  out: usize,
  outLimit: usize,
): i32 {
  const end = window + length;
  let at = window + offset;
  let to = out;
  setOutput(outLimit);
  dumpConsumed = offset;
  dumpEnd = out;
  while (at < end) {
    const position = base + <f64>(at - window);
    if (dumpHead < 0 && <f64>(at - window) >= stop) return AT_END;
    if (to + ROOM > outLimit) return OUTPUT_FULL;
    let next: usize = at + 1;
    if (dumpHead < 0) {
      next = partition(at, end, position, to);
      if (next) {
        dumpHead = position;
        dumpStarted = false;
      }
    } else if (load<u8>(at) == END_OF_PARTITION) {
      itemEnd = putText(dumpStarted ? TEXT_PARTITION_END : TEXT_PARTITION_END_EMPTY, to);
      dumpHead = -1;
    } else {
      next = row(at, end, position, to);
      if (next) dumpStarted = true;
    }
    if (next == 0) return itemEnd == NO_ROOM && to > out ? OUTPUT_FULL : UNUSUAL;
    at = next;
    to = itemEnd;
    dumpConsumed = at - window;
    dumpEnd = to;
  }
  return AT_END;
}

const NO_ROOM: usize = 1;
/** Address behind the text of the item that was just printed; NO_ROOM when it was too long. */
let itemEnd: usize = 0;

/** Leaves the item out, for want of room or because the host has to print it: `NO_VALUE` says so. */
function leave(text: usize): usize {
  itemEnd = text == NO_VALUE ? 0 : NO_ROOM;
  return 0;
}

/** The head of a partition at `at`; the address behind it, or 0. */
function partition(at: usize, end: usize, position: f64, out: usize): usize {
  itemEnd = 0;
  if (staticCount || end - at < 2) return 0;
  const key = at + 2;
  const keyEnd = key + <usize>bswap<u16>(load<u16>(at));
  const next = keyEnd + (unsignedDeletion ? 1 : 12);
  if (next > end) return 0;
  // A partition that is not deleted (format reference, 7.2).
  if (unsignedDeletion) {
    if (load<u8>(keyEnd) != 0x80) return 0;
  } else if (load<u32>(keyEnd) != 0xffffff7f || load<u64>(keyEnd, 4) != 0x80) {
    return 0;
  }
  let to = putText(TEXT_HEAD, out);
  if (keyParts == 0) {
    to = value(keyTable, key, keyEnd - key, to);
  } else {
    let from = key;
    for (let i = 0; i < keyParts; i++) {
      if (from + 3 > keyEnd) return 0;
      const length = <usize>bswap<u16>(load<u16>(from));
      from += 2;
      if (from + length >= keyEnd || load<u8>(from + length)) return 0;
      if (i) to = putText(TEXT_COMMA, to);
      to = value(keyTable + <usize>i * KEY_ENTRY, from, length, to);
      if (to <= NO_VALUE) return leave(to);
      from += length + 1;
    }
    if (from != keyEnd) return 0;
  }
  if (to <= NO_VALUE) return leave(to);
  if (to + ROOM > outEnd) return leave(0);
  to = putText(TEXT_KEY_END, to);
  to = integer(<i64>position + (behindHead ? <i64>(next - at) : 0), to);
  itemEnd = putText(TEXT_ROWS, to);
  return next;
}

/** The row at `at`; the address behind it, or 0. */
function row(at: usize, end: usize, position: f64, out: usize): usize {
  itemEnd = 0;
  const flags = <u32>load<u8>(at);
  if (flags & MARKER_OR_EXTENDED || (flags & (HAS_TIMESTAMP | HAS_TTL)) == HAS_TTL) return 0;
  let from = at + 1;
  let to = putText(dumpStarted ? TEXT_NEXT_ROW : TEXT_FIRST_ROW, out);
  to = integer(<i64>position, to);
  if (clusteringCount) {
    // Two bits a column: 0 where it has a value that is not empty (5.2).
    if (load<u8>(from++)) return 0;
    to = putText(TEXT_CLUSTERING, to);
    for (let i = 0; i < clusteringCount; i++) {
      const entry = clusteringTable + <usize>i * CLUSTERING_ENTRY;
      const fixed = load<i32>(entry);
      let length = <u64>fixed;
      if (fixed < 0) {
        length = vintAt(from);
        from = afterVint(from);
      }
      if (from > end || length > <u64>(end - from)) return 0;
      if (i) to = putText(TEXT_COMMA, to);
      to = value(entry + 4, from, <usize>length, to);
      if (to <= NO_VALUE) return leave(to);
      from += <usize>length;
    }
    if (to + ROOM > outEnd) return leave(0);
    to = putText(TEXT_LIST_END, to);
  }
  const size = vintAt(from);
  from = afterVint(from);
  if (from > end || size > <u64>(end - from)) return 0;
  const bodyEnd = from + <usize>size;
  from = afterVint(from);
  return body(flags, from, bodyEnd, to);
}

/** What follows the size of the previous unfiltered. */
function body(flags: u32, from: usize, bodyEnd: usize, to: usize): usize {
  let time: i64 = -1;
  let ttl: i64 = 0;
  if (flags & HAS_TIMESTAMP) {
    time = timeAt(from);
    if (time < 0) return 0;
    from = afterVint(from);
    to = microInstant(<u64>time, putText(TEXT_LIVENESS, to));
    store<u8>(to++, 0x22);
    if (flags & HAS_TTL) {
      ttl = ttlAt(from);
      from = afterVint(from);
      const expires = localTimeAt(from);
      from = afterVint(from);
      if (ttl < 0 || expires < 0) return 0;
      to = expiry(<u64>ttl, <u64>expires, <f64>expires < now, to);
    }
    to = putText(TEXT_OBJECT_END, to);
  }
  if (flags & HAS_DELETION) {
    const deleted = timeAt(from);
    from = afterVint(from);
    const local = localTimeAt(from);
    from = afterVint(from);
    if (deleted < 0 || local < 0) return 0;
    to = deletion(<u64>deleted, <u64>local, putText(TEXT_DELETION, to));
  }
  setRowTimes(time, ttl);
  to = cells(flags, from, bodyEnd, to);
  if (to <= NO_VALUE) return leave(to);
  itemEnd = to;
  return bodyEnd;
}
