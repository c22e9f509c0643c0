/**
 * Rows and range tombstone markers: native bytes of Data.db to canonical records.
 *
 * While a record is read, each choice its writer had is compared with the one that Cassandra's
 * serialiser takes for the same facts; a difference makes the record `loose` (see cursor.ts).
 */
import {
  copyFrom,
  copyNative,
  notStrict,
  o,
  p,
  readVint,
  rewind,
  room,
  seek,
  skip,
  writeByte,
  writeTime,
  writeVint,
} from './cursor';
import {
  BAD_CELL,
  BAD_FLAGS,
  BAD_MARKER,
  BAD_NUMBER,
  BAD_SIZE,
  BAD_SUBSET,
  NEED_BYTES,
  OK,
  OUTPUT_FULL,
  ROW_TOO_LARGE,
} from './status';
import {
  clusteringCount,
  clusteringTable,
  COLUMN_ENTRY,
  liveComplexDeletionTime,
  minDeletionTime,
  minTimestamp,
  minTtl,
  noDeletionTime,
  presentColumns,
  rowBytesMax,
} from './table';

const IS_MARKER: u32 = 0x02;
const HAS_TIMESTAMP: u32 = 0x04;
const HAS_TTL: u32 = 0x08;
const HAS_DELETION: u32 = 0x10;
const HAS_ALL_COLUMNS: u32 = 0x20;
const HAS_COMPLEX_DELETION: u32 = 0x40;
const IS_EXTENDED: u32 = 0x80;
const EXT_STATIC: u32 = 0x01;
const EXT_SHADOWABLE: u32 = 0x02;

const CELL_DELETED: u32 = 0x01;
const CELL_EXPIRING: u32 = 0x02;
const CELL_EMPTY: u32 = 0x04;
const CELL_ROW_TIME: u32 = 0x08;
const CELL_ROW_TTL: u32 = 0x10;

/** Write time of a deletion that deletes nothing. */
const NO_TIME: i64 = i64.MIN_VALUE;

export const ROW_TAG: u32 = 0x02;
export const MARKER_TAG: u32 = 0x03;

/** Cells read since the walk began. */
export let cells: u32 = 0;
/** End of the clustering of the last unfiltered, on the canonical side. */
export let clusteringEnd: usize = 0;

/** End of the body being read. */
let bodyEnd: usize = 0;
/** A number of the body that does not fit its field. */
let badNumber: bool = false;
/** Liveness of the row being read; its TTL is 0 when it does not expire. */
let rowAlive: bool = false;
let rowTime: i64 = 0;
let rowTtl: u32 = 0;
let rowExpiry: u32 = 0;

export function resetCells(): void {
  cells = 0;
}

@inline
function readTime(): i64 {
  return <i64>readVint() + minTimestamp;
}

@inline
function readInt32(): i32 {
  const value = <i64>readVint();
  if (value != <i64>(<i32>value)) badNumber = true;
  return <i32>value;
}

@inline
function readDeletionTime(): u32 {
  return <u32>(readInt32() + minDeletionTime);
}

@inline
function readTtl(): u32 {
  return <u32>(readInt32() + minTtl);
}

/** `count` clustering values, in batches of 32 behind a header of two bits each. */
function clustering(count: i32, windowEnd: usize): i32 {
  let header: u64 = 0;
  for (let i = 0; i < count; i++) {
    if ((i & 31) == 0) {
      header = readVint();
      if (p > windowEnd) return NEED_BYTES;
      const inBatch = <u64>min(count - i, 32);
      if (inBatch < 32 && header >> (inBatch << 1)) notStrict();
    }
    if (!room(16)) return OUTPUT_FULL;
    const bits = <u32>header & 3;
    header >>= 2;
    if (bits & 2) {
      if (bits & 1) notStrict();
      writeByte(0);
      continue;
    }
    if (bits & 1) {
      writeByte(1);
      continue;
    }
    const fixed = load<i32>(clusteringTable + (<usize>i << 2));
    const length = fixed >= 0 ? <u64>fixed : readVint();
    if (p > windowEnd) return NEED_BYTES;
    if (length > rowBytesMax) return ROW_TOO_LARGE;
    if (length > <u64>(windowEnd - p)) return NEED_BYTES;
    if (length == 0) notStrict();
    if (!room(<usize>length + 16)) return OUTPUT_FULL;
    writeVint(length + 1);
    copyNative(<usize>length);
  }
  return OK;
}

/** Reads size and previous size; leaves `bodyEnd`. */
@inline
function bodyHead(previousSize: u64, windowEnd: usize): i32 {
  const size = readVint();
  if (p > windowEnd) return NEED_BYTES;
  if (size > rowBytesMax) return ROW_TOO_LARGE;
  if (size > <u64>(windowEnd - p)) return NEED_BYTES;
  bodyEnd = p + <usize>size;
  badNumber = false;
  if (readVint() != previousSize) notStrict();
  return OK;
}

/** A row or marker at `p`, whose first byte is there; not the end of a partition. */
export function unfiltered(
  previousSize: u64,
  windowEnd: usize,
  columnCount: i32,
  columnTable: usize,
): i32 {
  const flags = <u32>load<u8>(p);
  if (!room(64)) return OUTPUT_FULL;
  if (flags & IS_MARKER) return marker(flags, previousSize, windowEnd);
  skip(1);
  let extended: u32 = 0;
  if (flags & IS_EXTENDED) {
    if (p >= windowEnd) return NEED_BYTES;
    extended = <u32>load<u8>(p);
    skip(1);
    if (extended & ~EXT_SHADOWABLE) return BAD_FLAGS;
    if (extended == 0) notStrict();
  }
  writeByte(ROW_TAG);
  writeVint(<u64>clusteringCount);
  const status = clustering(clusteringCount, windowEnd);
  if (status != OK) return status;
  clusteringEnd = o;
  return rowBody(flags, extended, previousSize, windowEnd, columnCount, columnTable);
}

/** The static row at `p`; writes nothing when it says nothing, else its body. */
export function staticRow(windowEnd: usize, columnCount: i32, columnTable: usize): i32 {
  if (windowEnd - p < 2) return NEED_BYTES;
  const flags = <u32>load<u8>(p);
  const extended = <u32>load<u8>(p, 1);
  skip(2);
  if ((flags & (IS_EXTENDED | 3)) != IS_EXTENDED) return BAD_FLAGS;
  if ((extended & ~EXT_SHADOWABLE) != EXT_STATIC) return BAD_FLAGS;
  const start = o;
  const status = rowBody(flags, extended, 0, windowEnd, columnCount, columnTable);
  // Flags 0 and 0 columns: nothing is said.
  if (o == start + 2 && load<u16>(start) == 0) rewind(start);
  return status;
}

function rowBody(
  flags: u32,
  extended: u32,
  previousSize: u64,
  windowEnd: usize,
  columnCount: i32,
  columnTable: usize,
): i32 {
  const status = bodyHead(previousSize, windowEnd);
  if (status != OK) return status;
  if (!room(64)) return OUTPUT_FULL;
  const shadowable = extended & EXT_SHADOWABLE;
  writeByte(
    ((flags & (HAS_TIMESTAMP | HAS_TTL | HAS_DELETION)) >> 2) | (shadowable << 2),
  );
  rowAlive = false;
  rowTtl = 0;
  if (flags & HAS_TIMESTAMP) {
    rowAlive = true;
    rowTime = readTime();
    writeTime(rowTime);
    if (rowTime == NO_TIME) notStrict();
    if (flags & HAS_TTL) {
      rowTtl = readTtl();
      rowExpiry = readDeletionTime();
      writeVint(<u64>rowTtl);
      writeVint(<u64>rowExpiry);
      if (rowTtl == 0) notStrict();
    }
  } else if (flags & HAS_TTL) {
    notStrict();
  }
  if (flags & HAS_DELETION) {
    const time = readTime();
    writeTime(time);
    writeVint(<u64>readDeletionTime());
    if (time == NO_TIME) notStrict();
  } else if (shadowable) {
    notStrict();
  }
  return columns(flags, columnCount, columnTable);
}

/** The columns of a row up to `bodyEnd`. */
function columns(flags: u32, columnCount: i32, table: usize): i32 {
  let present = columnCount;
  // Fewer than 64 columns: one bit per column still to come. More: null or a list of indexes.
  let bits: u64 = ((<u64>1) << (columnCount & 63)) - 1;
  let list: usize = 0;
  if (!(flags & HAS_ALL_COLUMNS)) {
    const missing = readVint();
    if (p > bodyEnd) return BAD_SIZE;
    if (missing == 0) notStrict();
    if (columnCount < 64) {
      if (missing & ~bits) return BAD_SUBSET;
      bits &= ~missing;
      present = <i32>popcnt<u64>(bits);
    } else {
      if (missing > <u64>columnCount) return BAD_SUBSET;
      present = columnCount - <i32>missing;
      if (missing != 0) {
        list = presentColumns;
        const status = readSubset(columnCount, present);
        if (status != OK) return status;
      }
    }
  }
  writeVint(<u64>present);
  let complexDeletion = false;
  for (let i = 0; i < present; i++) {
    let at = <usize>i;
    if (columnCount < 64) {
      at = <usize>ctz<u64>(bits);
      bits &= bits - 1;
    } else if (list) {
      at = <usize>load<u32>(list + (at << 2));
    }
    const entry = table + at * COLUMN_ENTRY;
    const nameLength = <usize>load<u32>(entry, 12);
    if (!room(nameLength + 64)) return OUTPUT_FULL;
    copyFrom(<usize>load<u32>(entry, 8), nameLength);
    if (load<u32>(entry, 4)) {
      let deleted = false;
      const flagAt = o;
      writeByte(0x80);
      if (flags & HAS_COMPLEX_DELETION) {
        const time = readTime();
        const local = readDeletionTime();
        if (time != NO_TIME) {
          deleted = true;
          complexDeletion = true;
          store<u8>(flagAt, 0xc0);
          writeTime(time);
          writeVint(<u64>local);
        } else if (local != liveComplexDeletionTime) {
          notStrict();
        }
      }
      const count = readVint();
      if (p > bodyEnd) return BAD_SIZE;
      if (count == 0 && !deleted) notStrict();
      // Each cell takes a byte at least, so a wild count ends at the end of the body.
      if (count > <u64>(bodyEnd - p)) return BAD_SIZE;
      writeVint(count);
      for (let k: u64 = 0; k < count; k++) {
        const status = cell(-1, true);
        if (status != OK) return status;
      }
    } else {
      const status = cell(load<i32>(entry), false);
      if (status != OK) return status;
    }
  }
  if (flags & HAS_COMPLEX_DELETION && !complexDeletion) notStrict();
  if (p != bodyEnd) return BAD_SIZE;
  return badNumber ? BAD_NUMBER : OK;
}

/**
 * Column subset of 64 columns or more: the indexes of the present ones if they are fewer than half,
 * else of the missing ones. Leaves the present ones at `presentColumns`.
 */
function readSubset(columnCount: i32, present: i32): i32 {
  const listsPresent = present < columnCount / 2;
  const listed = listsPresent ? present : columnCount - present;
  let out = presentColumns;
  let next: u64 = 0;
  for (let i = 0; i < listed; i++) {
    const index = readVint();
    if (p > bodyEnd || index < next || index >= <u64>columnCount) return BAD_SUBSET;
    if (!listsPresent) {
      for (; next < index; next++) {
        store<u32>(out, <u32>next);
        out += 4;
      }
    } else {
      store<u32>(out, <u32>index);
      out += 4;
    }
    next = index + 1;
  }
  if (!listsPresent) {
    for (; next < <u64>columnCount; next++) {
      store<u32>(out, <u32>next);
      out += 4;
    }
  }
  return OK;
}

/** One cell; `fixed` is the length of its value or -1 when it is stored. */
@inline
function cell(fixed: i32, complex: bool): i32 {
  if (p >= bodyEnd) return BAD_SIZE;
  if (!room(64)) return OUTPUT_FULL;
  const flags = <u32>load<u8>(p);
  skip(1);
  if (flags > 0x1f) return BAD_CELL;
  cells++;
  writeByte(flags);
  if (flags & CELL_ROW_TIME) {
    if (!rowAlive) notStrict();
  } else {
    const time = readTime();
    writeTime(time);
    if (rowAlive && time == rowTime) notStrict();
  }
  if (flags & (CELL_DELETED | CELL_EXPIRING | CELL_ROW_TTL)) lifetime(flags);
  if (complex) {
    const length = readVint();
    if (p > bodyEnd || length > <u64>(bodyEnd - p)) return BAD_SIZE;
    if (!room(<usize>length + 64)) return OUTPUT_FULL;
    writeVint(length);
    copyNative(<usize>length);
  }
  if (!(flags & CELL_EMPTY)) {
    const length = fixed >= 0 ? <u64>fixed : readVint();
    if (p > bodyEnd || length > <u64>(bodyEnd - p)) return BAD_SIZE;
    if (length == 0) notStrict();
    if (!room(<usize>length + 64)) return OUTPUT_FULL;
    writeVint(length);
    copyNative(<usize>length);
  }
  return p > bodyEnd ? BAD_SIZE : OK;
}

/** Local deletion time and TTL of a cell that has them. */
function lifetime(flags: u32): void {
  if (flags & CELL_ROW_TTL) {
    // Only an expiring cell of an expiring row may share its TTL.
    if ((flags & (CELL_DELETED | CELL_EXPIRING)) != CELL_EXPIRING || rowTtl == 0) notStrict();
    return;
  }
  const local = readDeletionTime();
  writeVint(<u64>local);
  if (flags & CELL_EXPIRING) {
    const ttl = readTtl();
    writeVint(<u64>ttl);
    if (flags & CELL_DELETED || ttl == 0) notStrict();
    if (rowTtl != 0 && ttl == rowTtl && local == rowExpiry) notStrict();
  } else if (local == noDeletionTime) {
    notStrict();
  }
}

function marker(flags: u32, previousSize: u64, windowEnd: usize): i32 {
  if (flags != IS_MARKER) return BAD_FLAGS;
  if (windowEnd - p < 4) return NEED_BYTES;
  const kind = <u32>load<u8>(p, 1);
  const count = <i32>bswap<u16>(load<u16>(p, 2));
  if (kind > 7 || kind == 3 || kind == 4 || count > clusteringCount) return BAD_MARKER;
  skip(4);
  writeByte(MARKER_TAG);
  writeByte(kind);
  writeVint(<u64>count);
  let status = clustering(count, windowEnd);
  if (status != OK) return status;
  clusteringEnd = o;
  status = bodyHead(previousSize, windowEnd);
  if (status != OK) return status;
  if (!room(64)) return OUTPUT_FULL;
  const boundary = kind == 2 || kind == 5;
  writeTime(readTime());
  writeVint(<u64>readDeletionTime());
  if (boundary) {
    writeTime(readTime());
    writeVint(<u64>readDeletionTime());
  }
  if (p != bodyEnd) return BAD_SIZE;
  return badNumber ? BAD_NUMBER : OK;
}
