/** Decimal numbers and dates as text, for the years 1970 to 9999. */

const COLON: u8 = 0x3a;
const DOT: u8 = 0x2e;
const LETTER_T: u8 = 0x54;
const LETTER_Z: u8 = 0x5a;
const DAY: u64 = 86400;

/** The day that was written last, and its text: `2016-05-`, `01`. */
let lastDay: u32 = 0xffffffff;
let dayStart: u64 = 0;
let dayEnd: u16 = 0;

/** Two digits of a number below 100, as little-endian text. */
@inline
export function pair(value: u32): u16 {
  const tens = (value * 103) >> 10;
  return <u16>(0x3030 + tens + ((value - tens * 10) << 8));
}

/** Decimal digits of `value`. */
export function count(value: u64): i32 {
  let digits = 1;
  while (value >= 10000) {
    value /= 10000;
    digits += 4;
  }
  return digits + <i32>(value >= 10) + <i32>(value >= 100) + <i32>(value >= 1000);
}

/** `value` in exactly `length` digits at `to`; returns the address behind them. */
export function digits(value: u64, length: i32, to: usize): usize {
  const end = to + <usize>length;
  let at = end;
  while (value >= 0x100000000) {
    const next = value / 100;
    at -= 2;
    store<u16>(at, pair(<u32>(value - next * 100)));
    value = next;
  }
  let rest = <u32>value;
  while (at - to >= 2) {
    const next = rest / 100;
    at -= 2;
    store<u16>(at, pair(rest - next * 100));
    rest = next;
  }
  if (at > to) store<u8>(to, <u8>(0x30 + rest));
  return end;
}

function setDay(day: u32): void {
  // Days of the civil calendar, counted from 0000-03-01.
  const z = day + 719468;
  const era = z / 146097;
  const ofEra = z - era * 146097;
  const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
  const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const fromMarch = (5 * ofYear + 2) / 153;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const century = year / 100;
  // `-` at the fifth and the eighth place.
  dayStart =
    <u64>pair(century) |
    (<u64>pair(year - century * 100) << 16) |
    (<u64>pair(month) << 40) |
    0x2d00002d00000000;
  dayEnd = pair(ofYear - (153 * fromMarch + 2) / 5 + 1);
  lastDay = day;
}

/** `2016-05-01T12:34:56` of seconds since 1970, with `separator` in the middle. */
export function date(seconds: u64, separator: u8, to: usize): usize {
  const day = <u32>(seconds / DAY);
  if (day != lastDay) setDay(day);
  store<u64>(to, dayStart);
  store<u16>(to, dayEnd, 8);
  const ofDay = <u32>(seconds - <u64>day * DAY);
  const hours = ofDay / 3600;
  const ofHour = ofDay - hours * 3600;
  const minutes = ofHour / 60;
  store<u8>(to, separator, 10);
  store<u16>(to, pair(hours), 11);
  store<u8>(to, COLON, 13);
  store<u16>(to, pair(minutes), 14);
  store<u8>(to, COLON, 16);
  store<u16>(to, pair(ofHour - minutes * 60), 17);
  return to + 19;
}

/** `2016-05-01T12:34:56Z` */
export function instant(seconds: u64, to: usize): usize {
  const end = date(seconds, LETTER_T, to);
  store<u8>(end, LETTER_Z);
  return end + 1;
}

/** The same of microseconds, the fraction in none, three or six digits. */
export function microInstant(micros: u64, to: usize): usize {
  const seconds = micros / 1000000;
  let end = date(seconds, LETTER_T, to);
  const fraction = <u32>(micros - seconds * 1000000);
  if (fraction) {
    store<u8>(end, DOT);
    const millis = fraction / 1000;
    const isMillis = millis * 1000 == fraction;
    end = digits(isMillis ? millis : fraction, isMillis ? 3 : 6, end + 1);
  }
  store<u8>(end, LETTER_Z);
  return end + 1;
}
