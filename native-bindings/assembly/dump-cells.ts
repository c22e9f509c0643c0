/** The cells of a row as the JSON of sstabledump. */
import {
  CELL_DELETED,
  CELL_EMPTY,
  CELL_EXPIRING,
  CELL_ROW_TIME,
  CELL_ROW_TTL,
  HAS_ALL_COLUMNS,
  HAS_COMPLEX_DELETION,
} from './flags';
import { afterVint, copy, NO_TIME, vintAt } from './cursor';
import { instant, microInstant } from './dump-numbers';
import {
  deletion,
  expiry,
  localTimeAt,
  NO_ROOM,
  NO_VALUE,
  outEnd,
  putText,
  rowTime,
  rowTtl,
  TEXT_CELL_DELETED,
  TEXT_CELL_DELETED_END,
  TEXT_CELLS,
  TEXT_CELLS_END,
  TEXT_COMPLEX_DELETION,
  TEXT_DELETED_CELL_END,
  TEXT_DELETED_TSTAMP,
  TEXT_LIST_END,
  TEXT_NO_CELLS,
  TEXT_OBJECT_END,
  TEXT_PATH,
  TEXT_TSTAMP,
  TEXT_VALUE,
  timeAt,
  ttlAt,
  value,
} from './dump-parts';
import { COLUMN_ENTRY, columnCount, columnTable, now } from './dump-state';
import { minTimestamp } from './table';

/** What a column table says of columns that are the host's. */
const LEFT_OUT: u32 = 2;

const COMMA: u8 = 0x2c;
/** Room for the fixed texts of a cell. */
const ROOM: usize = 512;

/** Native bytes up to here are read: kept beside the address behind the text. */
let read: usize = 0;

/**
 * The cells from `from` up to `bodyEnd`; the address behind them, NO_ROOM or NO_VALUE.
 */
export function cells(flags: u32, from: usize, bodyEnd: usize, out: usize): usize {
  let bits: u64 = ((<u64>1) << columnCount) - 1;
  if (!(flags & HAS_ALL_COLUMNS)) {
    const missing = vintAt(from);
    from = afterVint(from);
    if (missing & ~bits) return NO_VALUE;
    bits &= ~missing;
  }
  const start = putText(TEXT_CELLS, out);
  let to = start;
  while (bits) {
    const entry = columnTable + <usize>ctz<u64>(bits) * COLUMN_ENTRY;
    bits &= bits - 1;
    // The usual cell: simple, written with its row, not deleted, not expiring on its own.
    if (from < bodyEnd && load<u8>(from) == CELL_ROW_TIME && !load<u32>(entry, 4) && rowTime >= 0) {
      let length = <u64>load<i32>(entry);
      from++;
      if (load<i32>(entry) < 0) {
        length = vintAt(from);
        from = afterVint(from);
      }
      if (from > bodyEnd || length > <u64>(bodyEnd - from)) return NO_VALUE;
      const texts = <usize>load<u32>(entry, 32);
      if (to + texts + ROOM > outEnd) return NO_ROOM;
      store<u8>(to, COMMA);
      if (to != start) to++;
      copy(to, <usize>load<u32>(entry, 24), texts);
      to = value(entry + 8, from, <usize>length, to + texts);
      if (to <= NO_VALUE) return to;
      to = putText(TEXT_OBJECT_END, to);
      from += <usize>length;
      continue;
    }
    to = column(flags, entry, from, bodyEnd, to, start);
    if (to <= NO_VALUE) return to;
    from = read;
  }
  if (from != bodyEnd) return NO_VALUE;
  if (to + ROOM > outEnd) return NO_ROOM;
  return to == start ? putText(TEXT_NO_CELLS, out) : putText(TEXT_CELLS_END, to);
}

/** `<newline>{ "name" : "x"`, with a comma unless it is the first one. */
function begin(entry: usize, to: usize, start: usize): usize {
  store<u8>(to, COMMA);
  if (to != start) to++;
  const length = <usize>load<u32>(entry, 28);
  copy(to, <usize>load<u32>(entry, 24), length);
  return to + length;
}

/** All cells of a column, the deletion of a complex one before them. */
function column(flags: u32, entry: usize, from: usize, bodyEnd: usize, to: usize, start: usize): usize {
  const room = ROOM + <usize>load<u32>(entry, 28);
  const complex = load<u32>(entry, 4) != 0;
  if (load<u32>(entry, 4) == LEFT_OUT) return NO_VALUE;
  let count: u64 = 1;
  if (complex) {
    if (flags & HAS_COMPLEX_DELETION) {
      const isLive = <i64>vintAt(from) + minTimestamp == NO_TIME;
      const time = timeAt(from);
      from = afterVint(from);
      const local = localTimeAt(from);
      from = afterVint(from);
      if (!isLive) {
        if (time < 0 || local < 0) return NO_VALUE;
        if (to + room > outEnd) return NO_ROOM;
        to = putText(TEXT_COMPLEX_DELETION, begin(entry, to, start));
        to = putText(TEXT_OBJECT_END, deletion(<u64>time, <u64>local, to));
      }
    }
    count = vintAt(from);
    from = afterVint(from);
    if (from > bodyEnd || count > <u64>(bodyEnd - from)) return NO_VALUE;
  }
  for (; count; count--) {
    if (from >= bodyEnd) return NO_VALUE;
    if (to + room > outEnd) return NO_ROOM;
    to = cell(entry, complex, from, bodyEnd, begin(entry, to, start));
    if (to <= NO_VALUE) return to;
    from = read;
  }
  read = from;
  return to;
}

/** One cell behind its name. */
function cell(entry: usize, complex: bool, from: usize, bodyEnd: usize, to: usize): usize {
  const flags = <u32>load<u8>(from++);
  if (flags > 0x1f || (flags & 3) == 3) return NO_VALUE;
  const live = rowTime >= 0;
  const sharesTtl = (flags & CELL_ROW_TTL) != 0;
  const deleted = (flags & CELL_DELETED) != 0;
  const expiring = (flags & CELL_EXPIRING) != 0 && !sharesTtl;
  if (sharesTtl && (rowTtl == 0 || !(flags & CELL_EXPIRING))) return NO_VALUE;
  let time = rowTime;
  if (!(flags & CELL_ROW_TIME)) {
    time = timeAt(from);
    from = afterVint(from);
  }
  if (time < 0) return NO_VALUE;
  let local: i64 = 0;
  let ttl: i64 = 0;
  if (deleted || expiring) {
    local = localTimeAt(from);
    from = afterVint(from);
  }
  if (expiring) {
    ttl = ttlAt(from);
    from = afterVint(from);
  }
  if (local < 0 || ttl < 0) return NO_VALUE;
  if (complex) {
    const length = vintAt(from);
    from = afterVint(from);
    if (from > bodyEnd || length > <u64>(bodyEnd - from)) return NO_VALUE;
    to = value(entry + 16, from, <usize>length, putText(TEXT_PATH, to));
    if (to <= NO_VALUE) return to;
    from += <usize>length;
    if (to + ROOM > outEnd) return NO_ROOM;
    to = putText(TEXT_LIST_END, to);
  }
  if (deleted) {
    if (!(flags & CELL_EMPTY)) return NO_VALUE;
    to = putText(TEXT_CELL_DELETED_END, instant(<u64>local, putText(TEXT_CELL_DELETED, to)));
  } else {
    let length: u64 = 0;
    if (!(flags & CELL_EMPTY)) {
      const fixed = load<i32>(entry);
      length = <u64>fixed;
      if (complex || fixed < 0) {
        length = vintAt(from);
        from = afterVint(from);
      }
    }
    if (from > bodyEnd || length > <u64>(bodyEnd - from)) return NO_VALUE;
    to = value(entry + 8, from, <usize>length, putText(TEXT_VALUE, to));
    if (to <= NO_VALUE) return to;
    from += <usize>length;
    if (to + ROOM > outEnd) return NO_ROOM;
  }
  read = from;
  if (!live || time != rowTime) {
    to = microInstant(<u64>time, putText(deleted ? TEXT_DELETED_TSTAMP : TEXT_TSTAMP, to));
    store<u8>(to++, 0x22);
  }
  if (expiring && !(live && ttl == rowTtl)) {
    to = expiry(<u64>ttl, <u64>local, now >= <f64>local, to);
  }
  return putText(deleted ? TEXT_DELETED_CELL_END : TEXT_OBJECT_END, to);
}
