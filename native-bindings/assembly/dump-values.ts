/**
 * Values as the JSON of sstabledump. A writer gets the bytes of a value and where its text goes, and
 * returns the address behind the text, or 0 for a value that it leaves to the host. Up to 64 bytes
 * behind the text may be overwritten; there must be room for 8 times the length, and 128 more.
 */
import { copy } from './cursor';
import { count, date, digits } from './dump-numbers';

/** Kinds of values; the host has the same list (src/tasks/dump/fast/value-kinds.ts). */
const TEXT: u32 = 1;
const ASCII: u32 = 2;
const BLOB: u32 = 3;
const INT: u32 = 4;
const BIGINT: u32 = 5;
const BOOLEAN: u32 = 6;
const UUID: u32 = 7;
const DOUBLE: u32 = 8;
const FLOAT: u32 = 9;
const TIMESTAMP: u32 = 10;
const SMALLINT: u32 = 11;
const TINYINT: u32 = 12;
const QUOTED_INT: u32 = 13;
const QUOTED_BIGINT: u32 = 14;
const EMPTY_STRING: u32 = 15;

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const DOT: u8 = 0x2e;
const MINUS: u8 = 0x2d;

/** Little-endian `""`, `"0x`, `0.0`, `true`, `fals`, `\u00`. */
const TWO_QUOTES: u16 = 0x2222;
const HEX_START: u32 = 0x783022;
const ZERO_DOUBLE: u32 = 0x302e30;
const WORD_TRUE: u32 = 0x65757274;
const WORD_FALS: u32 = 0x736c6166;
const WORD_ESCAPE: u32 = 0x3030755c;

/** Most decimals that are tried. */
const DECIMALS_MAX: i32 = 9;
/** Fifteen digits are always told apart by a double, six by a float. */
const DIGITS_END: f64 = 1e15;
const FLOAT_DIGITS_END: f64 = 1e6;

/** Milliseconds since 1970 at the end of the year 9999. */
const END_MILLIS: i64 = 253402300800000;

export function writeValue(kind: u32, from: usize, length: usize, to: usize): usize {
  if (kind == EMPTY_STRING) {
    store<u16>(to, TWO_QUOTES);
    return to + 2;
  }
  if (length == 0) return 0;
  switch (kind) {
    case TEXT:
      return text(from, length, to, true);
    case ASCII:
      return text(from, length, to, false);
    case BLOB:
      return blob(from, length, to);
    case UUID:
      return length == 16 ? uuid(from, to) : 0;
    case BOOLEAN:
      return length == 1 ? boolean(load<u8>(from) != 0, to) : 0;
    case DOUBLE:
      return length == 8 ? doubleValue(reinterpret<f64>(bswap<u64>(load<u64>(from))), to) : 0;
    case FLOAT:
      return length == 4 ? float(reinterpret<f32>(bswap<u32>(load<u32>(from))), to) : 0;
    case TIMESTAMP:
      return length == 8 ? timestamp(<i64>bswap<u64>(load<u64>(from)), to) : 0;
  }
  return whole(kind, from, length, to);
}

function whole(kind: u32, from: usize, length: usize, to: usize): usize {
  switch (kind) {
    case INT:
      return length == 4 ? integer(<i64>(<i32>bswap<u32>(load<u32>(from))), to) : 0;
    case BIGINT:
      return length == 8 ? integer(<i64>bswap<u64>(load<u64>(from)), to) : 0;
    case SMALLINT:
      return length == 2 ? integer(<i64>(<i16>bswap<u16>(load<u16>(from))), to) : 0;
    case TINYINT:
      return length == 1 ? integer(<i64>load<i8>(from), to) : 0;
    case QUOTED_INT:
      return length == 4 ? quoted(<i64>(<i32>bswap<u32>(load<u32>(from))), to) : 0;
    case QUOTED_BIGINT:
      return length == 8 ? quoted(<i64>bswap<u64>(load<u64>(from)), to) : 0;
  }
  return 0;
}

export function integer(value: i64, to: usize): usize {
  if (value >= 0) return digits(<u64>value, count(<u64>value), to);
  store<u8>(to, MINUS);
  const size = <u64>0 - <u64>value;
  return digits(size, count(size), to + 1);
}

function quoted(value: i64, to: usize): usize {
  store<u8>(to, QUOTE);
  const end = integer(value, to + 1);
  store<u8>(end, QUOTE);
  return end + 1;
}

function boolean(value: bool, to: usize): usize {
  store<u32>(to, value ? WORD_TRUE : WORD_FALS);
  store<u8>(to, 0x65, 4);
  return value ? to + 4 : to + 5;
}

/** UTF-8 in quotes, sixteen bytes at a time while nothing needs care; 0 when it is not valid. */
function text(from: usize, length: usize, to: usize, unicode: bool): usize {
  store<u8>(to++, QUOTE);
  const end = from + length;
  while (from < end) {
    const bytes = v128.load(from);
    v128.store(to, bytes);
    const special = v128.or(
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))),
    );
    const plain = <usize>ctz<u32>(i8x16.bitmask(special) | 0x10000);
    if (plain >= end - from) {
      to += end - from;
      break;
    }
    from += plain;
    to += plain;
    if (plain == 16) continue;
    const byte = <u32>load<u8>(from);
    if (byte < 0x80) {
      to = escaped(byte, to);
      from++;
      continue;
    }
    const size = unicode ? sequence(from, end) : 0;
    if (size == 0) return 0;
    store<u32>(to, load<u32>(from));
    from += size;
    to += size;
  }
  store<u8>(to, QUOTE);
  return to + 1;
}

/** A character with Jackson's escape. */
function escaped(byte: u32, to: usize): usize {
  let letter: u32 = 0;
  if (byte == QUOTE || byte == BACKSLASH) letter = byte;
  else if (byte == 0x08) letter = 0x62;
  else if (byte == 0x09) letter = 0x74;
  else if (byte == 0x0a) letter = 0x6e;
  else if (byte == 0x0c) letter = 0x66;
  else if (byte == 0x0d) letter = 0x72;
  if (letter) {
    store<u16>(to, <u16>(BACKSLASH | (letter << 8)));
    return to + 2;
  }
  store<u32>(to, WORD_ESCAPE);
  const low = byte & 15;
  store<u8>(to, <u8>(0x30 + (byte >> 4)), 4);
  store<u8>(to, <u8>(low < 10 ? 0x30 + low : 0x37 + low), 5);
  return to + 6;
}

/** Bytes of the UTF-8 sequence at `from`, which is above ASCII; 0 when it is not valid. */
function sequence(from: usize, end: usize): usize {
  const first = <u32>load<u8>(from);
  const size: usize = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || size > end - from) return 0;
  for (let i: usize = 1; i < size; i++) {
    if ((load<u8>(from + i) & 0xc0) != 0x80) return 0;
  }
  const second = <u32>load<u8>(from, 1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return size;
}

@inline
function hexDigits(nibbles: v128): v128 {
  const letters = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  return i8x16.swizzle(letters, nibbles);
}

/** Writes the 32 hex digits of the 16 bytes at `from`. */
@inline
function hex(from: usize, to: usize): void {
  const bytes = v128.load(from);
  const high = hexDigits(i8x16.shr_u(bytes, 4));
  const low = hexDigits(v128.and(bytes, i8x16.splat(15)));
  v128.store(to, i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  const rest = i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(to, rest, 16);
}

function blob(from: usize, length: usize, to: usize): usize {
  store<u32>(to, HEX_START);
  to += 3;
  for (let i: usize = 0; i < length; i += 16) hex(from + i, to + (i << 1));
  to += length << 1;
  store<u8>(to, QUOTE);
  return to + 1;
}

function uuid(from: usize, to: usize): usize {
  // The last twelve digits are in their place then, those before them move to the front.
  hex(from, to + 5);
  const first = load<u64>(to, 5);
  const second = load<u64>(to, 13);
  const third = load<u32>(to, 21);
  store<u8>(to, QUOTE);
  store<u64>(to, first, 1);
  store<u8>(to, MINUS, 9);
  store<u32>(to, <u32>second, 10);
  store<u8>(to, MINUS, 14);
  store<u32>(to, <u32>(second >> 32), 15);
  store<u8>(to, MINUS, 19);
  store<u32>(to, third, 20);
  store<u8>(to, MINUS, 24);
  store<u8>(to, QUOTE, 37);
  return to + 38;
}

/** Prints a number as Java does to `to`; the length of the text, or 0. */
@external("env", "dumpDouble")
declare function hostDouble(value: f64, to: usize): usize;

/** Numbers of up to nine decimals are printed here, other finite ones by the host. */
function doubleValue(value: f64, to: usize): usize {
  const end = double(value, to);
  if (end || !isFinite<f64>(value)) return end;
  const length = hostDouble(value, to);
  return length ? to + length : 0;
}

/** Zero, and doubles from 0.001 to below 10^7, which Java writes without exponent. */
function double(value: f64, to: usize): usize {
  if (reinterpret<u64>(value) == 0) {
    store<u32>(to, ZERO_DOUBLE);
    return to + 3;
  }
  const size = abs<f64>(value);
  if (!(size >= 1e-3 && size < 1e7)) return 0;
  let scale: f64 = 1;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const candidate = nearest<f64>(size * scale);
    if (candidate >= DIGITS_END) return 0;
    // Both are exact, so the quotient is the double nearest to these decimal digits.
    if (candidate / scale == size) return decimal(value < 0, candidate, scale, decimals, to);
    scale *= 10;
  }
  return 0;
}

/** As `double`; the quotient must be the float nearest to the digits. */
function float(value: f32, to: usize): usize {
  const size = <f64>abs<f32>(value);
  if (!(size >= 1e-3 && size < 1e7)) return 0;
  let scale: f64 = 1;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const candidate = nearest<f64>(size * scale);
    if (candidate >= FLOAT_DIGITS_END) return 0;
    if (<f64>(<f32>(candidate / scale)) == size) return decimal(value < 0, candidate, scale, decimals, to);
    scale *= 10;
  }
  return 0;
}

/** `value` with the point before the last `decimals` of its digits, one decimal at least; `power` is 10^`decimals`. */
function decimal(negative: bool, value: f64, power: f64, decimals: i32, to: usize): usize {
  if (negative) store<u8>(to++, MINUS);
  const scale = <u64>power;
  const all = <u64>value;
  const whole = all / scale;
  to = digits(whole, count(whole), to);
  store<u8>(to, DOT);
  return digits(all - whole * scale, max(1, decimals), to + 1);
}

/** `"2016-05-01 12:34:56.789Z"` of milliseconds, as CQL timestamps are written. */
function timestamp(millis: i64, to: usize): usize {
  if (millis < 0 || millis >= END_MILLIS) return 0;
  const seconds = <u64>millis / 1000;
  store<u8>(to, QUOTE);
  to = date(seconds, 0x20, to + 1);
  store<u8>(to, DOT);
  to = digits(<u64>millis - seconds * 1000, 3, to + 1);
  // `Z"`
  store<u16>(to, 0x225a);
  return to + 2;
}

/** Copies a short text of the host's tables. */
@inline
export function put(at: usize, length: usize, to: usize): usize {
  copy(to, at, length);
  return to + length;
}

