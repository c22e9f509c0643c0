/**
 * Whether bytes are a value of their type, as Cassandra's own validation of types says. Types with
 * values inside values are left to the host.
 */
import { DEEP, ENTRY, options, typeTable } from './scan-state';

/** As VALUE_CHECKS in src/sstable/scan-plan.ts. */
const UTF8: u32 = 1;
const ASCII: u32 = 2;
const TIMEUUID: u32 = 3;
const TIME: u32 = 4;
const INET: u32 = 5;
const DECIMAL: u32 = 6;
const HOST: u32 = 7;
const COMPOSITE: u32 = 8;
const COLLECTION: u32 = 9;
const TUPLE: u32 = 10;
const LIST: u32 = 11;
const OPEN_UDT: u32 = 12;

const DAY_NANOSECONDS: u64 = 86400000000000;

/** Whether the bytes are a value of type number `type`; they are in the module's memory. */
@external("env", "scanCheck")
declare function scanCheck(type: i32, at: usize, length: usize): bool;

/** Of at least one byte. */
export function isValue(type: i32, at: usize, length: usize): bool {
  const entry = typeTable + <usize>type * ENTRY;
  const wanted = load<i32>(entry, 4);
  if (wanted >= 0 && length != <usize>wanted) return false;
  if ((options & DEEP) == 0) return true;
  switch (load<u32>(entry)) {
    case 0:
      return true;
    case UTF8:
      return isUtf8(at, at + length);
    case ASCII:
      return isAscii(at, at + length) == at + length;
    case TIMEUUID:
      return (load<u8>(at, 6) & 0xf0) == 0x10;
    case TIME:
      return bswap<u64>(load<u64>(at)) < DAY_NANOSECONDS;
    case INET:
      return length == 4 || length == 16;
    case DECIMAL:
      return length >= 5;
    case COMPOSITE:
      return isComposite(entry, at, at + length);
    case COLLECTION:
      return isCollection(entry, at, at + length, false);
    case LIST:
      return isCollection(entry, at, at + length, true);
    case TUPLE:
      return isTuple(entry, at, at + length, false);
    case OPEN_UDT:
      return isTuple(entry, at, at + length, true);
    case HOST:
    default:
      return scanCheck(type, at, length);
  }
}

/** Per component: u16 length, bytes, end byte. Components that the type does not know are let be. */
function isComposite(entry: usize, at: usize, to: usize): bool {
  const first = load<i32>(entry, 8);
  const count = load<i32>(entry, 12);
  let p = at;
  if (to - p >= 2 && load<u16>(p) == 0xffff) p += 2;
  for (let i = 0; p < to; i++) {
    if (to - p < 2) return false;
    const length = <usize>bswap<u16>(load<u16>(p));
    p += 2;
    if (to - p < length + 1) return false;
    if (i < count && length != 0 && !isValue(first + i, p, length)) return false;
    p += length + 1;
  }
  return true;
}

/** i32 count, then elements, of each of the inner types in turn; only lists may have a null. */
function isCollection(entry: usize, at: usize, to: usize, nulls: bool): bool {
  if (to - at < 4) return false;
  const types = load<i32>(entry, 12);
  const count = <i64>(<i32>bswap<u32>(load<u32>(at))) * <i64>types;
  if (count < 0 || <i64>(to - at - 4) < count * 4) return false;
  const end = elements(load<i32>(entry, 8), types, count, at + 4, to, nulls);
  return end == to;
}

/** An element of each inner type; the last ones may be missing, or `more` follow. */
function isTuple(entry: usize, at: usize, to: usize, more: bool): bool {
  const types = load<i32>(entry, 12);
  let p = at;
  for (let i = 0; i < types && p != to; i++) {
    p = elements(load<i32>(entry, 8) + i, 1, 1, p, to, true);
    if (p == 0) return false;
  }
  while (more && p != to) {
    if (to - p < 4) return false;
    const length = <i32>bswap<u32>(load<u32>(p));
    p += 4;
    if (length <= 0) continue;
    if (to - p < <usize>length) return false;
    p += <usize>length;
  }
  return p == to;
}

/** Elements: i32 length, negative for null, and bytes. The address after them, or 0. */
function elements(
  first: i32,
  types: i32,
  count: i64,
  at: usize,
  to: usize,
  nulls: bool,
): usize {
  let p = at;
  let type = 0;
  for (let left = count; left > 0; left--) {
    if (to - p < 4) return 0;
    const length = <i32>bswap<u32>(load<u32>(p));
    p += 4;
    if (length < 0 && !nulls) return 0;
    if (length > 0) {
      if (to - p < <usize>length || !isValue(first + type, p, <usize>length)) return 0;
      p += <usize>length;
    }
    if (++type == types) type = 0;
  }
  return p;
}

/** The first byte from `from` on that is not ASCII, or `to`. */
function isAscii(from: usize, to: usize): usize {
  let p = from;
  while (p + 8 <= to) {
    if (load<u64>(p) & 0x8080808080808080) break;
    p += 8;
  }
  while (p < to && load<u8>(p) < 0x80) p++;
  return p;
}

@inline
function continues(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}

/** As Cassandra: zero may be c0 80, surrogates may stand alone. */
function isUtf8(from: usize, to: usize): bool {
  let p = isAscii(from, to);
  while (p < to) {
    const first = <u32>load<u8>(p);
    let more: usize = 0;
    if (first < 0xc0) return false;
    if (first < 0xe0) more = 1;
    else if (first < 0xf0) more = 2;
    else if (first < 0xf8) more = 3;
    else return false;
    if (p + more >= to) return false;
    const second = <u32>load<u8>(p, 1);
    if (!continues(p + 1)) return false;
    if (first == 0xc0 && second != 0x80) return false;
    if (first == 0xc1) return false;
    if (first == 0xe0 && second < 0xa0) return false;
    if (first == 0xf0 && second < 0x90) return false;
    if (more > 1 && !continues(p + 2)) return false;
    if (more > 2 && !continues(p + 3)) return false;
    p = isAscii(p + more + 1, to);
  }
  return true;
}
