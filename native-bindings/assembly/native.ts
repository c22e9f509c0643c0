/**
 * Canonical records back to native bytes (docs/canonical-form.md, section 5). Records of rows with 64
 * columns or more, and whatever is no record of this SSTable, are left to the host's encoder, which
 * says what is wrong.
 *
 * The sizes and sets that stand before what they count are taken to be as long as in the row before;
 * where that was wrong, what follows them moves.
 */
import {
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
  IS_EXTENDED,
  IS_MARKER,
} from './flags';
import {
  HEAD_TAG,
  MARKER_TAG,
  OPAQUE_HEAD_TAG,
  OPAQUE_TAG,
  ROW_TAG,
} from './tags';
import { afterVint, copy, copyPlain, EPOCH, LIVE_DELETION_TIME, NO_TIME, putVint, vintAt } from './cursor';
import {
  clusteringCount,
  clusteringTable,
  COLUMN_ENTRY,
  liveComplexDeletionTime,
  minDeletionTime,
  minTimestamp,
  minTtl,
  regularCount,
  regularTable,
  staticCount,
  staticTable,
  unsignedDeletion,
} from './table';

/** Flags of heads and bodies, tags of columns (src/canonical/tags.ts). */
const HEAD_DELETION: u32 = 0x01;
const HEAD_STATIC: u32 = 0x02;
const BODY_LIVE: u32 = 0x01;
const BODY_EXPIRES: u32 = 0x02;
const BODY_DELETION: u32 = 0x04;
const BODY_SHADOWABLE: u32 = 0x08;
const COMPLEX: u32 = 0x80;
const COMPLEX_DELETED: u32 = 0xc0;

const COLUMNS_MAX: i32 = 63;
/** Room for what a record writes between two checks. */
const ROOM: usize = 256;
/** Longest length that is believed. */
const LENGTH_MAX: u64 = 0x7fffffff;

/** Whether the next record is in a partition, and the native length of the one before. */
export let nativeInside: bool = false;
export let nativePrevious: u32 = 0;

/** Next canonical byte, and where the next native one goes. */
let p: usize = 0;
let o: usize = 0;
/** End of the input and of the output. */
let inputEnd: usize = 0;
let outputEnd: usize = 0;
let time: i64 = 0;
let sizeLength: usize = 1;
let subsetLength: usize = 1;
let complexDeletions: bool = false;

export function nativeResume(inside: bool, previous: u32): void {
  nativeInside = inside;
  nativePrevious = previous;
}

/**
 * The native bytes of whole records; returns their end, or 0 when the host has to encode all of
 * the input. Up to 256 bytes behind the output may be overwritten.
 */
export function encodeNative(input: usize, length: usize, out: usize, outLimit: usize): usize {
  p = input;
  o = out;
  inputEnd = input + length;
  outputEnd = outLimit;
  let inside = nativeInside;
  let previous = nativePrevious;
  while (p < inputEnd) {
    if (o + ROOM > outputEnd) return 0;
    const tag = <u32>load<u8>(p++);
    const isHead = tag == HEAD_TAG || tag == OPAQUE_HEAD_TAG;
    if (isHead) {
      if (inside) store<u8>(o++, END_OF_PARTITION);
    } else if (!inside) {
      return 0;
    }
    time = EPOCH;
    const start = o;
    let done = false;
    if (tag == ROW_TAG) done = row(previous);
    else if (tag == HEAD_TAG) done = head();
    else if (tag == MARKER_TAG) done = marker(previous);
    else if (tag == OPAQUE_TAG || tag == OPAQUE_HEAD_TAG) done = value(lengthAt());
    if (!done || p > inputEnd) return 0;
    inside = true;
    previous = <u32>(o - start);
  }
  nativeInside = inside;
  nativePrevious = previous;
  return o;
}

/** Reads a length; one that is too large makes `value` fail. */
@inline
function lengthAt(): u64 {
  const length = vintAt(p);
  p = afterVint(p);
  return length;
}

/** Copies `length` bytes; false when there are not as many, or no room for them. */
@inline
function value(length: u64): bool {
  if (length > LENGTH_MAX || p > inputEnd || <usize>length > inputEnd - p) return false;
  if (o + <usize>length + ROOM > outputEnd) return false;
  copy(o, p, <usize>length);
  p += <usize>length;
  o += <usize>length;
  return true;
}

/** Reads the next time of the record. */
@inline
function readTime(): void {
  const difference = vintAt(p);
  p = afterVint(p);
  time += <i64>(difference >> 1) ^ -(<i64>(difference & 1));
}

@inline
function writeTime(micros: i64): void {
  o = putVint(o, <u64>(micros - minTimestamp));
}

/** Writes the number at `p` relative to `base`, as a Java int; false when it has more than 32 bits. */
@inline
function relativeInt(base: i32): bool {
  const number = vintAt(p);
  p = afterVint(p);
  o = putVint(o, <u64>(<i64>(<i32>number - base)));
  return number <= 0xffffffff;
}

function deletion(): bool {
  readTime();
  writeTime(time);
  return relativeInt(minDeletionTime);
}

function head(): bool {
  const length = lengthAt();
  if (length > 0xffff) return false;
  store<u16>(o, bswap<u16>(<u16>length));
  o += 2;
  if (!value(length)) return false;
  const flags = <u32>load<u8>(p++);
  if (flags > 3 || !partitionDeletion((flags & HEAD_DELETION) != 0)) return false;
  if (flags & HEAD_STATIC) {
    if (staticCount == 0) return false;
    const flagsAt = o;
    o += 2;
    return body(staticCount, staticTable, flagsAt, EXT_STATIC, 0);
  }
  if (staticCount == 0) return true;
  if (staticCount > COLUMNS_MAX) return false;
  // A static row of nothing: flags, size, previous size 0, all columns missing.
  store<u16>(o, <u16>(IS_EXTENDED | (EXT_STATIC << 8)));
  const end = putVint(o + 4, ((<u64>1) << staticCount) - 1);
  store<u8>(o, <u8>(end - o - 3), 2);
  store<u8>(o, 0, 3);
  o = end;
  return true;
}

function partitionDeletion(deleted: bool): bool {
  let micros = NO_TIME;
  let local = LIVE_DELETION_TIME;
  if (deleted) {
    readTime();
    micros = time;
    const number = vintAt(p);
    p = afterVint(p);
    if (number > 0xffffffff || (unsignedDeletion && time < 0)) return false;
    local = <u32>number;
  } else if (unsignedDeletion) {
    store<u8>(o++, 0x80);
    return true;
  }
  const at = unsignedDeletion ? o : o + 4;
  store<u64>(at, bswap<u64>(<u64>micros));
  store<u32>(unsignedDeletion ? o + 8 : o, bswap<u32>(local));
  o += 12;
  return true;
}

function row(previous: u32): bool {
  const flagsAt = o++;
  if (lengthAt() != <u64>clusteringCount) return false;
  if (clusteringCount && !clustering(clusteringCount)) return false;
  let extended: u32 = 0;
  if (load<u8>(p) & BODY_SHADOWABLE) {
    extended = EXT_SHADOWABLE;
    memory.copy(flagsAt + 2, flagsAt + 1, o - flagsAt - 1);
    o++;
  }
  return body(regularCount, regularTable, flagsAt, extended, previous);
}

function marker(previous: u32): bool {
  const kind = <u32>load<u8>(p++);
  // 3 and 4 are clusterings, not bounds.
  if (kind > 7 || kind == 3 || kind == 4) return false;
  const count = lengthAt();
  if (count > <u64>clusteringCount) return false;
  store<u32>(o, IS_MARKER | (kind << 8) | (<u32>bswap<u16>(<u16>count) << 16));
  o += 4;
  if (count && !clustering(<i32>count)) return false;
  const sizeAt = o++;
  o = putVint(o, <u64>previous);
  if (!deletion()) return false;
  const isBoundary = kind == 2 || kind == 5;
  if (isBoundary && !deletion()) return false;
  store<u8>(sizeAt, <u8>(o - sizeAt - 1));
  return true;
}

/** Values behind a header of two bits each: 1 empty, 2 null. */
function clustering(count: i32): bool {
  if (count > 32) return false;
  const headerAt = o++;
  let header: u64 = 0;
  for (let i = 0; i < count; i++) {
    const stored = lengthAt();
    if (stored > 1) {
      const length = stored - 1;
      const fixed = load<i32>(clusteringTable + (<usize>i << 2));
      if (fixed < 0) o = putVint(o, length);
      else if (<u64>fixed != length) return false;
      if (!value(length)) return false;
    } else {
      header |= <u64>(stored == 0 ? 2 : 1) << (<u64>i << 1);
      if (p > inputEnd) return false;
    }
  }
  if (header < 0x80) {
    store<u8>(headerAt, <u8>header);
    return true;
  }
  const moved = putVint(o, header) - o;
  if (o + moved + ROOM > outputEnd) return false;
  memory.copy(headerAt + moved, headerAt + 1, o - headerAt - 1);
  o += moved - 1;
  setVint(headerAt, header);
  return true;
}

/** Writes a vint over the bytes at `at`, and nothing behind it. */
@inline
function setVint(at: usize, number: u64): void {
  if (number < 0x80) store<u8>(at, <u8>number);
  else if (number < 0x4000) store<u16>(at, bswap<u16>(<u16>number | 0x8000));
  else setLongVint(at, number);
}

function setLongVint(at: usize, number: u64): void {
  const first = load<u64>(at);
  const second = load<u64>(at, 8);
  const end = putVint(at, number);
  const length = end - at;
  // What `putVint` wrote too much comes back from before.
  const vint = load<u64>(at);
  if (length < 8) {
    const mask = ((<u64>1) << (<u64>length << 3)) - 1;
    store<u64>(at, (vint & mask) | (first & ~mask));
  }
  if (length <= 8) store<u64>(at, second, 8);
}

/** A row's body behind its flags and clustering; sets the flags. */
function body(count: i32, table: usize, flagsAt: usize, extended: u32, previous: u32): bool {
  if (count > COLUMNS_MAX || o + ROOM > outputEnd) return false;
  const flags = <u32>load<u8>(p++);
  if (flags > 0x0f || (flags & (BODY_EXPIRES | BODY_LIVE)) == BODY_EXPIRES) return false;
  if ((flags & (BODY_SHADOWABLE | BODY_DELETION)) == BODY_SHADOWABLE) return false;
  if (flags & BODY_SHADOWABLE) extended |= EXT_SHADOWABLE;
  const sizeAt = o;
  const bodyAt = o + sizeLength;
  o = putVint(bodyAt, <u64>previous);
  if (flags & BODY_LIVE) {
    readTime();
    writeTime(time);
    if (flags & BODY_EXPIRES && !(relativeInt(minTtl) && relativeInt(minDeletionTime))) return false;
  }
  if (flags & BODY_DELETION && !deletion()) return false;
  const number = lengthAt();
  if (number > <u64>count) return false;
  const hasAll = number == <u64>count;
  const columnsFrom = p;
  const subsetAt = o;
  const firstTime = time;
  let done = columns(<i32>number, count, table, subsetAt);
  if (done == DIFFERENT) {
    p = columnsFrom;
    time = firstTime;
    complexDeletions = !complexDeletions;
    done = columns(<i32>number, count, table, subsetAt);
  }
  if (done != DONE) return false;
  let native = ((flags & 7) << 2) | (hasAll ? HAS_ALL_COLUMNS : 0);
  if (complexDeletions) native |= HAS_COMPLEX_DELETION;
  if (extended) {
    native |= IS_EXTENDED;
    store<u8>(flagsAt, <u8>extended, 1);
  }
  store<u8>(flagsAt, <u8>native);
  const size = o - bodyAt;
  const length = <usize>vintLength(size);
  if (length != sizeLength) {
    memory.copy(sizeAt + length, bodyAt, size);
    o = sizeAt + length + size;
    sizeLength = length;
  }
  setVint(sizeAt, <u64>size);
  return true;
}

@inline
function vintLength(number: u64): i32 {
  return (639 - 9 * <i32>clz<u64>(number | 1)) >> 6;
}

const DONE: i32 = 1;
const FAILED: i32 = 0;
/** Complex columns have deletions, and were taken to have none, or the reverse. */
const DIFFERENT: i32 = 2;

/** Subset and columns of a row with `number` of `count` columns. */
function columns(number: i32, count: i32, table: usize, subsetAt: usize): i32 {
  const all = number == count;
  const columnsAt = all ? subsetAt : subsetAt + subsetLength;
  o = columnsAt;
  let missing = ((<u64>1) << count) - 1;
  let deleted = false;
  let next = 0;
  for (let i = 0; i < number; i++) {
    const plain = plainCells(table + <usize>next * COLUMN_ENTRY, min(number - i, count - next));
    if (plain) {
      missing &= ~((((<u64>1) << plain) - 1) << next);
      next += plain;
      i += plain;
      if (i == number) break;
    }
    if (o + ROOM > outputEnd || p >= inputEnd) return FAILED;
    let entry: usize = 0;
    for (; next < count; next++) {
      entry = table + <usize>next * COLUMN_ENTRY;
      if (isAt(<usize>load<u32>(entry, 8), <usize>load<u32>(entry, 12))) break;
    }
    if (next == count) return FAILED;
    missing &= ~((<u64>1) << next);
    next++;
    p += <usize>load<u32>(entry, 12);
    if (p >= inputEnd) return FAILED;
    if (!load<u32>(entry, 4)) {
      if (!cell(load<i32>(entry), false)) return FAILED;
      continue;
    }
    const tag = <u32>load<u8>(p++);
    if (tag == COMPLEX_DELETED) {
      deleted = true;
      if (!complexDeletions) return DIFFERENT;
      if (!deletion()) return FAILED;
    } else if (tag != COMPLEX) {
      return FAILED;
    } else if (complexDeletions) {
      writeTime(NO_TIME);
      o = putVint(o, <u64>(<i64>(<i32>liveComplexDeletionTime - minDeletionTime)));
    }
    if (!complexCells()) return FAILED;
  }
  if (deleted != complexDeletions) return DIFFERENT;
  if (!all) {
    const length = <usize>vintLength(missing);
    if (length != subsetLength) {
      if (o + ROOM > outputEnd) return FAILED;
      memory.copy(subsetAt + length, columnsAt, o - columnsAt);
      o += length - subsetLength;
      subsetLength = length;
    }
    setVint(subsetAt, missing);
  }
  return DONE;
}

/** Whether the `length` bytes at `name` stand at `p`. */
@inline
function isAt(name: usize, length: usize): bool {
  const same = i8x16.eq(v128.load(name), v128.load(p));
  const wanted = length < 16 ? ((<i32>1) << <i32>length) - 1 : 0xffff;
  if ((i8x16.bitmask(same) & wanted) != wanted) return false;
  return length <= 16 || memory.compare(name + 16, p + 16, length - 16) == 0;
}

/** As `isAt`, for the head of a plain cell. */
@inline
function isHeadAt(from: usize, head: usize, length: usize): bool {
  const first = <u32>i8x16.bitmask(i8x16.eq(v128.load(head), v128.load(from)));
  const wanted = 0xffffffff >> (32 - <u32>length);
  if (length <= 16) return (first & wanted) == wanted;
  const second = <u32>i8x16.bitmask(i8x16.eq(v128.load(head, 16), v128.load(from, 16)));
  return ((first | (second << 16)) & wanted) == wanted;
}

/**
 * Most cells of most rows, as in rows.ts: takes up to `most` of them, of the columns from `entry` on,
 * and returns how many there were. Whatever is another is left to `cell`, and what is wrong too.
 */
function plainCells(first: usize, most: i32): i32 {
  let from = p;
  let to = o;
  let entry = first;
  let count: i32 = 0;
  for (; count < most; count++, entry += COLUMN_ENTRY) {
    const headLength = <usize>load<u32>(entry, 16);
    if (headLength == 0 || !isHeadAt(from, <usize>load<u32>(entry, 8), headLength)) break;
    let at = from + headLength;
    let out = to + 1;
    let length = <usize>load<i32>(entry);
    if (<i32>length < 0) {
      // The vint of the length is the same on both sides.
      length = <usize>load<u8>(at);
      if (length < 0x80) {
        store<u8>(out++, <u8>length);
        at++;
      } else {
        length = <usize>bswap<u16>(load<u16>(at)) & 0x7fff;
        if (length < 0x80 || length > 0x3fff) break;
        store<u16>(out, load<u16>(at));
        at += 2;
        out += 2;
      }
    }
    if (at > inputEnd || length > inputEnd - at || out + length + ROOM > outputEnd) break;
    store<u8>(to, <u8>CELL_ROW_TIME);
    copyPlain(out, at, length);
    from = at + length;
    to = out + length;
  }
  p = from;
  o = to;
  return count;
}

function complexCells(): bool {
  const count = lengthAt();
  if (count > LENGTH_MAX) return false;
  o = putVint(o, count);
  for (let i: u64 = 0; i < count; i++) {
    if (p >= inputEnd || o + ROOM > outputEnd) return false;
    if (!cell(-1, true)) return false;
  }
  return true;
}

/** A cell behind the name of its column. */
@inline
function cell(fixed: i32, complex: bool): bool {
  const flags = <u32>load<u8>(p++);
  store<u8>(o++, <u8>flags);
  if (flags != CELL_ROW_TIME) {
    if (flags > 0x1f) return false;
    if (!(flags & CELL_ROW_TIME)) {
      readTime();
      writeTime(time);
    }
    if (!(flags & CELL_ROW_TTL) && flags & CELL_MORTAL) {
      if (!relativeInt(minDeletionTime)) return false;
      if (flags & CELL_EXPIRING && !relativeInt(minTtl)) return false;
    }
  }
  if (complex) {
    const length = lengthAt();
    o = putVint(o, length);
    if (!value(length)) return false;
  }
  if (flags & CELL_EMPTY) return true;
  const length = lengthAt();
  if (fixed < 0) o = putVint(o, length);
  else if (<u64>fixed != length) return false;
  return value(length);
}
