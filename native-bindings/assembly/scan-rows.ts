/**
 * Rows and markers for the scan (scan.ts): everything that a strict reader can know about them, and
 * what they add to the sums. Nothing is explained here: what is not sound is ODD, and then the host
 * reads the whole range again in a slower way that says what is wrong.
 */
import {
  CELL_DELETED,
  CELL_EMPTY,
  CELL_EXPIRING,
  CELL_MORTAL,
  CELL_ROW_TIME,
  CELL_ROW_TTL,
  END_OF_PARTITION,
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
import { afterVint, NO_TIME, vintAt } from './cursor';
import {
  addCells,
  addColumns,
  addDeletionTime,
  addEmptyStatic,
  addNoDeletionTime,
  addRow,
  addTime,
  addTtl,
  clusteringCount,
  clusteringTable,
  COMPLEX,
  COUNTER,
  DEEP,
  ENTRY,
  foundLegacyShards,
  SIX,
  maskAt,
  minDeletionTime,
  minTimestamp,
  minTtl,
  noDeletionTime,
  options,
  rowBytesMax,
} from './scan-state';
import { beginClustering, compareIn, setPlace } from './scan-order';
import { isValue } from './scan-values';

/** Outcome of an item. */
export const DONE: i32 = 0;
export const NEED_BYTES: i32 = 1;
export const ODD: i32 = 2;

const SHARD_BYTES: i32 = 32;
const ROW_KIND: u32 = 4;

/** Where the item that was read ends. */
export let itemEnd: usize = 0;
/** The name of the row (its values) or marker (kind, count and values) that was read last. */
export let nameStart: usize = 0;
export let nameEnd: usize = 0;
/** The range deletion that is open, and whether one is. */
export let isOpen: bool = false;
export let openTime: i64 = 0;
export let openLocal: u32 = 0;
/** What was open before the last item. */
export let scanWasOpen: bool = false;
export let scanOpenTime: i64 = 0;
export let scanOpenLocal: u32 = 0;

let badNumber: bool = false;
/** The row that is read says something. */
let hasContent: bool = false;

@inline
function int32At(at: usize): i32 {
  const value = <i64>vintAt(at);
  if (value != <i64>(<i32>value)) badNumber = true;
  return <i32>value;
}

@inline
function localAt(at: usize): u32 {
  return <u32>(int32At(at) + minDeletionTime);
}

export function startRows(): void {
  isOpen = false;
}

/** Clustering values at `at` into the current places; the address after them, 0 or 1 as outcome. */
function clustering(at: usize, count: i32, windowEnd: usize): usize {
  let from = at;
  let header: u64 = 0;
  let entry = clusteringTable;
  for (let i = 0; i < count; i++) {
    if ((i & 31) == 0) {
      header = vintAt(from);
      from = afterVint(from);
      if (from > windowEnd) return 0;
      const inBatch = <u64>min(count - i, 32);
      if (inBatch < 32 && header >> (inBatch << 1)) return 1;
    }
    const bits = <u32>header & 3;
    header >>= 2;
    if (bits) {
      if (bits == 3) return 1;
      setPlace(i, from, bits & 2 ? -1 : 0);
    } else {
      const fixed = load<i32>(entry);
      let length = <u64>fixed;
      if (fixed < 0) {
        length = vintAt(from);
        from = afterVint(from);
      }
      if (from > windowEnd) return 0;
      if (length > rowBytesMax) return 1;
      if (length > <u64>(windowEnd - from)) return 0;
      if (length != 0 && !isValue(load<i32>(entry, 4), from, <usize>length)) return 1;
      setPlace(i, from, <i32>length);
      from += <usize>length;
    }
    entry += ENTRY;
  }
  return from;
}

/**
 * The row or marker at `p`, whose first byte is there and no end of partition. `remaining`: bytes up
 * to the end of the range.
 */
export function item(
  p: usize,
  windowEnd: usize,
  remaining: u64,
  previousSize: u64,
  columnCount: i32,
  columnTable: usize,
): i32 {
  const flags = <u32>load<u8>(p);
  if (flags & IS_MARKER) return marker(p, windowEnd, remaining, previousSize);
  let from = p + 1;
  let extended: u32 = 0;
  if (flags & IS_EXTENDED) {
    if (from >= windowEnd) return NEED_BYTES;
    extended = <u32>load<u8>(from++);
    if (extended & ~EXT_SHADOWABLE) return ODD;
    if (extended != 0 && (flags & HAS_DELETION) == 0) return ODD;
  }
  beginClustering(ROW_KIND, clusteringCount);
  nameStart = from;
  from = clustering(from, clusteringCount, windowEnd);
  if (from < 2) return from == 0 ? NEED_BYTES : ODD;
  nameEnd = from;
  const status = body(p, from, windowEnd, remaining, flags, previousSize, columnCount, columnTable);
  if (status == DONE) {
    addRow();
    keepOpen();
  }
  return status;
}

/** Whether the static row at `p` is one, and in the window; nothing is counted yet. */
export function staticFits(p: usize, windowEnd: usize, remaining: u64): i32 {
  if (windowEnd - p < 2) return NEED_BYTES;
  const flags = <u32>load<u8>(p);
  if ((flags & (IS_EXTENDED | IS_MARKER | END_OF_PARTITION)) != IS_EXTENDED) return ODD;
  if (<u32>load<u8>(p, 1) != EXT_STATIC) return ODD;
  const bodyEnd = sizes(p, p + 2, windowEnd, remaining, 0);
  if (bodyEnd < 2) return bodyEnd == 0 ? NEED_BYTES : ODD;
  return DONE;
}

/** The static row at `p`, which fits. */
export function staticItem(
  p: usize,
  windowEnd: usize,
  remaining: u64,
  columnCount: i32,
  columnTable: usize,
): i32 {
  const flags = <u32>load<u8>(p);
  const status = body(p, p + 2, windowEnd, remaining, flags, 0, columnCount, columnTable);
  if (status == DONE) {
    if (hasContent) addRow();
    else addEmptyStatic();
  }
  return status;
}

@inline
function keepOpen(): void {
  scanWasOpen = isOpen;
  scanOpenTime = openTime;
  scanOpenLocal = openLocal;
}

/** End of the body whose size is at `at`, as an address; 0 or 1 as outcome. Leaves its start. */
let bodyAt: usize = 0;
function sizes(
  p: usize,
  at: usize,
  windowEnd: usize,
  remaining: u64,
  previousSize: u64,
): usize {
  const size = vintAt(at);
  let from = afterVint(at);
  if (from > windowEnd) return 0;
  if (size > rowBytesMax || <u64>(from - p) + size > remaining) return 1;
  if (size > <u64>(windowEnd - from)) return 0;
  const bodyEnd = from + <usize>size;
  const previous = vintAt(from);
  from = afterVint(from);
  if (from > bodyEnd) return 1;
  if (previous != previousSize && !(previous == 0 && (options & SIX) != 0)) return 1;
  bodyAt = from;
  return bodyEnd;
}

/** A row from its size on. */
function body(
  p: usize,
  at: usize,
  windowEnd: usize,
  remaining: u64,
  flags: u32,
  previousSize: u64,
  columnCount: i32,
  columnTable: usize,
): i32 {
  const bodyEnd = sizes(p, at, windowEnd, remaining, previousSize);
  if (bodyEnd < 2) return bodyEnd == 0 ? NEED_BYTES : ODD;
  let from = bodyAt;
  badNumber = false;
  rowAlive = (flags & HAS_TIMESTAMP) != 0;
  rowExpires = false;
  if (rowAlive) {
    addTime(<i64>vintAt(from) + minTimestamp);
    from = afterVint(from);
    if (flags & HAS_TTL) {
      addTtl(int32At(from) + minTtl);
      from = afterVint(from);
      rowExpires = true;
      rowExpiry = localAt(from);
      from = afterVint(from);
      addDeletionTime(rowExpiry);
    } else {
      hasNoTtl();
    }
  } else if (flags & HAS_TTL) {
    return ODD;
  }
  if (flags & HAS_DELETION) {
    deletion(from);
    from = afterDeletion(from);
  }
  if (from > bodyEnd) return ODD;
  if (flags & HAS_ALL_COLUMNS) {
    from = allColumns(from, bodyEnd, flags, columnCount, columnTable);
    hasContent = columnCount > 0;
  } else {
    from = someColumns(from, bodyEnd, flags, columnCount, columnTable);
  }
  if (from != bodyEnd || badNumber) return ODD;
  if (flags & (HAS_TIMESTAMP | HAS_DELETION)) hasContent = true;
  itemEnd = from;
  return DONE;
}

@inline
function hasNoTtl(): void {
  addTtl(0);
  addNoDeletionTime();
}

/** Counts the deletion at `at` unless it is live. */
function deletion(at: usize): void {
  const time = <i64>vintAt(at) + minTimestamp;
  const local = localAt(afterVint(at));
  if (time == NO_TIME) return;
  addTime(time);
  addDeletionTime(local);
}

@inline
function afterDeletion(at: usize): usize {
  return afterVint(afterVint(at));
}

/** Liveness of the row at hand. */
let rowAlive: bool = false;
let rowExpires: bool = false;
let rowExpiry: u32 = 0;

function allColumns(
  at: usize,
  bodyEnd: usize,
  flags: u32,
  columnCount: i32,
  columnTable: usize,
): usize {
  let from = at;
  let entry = columnTable;
  for (let i = 0; i < columnCount; i++) {
    from = column(from, bodyEnd, flags, entry);
    if (from == 0) return 0;
    entry += ENTRY;
  }
  return from;
}

function someColumns(
  at: usize,
  bodyEnd: usize,
  flags: u32,
  columnCount: i32,
  columnTable: usize,
): usize {
  const first = vintAt(at);
  let from = afterVint(at);
  if (from > bodyEnd) return 0;
  hasContent = false;
  if (columnCount >= 64) {
    return manyColumns(from, first, bodyEnd, flags, columnCount, columnTable);
  }
  if (first >> <u64>columnCount) return 0;
  let present = ~first & ((<u64>1 << <u64>columnCount) - 1);
  hasContent = present != 0;
  while (present != 0) {
    const i = ctz<u64>(present);
    present &= present - 1;
    from = column(from, bodyEnd, flags, columnTable + <usize>i * ENTRY);
    if (from == 0) return 0;
  }
  return from;
}

/** A subset of 64 columns or more, of which `missing` are not there. */
function manyColumns(
  at: usize,
  missing: u64,
  bodyEnd: usize,
  flags: u32,
  columnCount: i32,
  columnTable: usize,
): usize {
  let from = at;
  if (missing > <u64>columnCount) return 0;
  const present = columnCount - <i32>missing;
  const listsPresent = present < columnCount >> 1;
  memory.fill(maskAt, listsPresent ? 0 : 1, columnCount);
  let next: u64 = 0;
  for (let i = listsPresent ? present : <i32>missing; i > 0; i--) {
    const index = vintAt(from);
    from = afterVint(from);
    if (from > bodyEnd || index < next || index >= <u64>columnCount) return 0;
    store<u8>(maskAt + <usize>index, listsPresent ? 1 : 0);
    next = index + 1;
  }
  hasContent = present > 0;
  for (let i = 0; i < columnCount; i++) {
    if (load<u8>(maskAt + i) == 0) continue;
    from = column(from, bodyEnd, flags, columnTable + <usize>i * ENTRY);
    if (from == 0) return 0;
  }
  return from;
}

/** A column at `at`; the address after it, or 0 for a wrong one. */
function column(at: usize, bodyEnd: usize, rowFlags: u32, entry: usize): usize {
  if ((load<u32>(entry, 4) & COMPLEX) == 0) {
    addCells(1);
    addColumns(1);
    return simpleCell(at, bodyEnd, entry);
  }
  let from = at;
  if (rowFlags & HAS_COMPLEX_DELETION) {
    deletion(from);
    from = afterDeletion(from);
  }
  const count = vintAt(from);
  from = afterVint(from);
  // A cell has at least its flags and the length of its path.
  if (from > bodyEnd || count > <u64>(bodyEnd - from) >> 1) return 0;
  addCells(count);
  if (count != 0) addColumns(1);
  return pathCells(from, bodyEnd, entry, count);
}

/** Flags, times and TTL of a cell; the address after them, or 0. */
@inline
function cellHead(at: usize, bodyEnd: usize): usize {
  let from = at;
  if (from >= bodyEnd) return 0;
  const flags = <u32>load<u8>(from++);
  if ((flags & CELL_ROW_TIME) == 0) {
    addTime(<i64>vintAt(from) + minTimestamp);
    from = afterVint(from);
  } else if (!rowAlive) {
    return 0;
  }
  if ((flags & ~(CELL_EMPTY | CELL_ROW_TIME)) == 0) {
    hasNoTtl();
    return from;
  }
  return mortalHead(flags, from);
}

function mortalHead(flags: u32, at: usize): usize {
  let from = at;
  if (flags > 0x1f) return 0;
  if ((flags & CELL_MORTAL) == CELL_MORTAL && (options & SIX) == 0) return 0;
  if (flags & CELL_ROW_TTL) {
    if (!rowAlive) return 0;
    if (rowExpires) addDeletionTime(rowExpiry);
    return from;
  }
  addDeletionTime(localAt(from));
  from = afterVint(from);
  if (flags & CELL_EXPIRING) {
    addTtl(int32At(from) + minTtl);
    return afterVint(from);
  }
  addTtl(0);
  return from;
}

function simpleCell(at: usize, bodyEnd: usize, entry: usize): usize {
  const from = cellHead(at, bodyEnd);
  if (from == 0) return 0;
  const flags = <u32>load<u8>(at);
  if (flags & CELL_EMPTY) return from;
  return value(from, bodyEnd, entry, load<i32>(entry, 8), flags);
}

/** The value of a cell at `at`, of type number `type`. */
@inline
function value(at: usize, bodyEnd: usize, entry: usize, type: i32, flags: u32): usize {
  let from = at;
  const fixed = load<i32>(entry);
  let length = <u64>fixed;
  if (fixed < 0) {
    length = vintAt(from);
    from = afterVint(from);
  }
  if (from > bodyEnd || length > <u64>(bodyEnd - from)) return 0;
  if (length != 0) {
    if (type >= 0 && !isValue(type, from, <usize>length)) return 0;
    if (load<u32>(entry, 4) & COUNTER && (flags & CELL_DELETED) == 0) {
      if (!counter(from, <i32>length)) return 0;
    }
  }
  return from + <usize>length;
}

/** i16 number of header elements, i16 each, then the shards. */
function counter(at: usize, length: i32): bool {
  if (length < 2) return false;
  const elements = abs(<i32>(<i16>bswap<u16>(load<u16>(at))));
  const rest = length - 2 - 2 * elements;
  if (rest < 0 || rest % SHARD_BYTES != 0 || rest / SHARD_BYTES < elements) return false;
  let global = rest / SHARD_BYTES == elements;
  for (let i = 0; i < elements; i++) {
    if (<i16>bswap<u16>(load<u16>(at + 2 + 2 * <usize>i)) >= 0) global = false;
  }
  if (!global) foundLegacyShards();
  return true;
}

function pathCells(at: usize, bodyEnd: usize, entry: usize, count: u64): usize {
  let from = at;
  const pathType = load<i32>(entry, 12);
  const order = load<u32>(entry, 16);
  const fields = load<u32>(entry, 20);
  const deep = (options & DEEP) != 0;
  // Whether a cell must be of a field that the type has.
  const noOthers = deep && load<u32>(entry, 24) == 0;
  let before: usize = 0;
  let beforeLength: usize = 0;
  for (let left = count; left != 0; left--) {
    const flags = <u32>load<u8>(from);
    from = cellHead(from, bodyEnd);
    if (from == 0) return 0;
    const length = vintAt(from);
    from = afterVint(from);
    if (from > bodyEnd || length > <u64>(bodyEnd - from)) return 0;
    const path = from;
    const pathLength = <usize>length;
    from += pathLength;
    if (pathLength != 0 && pathType >= 0 && !isValue(pathType, path, pathLength)) return 0;
    if (deep && before != 0) {
      if (!pathsAscend(order, pathType, before, beforeLength, path, pathLength)) return 0;
    }
    before = path;
    beforeLength = pathLength;
    let type = load<i32>(entry, 8);
    if (fields != 0) {
      const field = pathLength == 2 ? <u32>bswap<u16>(load<u16>(path)) : fields;
      if (noOthers && field >= fields) return 0;
      type = field < fields ? type + <i32>field : -1;
    }
    if (flags & CELL_EMPTY) continue;
    from = value(from, bodyEnd, entry, type, flags);
    if (from == 0) return 0;
  }
  return from;
}

function pathsAscend(order: u32, type: i32, a: usize, aLength: usize, b: usize, bLength: usize): bool {
  if (aLength == 0 || bLength == 0) return aLength < bLength;
  return compareIn(order, type, a, aLength, b, bLength) < 0;
}

function marker(p: usize, windowEnd: usize, remaining: u64, previousSize: u64): i32 {
  if (<u32>load<u8>(p) != IS_MARKER) return ODD;
  if (windowEnd - p < 4) return NEED_BYTES;
  const kind = <u32>load<u8>(p, 1);
  const count = <i32>bswap<u16>(load<u16>(p, 2));
  if (kind > 7 || kind == 3 || kind == 4 || count > clusteringCount) return ODD;
  beginClustering(kind, count);
  const at = clustering(p + 4, count, windowEnd);
  if (at < 2) return at == 0 ? NEED_BYTES : ODD;
  nameStart = p + 1;
  nameEnd = at;
  const bodyEnd = sizes(p, at, windowEnd, remaining, previousSize);
  if (bodyEnd < 2) return bodyEnd == 0 ? NEED_BYTES : ODD;
  let from = bodyAt;
  badNumber = false;
  keepOpen();
  const time = <i64>vintAt(from) + minTimestamp;
  const local = localAt(afterVint(from));
  deletion(from);
  from = afterDeletion(from);
  if (kind == 1 || kind == 7) {
    if (isOpen) return ODD;
    isOpen = true;
    openTime = time;
    openLocal = local;
  } else {
    if (!isOpen || openTime != time || openLocal != local) return ODD;
    isOpen = false;
    if (kind == 2 || kind == 5) {
      openTime = <i64>vintAt(from) + minTimestamp;
      openLocal = localAt(afterVint(from));
      isOpen = true;
      deletion(from);
      from = afterDeletion(from);
    }
  }
  if (from != bodyEnd || badNumber) return ODD;
  itemEnd = from;
  return DONE;
}
