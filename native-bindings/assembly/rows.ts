/**
 * Rows and range tombstone markers: native bytes of Data.db to canonical records.
 *
 * While a record is read, each choice its writer had is compared with the one that Cassandra's
 * serialiser takes for the same facts; a difference makes the record `loose` (see cursor.ts).
 */
import {
  CELL_EMPTY,
  CELL_EXPIRING,
  CELL_MORTAL,
  CELL_ROW_TIME,
  CELL_ROW_TTL,
  EXT_SHADOWABLE,
  EXT_STATIC,
  HAS_ALL_COLUMNS,
  HAS_COMPLEX_DELETION,
  HAS_DELETION,
  HAS_TIMESTAMP,
  HAS_TTL,
  IS_EXTENDED,
  IS_MARKER,
} from './flags';
import {
  MARKER_TAG,
  ROW_TAG,
} from './tags';
import {
  afterVint,
  copy,
  copyPlain,
  fits,
  NO_TIME,
  notStrict,
  o,
  outEnd,
  p,
  previousTime,
  putTime,
  putVint,
  setCursors,
  setPreviousTime,
  vintAt,
} from './cursor';
import {
  BAD_CELL,
  BAD_CLUSTERING,
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
  HEAD_MAX,
  liveComplexDeletionTime,
  minDeletionTime,
  minTimestamp,
  minTtl,
  noDeletionTime,
  presentColumns,
  rowBytesMax,
} from './table';

/** Cells read since the walk began. */
export let cells: u32 = 0;
/** End of the clustering of the last unfiltered, on the canonical side. */
export let clusteringEnd: usize = 0;

/** The last row says of something that it is deleted or ends. */
export let mortal: bool = false;

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

/** The Java int whose sign-extended vint is at `at`. */
@inline
function int32At(at: usize): i32 {
  const value = <i64>vintAt(at);
  if (value != <i64>(<i32>value)) badNumber = true;
  return <i32>value;
}

@inline
function timeAt(at: usize): i64 {
  return <i64>vintAt(at) + minTimestamp;
}

@inline
function deletionTimeAt(at: usize): u32 {
  return <u32>(int32At(at) + minDeletionTime);
}

@inline
function ttlAt(at: usize): u32 {
  return <u32>(int32At(at) + minTtl);
}

/**
 * `count` clustering values from `p` to `o`, in batches of 32 behind a header of two bits each:
 * 01 empty, 10 null.
 */
function clustering(count: i32, native: usize, canonical: usize, windowEnd: usize): i32 {
  let from = native;
  let to = canonical;
  const end = outEnd;
  let header: u64 = 0;
  for (let i = 0; i < count; i++) {
    if ((i & 31) == 0) {
      header = vintAt(from);
      from = afterVint(from);
      if (from > windowEnd) return NEED_BYTES;
      const inBatch = <u64>min(count - i, 32);
      if (inBatch < 32 && header >> (inBatch << 1)) return BAD_CLUSTERING;
    }
    if (!fits(to, 16, end)) return OUTPUT_FULL;
    const bits = <u32>header & 3;
    header >>= 2;
    if (bits) {
      if (bits == 3) return BAD_CLUSTERING;
      store<u8>(to++, bits & 2 ? 0 : 1);
      continue;
    }
    const fixed = load<i32>(clusteringTable + (<usize>i << 2));
    let length = <u64>fixed;
    if (fixed < 0) {
      length = vintAt(from);
      from = afterVint(from);
    }
    if (from > windowEnd) return NEED_BYTES;
    if (length > rowBytesMax) return ROW_TOO_LARGE;
    if (length > <u64>(windowEnd - from)) return NEED_BYTES;
    if (length == 0) notStrict();
    if (!fits(to, <usize>length + 16, end)) return OUTPUT_FULL;
    to = putVint(to, length + 1);
    copy(to, from, <usize>length);
    from += <usize>length;
    to += <usize>length;
  }
  clusteringEnd = to;
  setCursors(from, to);
  return OK;
}

/** A row or marker at `p`, whose first byte is there; not the end of a partition. */
export function unfiltered(
  previousSize: u64,
  windowEnd: usize,
  columnCount: i32,
  columnTable: usize,
): i32 {
  let from = p;
  let to = o;
  const flags = <u32>load<u8>(from++);
  if (!fits(to, 64, outEnd)) return OUTPUT_FULL;
  if (flags & IS_MARKER) return marker(flags, previousSize, windowEnd);
  let extended: u32 = 0;
  if (flags & IS_EXTENDED) {
    if (from >= windowEnd) return NEED_BYTES;
    extended = <u32>load<u8>(from++);
    if (extended & ~EXT_SHADOWABLE) return BAD_FLAGS;
    if (extended == 0) notStrict();
  }
  store<u8>(to++, <u8>ROW_TAG);
  to = putVint(to, <u64>clusteringCount);
  const status = clustering(clusteringCount, from, to, windowEnd);
  if (status != OK) return status;
  return rowBody(flags, extended, previousSize, windowEnd, columnCount, columnTable);
}

/** The static row at `p`; writes nothing when it says nothing, else its body. */
export function staticRow(windowEnd: usize, columnCount: i32, columnTable: usize): i32 {
  if (windowEnd - p < 2) return NEED_BYTES;
  const flags = <u32>load<u8>(p);
  const extended = <u32>load<u8>(p, 1);
  if ((flags & (IS_EXTENDED | 3)) != IS_EXTENDED) return BAD_FLAGS;
  if (extended != EXT_STATIC) return BAD_FLAGS;
  const start = o;
  setCursors(p + 2, start);
  const status = rowBody(flags, extended, 0, windowEnd, columnCount, columnTable);
  // Flags 0 and 0 columns: nothing is said.
  if (status == OK && o == start + 2 && load<u16>(start) == 0) setCursors(p, start);
  return status;
}

/** Everything after the clustering. */
function rowBody(
  flags: u32,
  extended: u32,
  previousSize: u64,
  windowEnd: usize,
  columnCount: i32,
  columnTable: usize,
): i32 {
  let from = p;
  let to = o;
  const size = vintAt(from);
  from = afterVint(from);
  if (from > windowEnd) return NEED_BYTES;
  if (size > rowBytesMax) return ROW_TOO_LARGE;
  if (size > <u64>(windowEnd - from)) return NEED_BYTES;
  const bodyEnd = from + <usize>size;
  if (!fits(to, 64, outEnd)) return OUTPUT_FULL;
  badNumber = false;
  if (vintAt(from) != previousSize) notStrict();
  from = afterVint(from);
  const shadowable = extended & EXT_SHADOWABLE;
  const kept = flags & (HAS_TIMESTAMP | HAS_TTL | HAS_DELETION);
  store<u8>(to++, <u8>((kept >> 2) | (shadowable << 2)));
  rowAlive = false;
  rowTtl = 0;
  mortal = (flags & (HAS_TTL | HAS_DELETION)) != 0;
  let previous = previousTime;
  if (flags & HAS_TIMESTAMP) {
    const time = timeAt(from);
    from = afterVint(from);
    rowAlive = true;
    rowTime = time;
    to = putTime(to, time, previous);
    previous = time;
    if (time == NO_TIME) notStrict();
    if (flags & HAS_TTL) {
      rowTtl = ttlAt(from);
      from = afterVint(from);
      rowExpiry = deletionTimeAt(from);
      from = afterVint(from);
      to = putVint(to, <u64>rowTtl);
      to = putVint(to, <u64>rowExpiry);
      if (rowTtl == 0) notStrict();
    }
  } else if (flags & HAS_TTL) {
    return BAD_FLAGS;
  }
  if (flags & HAS_DELETION) {
    const time = timeAt(from);
    from = afterVint(from);
    to = putTime(to, time, previous);
    previous = time;
    to = putVint(to, <u64>deletionTimeAt(from));
    from = afterVint(from);
    if (time == NO_TIME) notStrict();
  } else if (shadowable) {
    return BAD_FLAGS;
  }
  setPreviousTime(previous);
  return columns(flags, columnCount, columnTable, from, to, bodyEnd);
}

/**
 * The columns of a row up to `bodyEnd`: subset, then one entry per present column. One function
 * with its cursors in locals, because this is where most of the time goes.
 */
function columns(
  flags: u32,
  columnCount: i32,
  table: usize,
  native: usize,
  canonical: usize,
  bodyEnd: usize,
): i32 {
  let from = native;
  let to = canonical;
  const end = outEnd;
  const alive = rowAlive;
  const aliveTime = rowTime;
  let previous = previousTime;
  let present = columnCount;
  // Fewer than 64 columns: one bit per column still to come. More: null or a list of indexes.
  let bits: u64 = ((<u64>1) << (columnCount & 63)) - 1;
  let list: usize = 0;
  if (!(flags & HAS_ALL_COLUMNS)) {
    const missing = vintAt(from);
    from = afterVint(from);
    if (from > bodyEnd) return BAD_SIZE;
    if (missing == 0) notStrict();
    if (columnCount < 64) {
      if (missing & ~bits) return BAD_SUBSET;
      bits &= ~missing;
      present = <i32>popcnt<u64>(bits);
    } else {
      if (missing > <u64>columnCount) return BAD_SUBSET;
      present = columnCount - <i32>missing;
      if (missing != 0) {
        from = readSubset(columnCount, present, from, bodyEnd);
        if (from == 0) return BAD_SUBSET;
        list = presentColumns;
      }
    }
  }
  to = putVint(to, <u64>present);
  let complexDeletion = false;
  let cellCount: u32 = 0;
  let done: i32 = 0;
  if (alive && columnCount < 64 && fits(to, (bodyEnd - from) + <usize>present * HEAD_MAX, end)) {
    bits = plainCells(bits, table, from, to, bodyEnd);
    from = p;
    to = o;
    done = present - <i32>popcnt<u64>(bits);
    cellCount = <u32>done;
  }
  for (let i = done; i < present; i++) {
    let at = <usize>i;
    if (columnCount < 64) {
      at = <usize>ctz<u64>(bits);
      bits &= bits - 1;
    } else if (list) {
      at = <usize>load<u32>(list + (at << 2));
    }
    const entry = table + at * COLUMN_ENTRY;
    let fixed = load<i32>(entry);
    const complex = load<u32>(entry, 4);
    const nameLength = <usize>load<u32>(entry, 12);
    if (!fits(to, nameLength + 64, end)) return OUTPUT_FULL;
    copy(to, <usize>load<u32>(entry, 8), nameLength);
    to += nameLength;
    let count: u64 = 1;
    if (complex) {
      fixed = -1;
      let kind: u8 = 0x80;
      const kindAt = to++;
      if (flags & HAS_COMPLEX_DELETION) {
        const time = timeAt(from);
        from = afterVint(from);
        const local = deletionTimeAt(from);
        from = afterVint(from);
        if (time != NO_TIME) {
          complexDeletion = true;
          mortal = true;
          kind = 0xc0;
          to = putTime(to, time, previous);
          previous = time;
          to = putVint(to, <u64>local);
        } else if (local != liveComplexDeletionTime) {
          notStrict();
        }
      }
      store<u8>(kindAt, kind);
      count = vintAt(from);
      from = afterVint(from);
      // Each cell takes a byte at least, so a wild count is refused here.
      if (from > bodyEnd || count > <u64>(bodyEnd - from)) return BAD_SIZE;
      if (count == 0 && kind == 0x80) notStrict();
      to = putVint(to, count);
    }
    cellCount += <u32>count;
    for (; count != 0; count--) {
      if (from >= bodyEnd) return BAD_SIZE;
      if (!fits(to, 64, end)) return OUTPUT_FULL;
      const cell = <u32>load<u8>(from++);
      store<u8>(to++, <u8>cell);
      if (cell & CELL_ROW_TIME) {
        if (!alive) return BAD_CELL;
      } else {
        const time = timeAt(from);
        from = afterVint(from);
        to = putTime(to, time, previous);
        previous = time;
        if (alive && time == aliveTime) notStrict();
      }
      if (cell & ~(CELL_EMPTY | CELL_ROW_TIME)) {
        if (cell > 0x1f) return BAD_CELL;
        mortal = true;
        // Compactions of 6.0 mark tombstones as expiring too, with a TTL of 0.
        if ((cell & CELL_MORTAL) == CELL_MORTAL) notStrict();
        if (cell & CELL_ROW_TTL) {
          if (!alive) return BAD_CELL;
          // Only an expiring cell of an expiring row may share its TTL.
          if ((cell & CELL_MORTAL) != CELL_EXPIRING || rowTtl == 0) notStrict();
        } else {
          const local = deletionTimeAt(from);
          from = afterVint(from);
          to = putVint(to, <u64>local);
          if (cell & CELL_EXPIRING) {
            const ttl = ttlAt(from);
            from = afterVint(from);
            to = putVint(to, <u64>ttl);
            if (ttl == 0) notStrict();
            if (rowTtl != 0 && ttl == rowTtl && local == rowExpiry) notStrict();
          } else if (local == noDeletionTime) {
            notStrict();
          }
        }
      }
      if (complex) {
        const length = vintAt(from);
        from = afterVint(from);
        if (from > bodyEnd || length > <u64>(bodyEnd - from)) return BAD_SIZE;
        if (!fits(to, <usize>length + 64, end)) return OUTPUT_FULL;
        to = putVint(to, length);
        copy(to, from, <usize>length);
        from += <usize>length;
        to += <usize>length;
      }
      if (cell & CELL_EMPTY) continue;
      let length = <u64>fixed;
      if (fixed < 0) {
        length = vintAt(from);
        from = afterVint(from);
      }
      if (from > bodyEnd || length > <u64>(bodyEnd - from)) return BAD_SIZE;
      if (length == 0) notStrict();
      if (!fits(to, <usize>length + 64, end)) return OUTPUT_FULL;
      to = putVint(to, length);
      copy(to, from, <usize>length);
      from += <usize>length;
      to += <usize>length;
    }
  }
  if (flags & HAS_COMPLEX_DELETION && !complexDeletion) notStrict();
  if (from != bodyEnd) return BAD_SIZE;
  cells += cellCount;
  setCursors(from, to);
  return badNumber ? BAD_NUMBER : OK;
}

/**
 * Most cells of most rows: live ones of simple columns with the row's write time and a value of
 * less than 16 KiB. Takes such cells for the columns in `bits` up to the first that is another, and
 * returns the columns that are left; there is room for all of them. What it takes is strict.
 */
function plainCells(
  columns: u64,
  table: usize,
  native: usize,
  canonical: usize,
  bodyEnd: usize,
): u64 {
  let bits = columns;
  let from = native;
  let to = canonical;
  while (bits != 0) {
    const entry = table + <usize>ctz<u64>(bits) * COLUMN_ENTRY;
    const headLength = <usize>load<u32>(entry, 16);
    if (load<u8>(from) != <u8>CELL_ROW_TIME || headLength == 0) break;
    const head = <usize>load<u32>(entry, 8);
    v128.store(to, v128.load(head));
    if (headLength > 16) v128.store(to, v128.load(head, 16), 16);
    let length = <usize>load<i32>(entry);
    let value = from + 1;
    let out = to + headLength;
    if (<i32>length < 0) {
      // The vint of the length is the same on both sides.
      length = <usize>load<u8>(value);
      if (length < 0x80) {
        if (length == 0) break;
        store<u8>(out++, <u8>length);
        value++;
      } else {
        length = <usize>bswap<u16>(load<u16>(value)) & 0x7fff;
        if (length < 0x80 || length > 0x3fff) break;
        store<u16>(out, load<u16>(value));
        value += 2;
        out += 2;
      }
    }
    if (length > bodyEnd - value || value > bodyEnd) break;
    copyPlain(out, value, length);
    from = value + length;
    to = out + length;
    bits &= bits - 1;
  }
  setCursors(from, to);
  return bits;
}

/**
 * Column subset of 64 columns or more: the indexes of the present ones if they are fewer than half,
 * else of the missing ones. Leaves the present ones at `presentColumns`; returns the address after
 * the subset, 0 for a wrong one.
 */
function readSubset(columnCount: i32, present: i32, native: usize, bodyEnd: usize): usize {
  let from = native;
  const listsPresent = present < columnCount / 2;
  const listed = listsPresent ? present : columnCount - present;
  let out = presentColumns;
  let next: u64 = 0;
  for (let i = 0; i < listed; i++) {
    const index = vintAt(from);
    from = afterVint(from);
    if (from > bodyEnd || index < next || index >= <u64>columnCount) return 0;
    if (listsPresent) next = index;
    for (; next < index; next++) {
      store<u32>(out, <u32>next);
      out += 4;
    }
    if (listsPresent) {
      store<u32>(out, <u32>index);
      out += 4;
    }
    next = index + 1;
  }
  if (listsPresent) return from;
  for (; next < <u64>columnCount; next++) {
    store<u32>(out, <u32>next);
    out += 4;
  }
  return from;
}

function marker(flags: u32, previousSize: u64, windowEnd: usize): i32 {
  if (flags != IS_MARKER) return BAD_FLAGS;
  if (windowEnd - p < 4) return NEED_BYTES;
  const kind = <u32>load<u8>(p, 1);
  const count = <i32>bswap<u16>(load<u16>(p, 2));
  if (kind > 7 || kind == 3 || kind == 4 || count > clusteringCount) return BAD_MARKER;
  let to = o;
  store<u8>(to, <u8>MARKER_TAG);
  store<u8>(to, <u8>kind, 1);
  to = putVint(to + 2, <u64>count);
  const status = clustering(count, p + 4, to, windowEnd);
  if (status != OK) return status;
  let from = p;
  to = o;
  const size = vintAt(from);
  from = afterVint(from);
  if (from > windowEnd) return NEED_BYTES;
  if (size > rowBytesMax) return ROW_TOO_LARGE;
  if (size > <u64>(windowEnd - from)) return NEED_BYTES;
  const bodyEnd = from + <usize>size;
  if (!fits(to, 64, outEnd)) return OUTPUT_FULL;
  badNumber = false;
  if (vintAt(from) != previousSize) notStrict();
  from = afterVint(from);
  // A boundary has the deletion that ends and the one that begins.
  let deletions = kind == 2 || kind == 5 ? 2 : 1;
  let previous = previousTime;
  for (; deletions > 0; deletions--) {
    const time = timeAt(from);
    from = afterVint(from);
    to = putTime(to, time, previous);
    previous = time;
    to = putVint(to, <u64>deletionTimeAt(from));
    from = afterVint(from);
  }
  if (from != bodyEnd) return BAD_SIZE;
  setCursors(from, to);
  return badNumber ? BAD_NUMBER : OK;
}
