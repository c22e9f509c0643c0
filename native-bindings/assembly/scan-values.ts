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
    case HOST:
    default:
      return scanCheck(type, at, length);
  }
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
