/**
 * The two cursors of the row walk and the encodings that both use.
 *
 * `p` (native) and `o` (canonical) live in globals between records and in locals inside the hot
 * functions: a global costs a store and a load for each byte that is read.
 *
 * Reads are not checked one by one: memory behind every region is readable, so a read past the end
 * gives nonsense, never a trap, and whoever reads compares its cursor with the limit before it
 * believes anything. Writes go at most 64 bytes past a check of `fits`.
 */

/** Next native byte. */
export let p: usize = 0;
/** Where the next canonical byte goes. */
export let o: usize = 0;
/** End of the output region; 128 bytes behind it are writable. */
export let outEnd: usize = 0;
/** Write time that the next `time` of the record is relative to. */
export let previousTime: i64 = 0;
/** True once the bytes of the current record are not what Cassandra's writer would have written. */
export let loose: bool = false;

/** Base of the first `time` of a record: 2015-09-22T00:00:00Z in microseconds. */
export const EPOCH: i64 = 1442880000000000;
/** Write time of a deletion that deletes nothing, and its local time before oa and da. */
export const NO_TIME: i64 = i64.MIN_VALUE;
export const LIVE_DELETION_TIME: u32 = 0x7fffffff;

export function setOutput(at: usize, end: usize): void {
  o = at;
  outEnd = end;
}

@inline
export function setCursors(native: usize, canonical: usize): void {
  p = native;
  o = canonical;
}

@inline
export function seek(to: usize): void {
  p = to;
}

@inline
export function rewind(to: usize): void {
  o = to;
}

@inline
export function beginRecord(): void {
  loose = false;
  previousTime = EPOCH;
}

@inline
export function setPreviousTime(time: i64): void {
  previousTime = time;
}

@inline
export function notStrict(): void {
  loose = true;
}

/** Value of the unsigned vint at `at`; a longer form than needed is not strict. */
@inline
export function vintAt(at: usize): u64 {
  const first = <u32>load<u8>(at);
  return first < 0x80 ? <u64>first : longVint(at, first);
}

/** Address after the vint at `at`. */
@inline
export function afterVint(at: usize): usize {
  const first = <u32>load<u8>(at);
  if (first < 0x80) return at + 1;
  return at + 1 + <usize>clz<u32>(~(first << 24));
}

function longVint(at: usize, first: u32): u64 {
  const extra = <u64>clz<u32>(~(first << 24));
  let value: u64;
  if (extra == 8) {
    value = bswap<u64>(load<u64>(at, 1));
  } else {
    value = bswap<u64>(load<u64>(at)) >> ((7 - extra) << 3);
    value &= (<u64>1 << (7 * extra + 7)) - 1;
  }
  if (value >> (7 * extra) == 0) loose = true;
  return value;
}

/** Writes a vint at `at`; returns the address after it. */
@inline
export function putVint(at: usize, value: u64): usize {
  if (value < 0x80) {
    store<u8>(at, <u8>value);
    return at + 1;
  }
  return putLongVint(at, value);
}

@inline
function putLongVint(at: usize, value: u64): usize {
  const extra = (575 - 9 * <i32>clz<u64>(value)) >> 6;
  if (extra == 8) {
    store<u8>(at, 0xff);
    store<u64>(at, bswap<u64>(value), 1);
    return at + 9;
  }
  const prefix = <u64>((0xff00 >> extra) & 0xff) << (<u64>extra << 3);
  store<u64>(at, bswap<u64>((value | prefix) << (<u64>(7 - extra) << 3)));
  return at + <usize>extra + 1;
}

/** Writes `time` relative to `previous`. */
@inline
export function putTime(at: usize, time: i64, previous: i64): usize {
  const difference = time - previous;
  return putVint(at, <u64>((difference << 1) ^ (difference >> 63)));
}

/** Whether `bytes` (at most a row's) more can be written at `at`; addresses stay far below 2^32. */
@inline
export function fits(at: usize, bytes: usize, end: usize): bool {
  return at + bytes <= end;
}

/** Copies `bytes`; runs over by up to 16 bytes on both sides. */
@inline
export function copy(to: usize, from: usize, bytes: usize): void {
  v128.store(to, v128.load(from));
  if (bytes > 16) copyLong(to, from, bytes);
}

/** The same for values that are mostly short; runs over by up to 32 bytes on both sides. */
@inline
export function copyPlain(to: usize, from: usize, bytes: usize): void {
  v128.store(to, v128.load(from));
  for (let i: usize = 16; i < bytes; i += 32) {
    v128.store(to + i, v128.load(from + i));
    v128.store(to + i, v128.load(from + i, 16), 16);
  }
}

function copyLong(to: usize, from: usize, bytes: usize): void {
  if (bytes > 512) {
    memory.copy(to, from, bytes);
  } else {
    for (let i: usize = 16; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
  }
}
