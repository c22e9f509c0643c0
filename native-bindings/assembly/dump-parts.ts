/** The parts of rows that a dump prints: texts, times, deletions, values. */
import { copy, vintAt } from './cursor';
import { count, digits, instant, microInstant } from './dump-numbers';
import { texts } from './dump-state';
import { writeValue } from './dump-values';
import { minDeletionTime, minTimestamp, minTtl } from './table';

/** Number of each text in the host's table (src/tasks/dump/fast/texts.ts). */
export const TEXT_HEAD: i32 = 0;
export const TEXT_KEY_END: i32 = 1;
export const TEXT_ROWS: i32 = 2;
export const TEXT_PARTITION_END: i32 = 3;
export const TEXT_PARTITION_END_EMPTY: i32 = 4;
export const TEXT_COMMA: i32 = 5;
export const TEXT_FIRST_ROW: i32 = 6;
export const TEXT_NEXT_ROW: i32 = 7;
export const TEXT_CLUSTERING: i32 = 8;
export const TEXT_LIST_END: i32 = 9;
export const TEXT_LIVENESS: i32 = 10;
export const TEXT_OBJECT_END: i32 = 11;
export const TEXT_DELETION: i32 = 12;
export const TEXT_LOCAL_TIME: i32 = 13;
export const TEXT_CELLS: i32 = 14;
export const TEXT_CELLS_END: i32 = 15;
export const TEXT_NO_CELLS: i32 = 16;
export const TEXT_PATH: i32 = 17;
export const TEXT_VALUE: i32 = 18;
export const TEXT_CELL_DELETED: i32 = 19;
export const TEXT_CELL_DELETED_END: i32 = 20;
export const TEXT_TSTAMP: i32 = 21;
export const TEXT_DELETED_TSTAMP: i32 = 22;
export const TEXT_TTL: i32 = 23;
export const TEXT_EXPIRES: i32 = 24;
export const TEXT_EXPIRED: i32 = 25;
export const TEXT_NOT_EXPIRED: i32 = 26;
export const TEXT_DELETED_CELL_END: i32 = 27;
export const TEXT_COMPLEX_DELETION: i32 = 28;

/** Instead of an address: the text finds no room; the value is the host's. */
export const NO_ROOM: usize = 0;
export const NO_VALUE: usize = 1;

/** Microseconds from which on a time in nanoseconds is beyond 64 bits: in the year 2262. */
const END_MICROS: i64 = 9223372036854776;
const INT_MAX: i64 = 0x7fffffff;

/** End of the output region; 64 bytes behind it are writable. */
export let outEnd: usize = 0;
/** Write time of the row, or -1; its TTL, or 0. */
export let rowTime: i64 = -1;
export let rowTtl: i64 = 0;

export function setOutput(end: usize): void {
  outEnd = end;
}

export function setRowTimes(time: i64, ttl: i64): void {
  rowTime = time;
  rowTtl = ttl;
}

/**
 * Prints the bytes by the host's writer `writer`; the length of the text, -1 when that is above `room`,
 * -2 when the bytes are none of its values.
 */
@external("env", "dumpValue")
declare function hostValue(writer: u32, at: usize, length: usize, to: usize, room: usize): i32;

@inline
export function putText(text: i32, to: usize): usize {
  const entry = texts + (<usize>text << 3);
  const length = <usize>load<u32>(entry, 4);
  copy(to, <usize>load<u32>(entry), length);
  return to + length;
}

/** The write time at `at`, or -1 when it is not between 1970 and 2262. */
@inline
export function timeAt(at: usize): i64 {
  const time = <i64>vintAt(at) + minTimestamp;
  return time < END_MICROS ? time : -1;
}

/** The time in seconds at `at`; negative where its sign depends on how it is read. */
@inline
export function localTimeAt(at: usize): i64 {
  const delta = vintAt(at);
  const time = <i64>delta + <i64>minDeletionTime;
  return delta <= <u64>INT_MAX && time < INT_MAX ? time : -1;
}

@inline
export function ttlAt(at: usize): i64 {
  const delta = vintAt(at);
  const ttl = <i64>delta + <i64>minTtl;
  return delta <= <u64>INT_MAX && ttl > 0 && ttl <= INT_MAX ? ttl : -1;
}

/** The bytes as the kind and by the writer at `entry`. */
export function value(entry: usize, from: usize, length: usize, to: usize): usize {
  if (to + (length << 3) + 128 > outEnd) return NO_ROOM;
  const end = writeValue(load<u32>(entry), from, length, to);
  return end ? end : valueByHost(load<u32>(entry, 4), from, length, to);
}

function valueByHost(writer: u32, from: usize, length: usize, to: usize): usize {
  const printed = hostValue(writer, from, length, to, outEnd - to);
  if (printed < 0) return printed == -1 ? NO_ROOM : NO_VALUE;
  return to + <usize>printed;
}

/** `2016-05-01T12:34:56Z", "local_delete_time" : "2016-05-01T12:34:56Z" }` */
export function deletion(time: u64, local: u64, to: usize): usize {
  to = microInstant(time, to);
  to = instant(local, putText(TEXT_LOCAL_TIME, to));
  store<u8>(to++, 0x22);
  return putText(TEXT_OBJECT_END, to);
}

export function expiry(ttl: u64, expires: u64, expired: bool, to: usize): usize {
  to = putText(TEXT_TTL, to);
  to = digits(ttl, count(ttl), to);
  to = instant(expires, putText(TEXT_EXPIRES, to));
  return putText(expired ? TEXT_EXPIRED : TEXT_NOT_EXPIRED, to);
}
