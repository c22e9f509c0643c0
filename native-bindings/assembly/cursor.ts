/**
 * The two cursors of the row walk: `p` in native bytes, `o` in canonical ones, and the encodings
 * that both use.
 *
 * Reads are not checked one by one: memory behind every region is readable, so a read past the end
 * gives nonsense, never a trap, and whoever reads compares `p` with its limit before it believes
 * anything. Writes go as far as 64 bytes past `o` at most between two checks of `room`.
 */

/** Next native byte. */
export let p: usize = 0;
/** Where the next canonical byte goes. */
export let o: usize = 0;
/** End of the output region; 128 bytes behind it are writable. */
export let outEnd: usize = 0;
/** Previous write time of the record, base of the next `time`. */
export let previousTime: i64 = 0;
/** True once the bytes of the current record are not what Cassandra's writer would have written. */
export let loose: bool = false;

/** Base of the first `time` of a record: 2015-09-22T00:00:00Z in microseconds. */
export const EPOCH: i64 = 1442880000000000;

export function setOutput(at: usize, end: usize): void {
  o = at;
  outEnd = end;
}

@inline
export function seek(to: usize): void {
  p = to;
}

@inline
export function skip(bytes: usize): void {
  p += bytes;
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
export function notStrict(): void {
  loose = true;
}

/** Reads an unsigned vint; a longer form than needed is not strict. */
@inline
export function readVint(): u64 {
  const first = <u32>load<u8>(p);
  if (first < 0x80) {
    p++;
    return <u64>first;
  }
  return readLongVint(first);
}

function readLongVint(first: u32): u64 {
  const extra = <u64>clz<u32>(~(first << 24));
  let value: u64;
  if (extra == 8) {
    value = bswap<u64>(load<u64>(p, 1));
  } else {
    value = bswap<u64>(load<u64>(p)) >> ((7 - extra) << 3);
    value &= (<u64>1 << (7 * extra + 7)) - 1;
  }
  p += <usize>extra + 1;
  if (value >> (7 * extra) == 0) loose = true;
  return value;
}

@inline
export function writeVint(value: u64): void {
  if (value < 0x80) {
    store<u8>(o++, <u8>value);
    return;
  }
  const extra = (630 - 9 * (<i32>clz<u64>(value))) >> 6;
  if (extra == 8) {
    store<u8>(o, 0xff);
    store<u64>(o, bswap<u64>(value), 1);
    o += 9;
    return;
  }
  const prefix = <u64>((0xff00 >> extra) & 0xff) << (<u64>extra << 3);
  store<u64>(o, bswap<u64>((value | prefix) << (<u64>(7 - extra) << 3)));
  o += <usize>extra + 1;
}

@inline
export function writeByte(value: u32): void {
  store<u8>(o++, <u8>value);
}

@inline
export function writeTime(time: i64): void {
  const difference = time - previousTime;
  previousTime = time;
  writeVint(<u64>((difference << 1) ^ (difference >> 63)));
}

/** Whether `bytes` more can be written. */
@inline
export function room(bytes: usize): bool {
  return bytes <= outEnd && o <= outEnd - bytes;
}

/** Copies from the native side; runs over by up to 15 bytes on both sides. */
@inline
export function copyNative(bytes: usize): void {
  copyFrom(p, bytes);
  p += bytes;
}

@inline
export function copyFrom(from: usize, bytes: usize): void {
  if (bytes > 512) {
    memory.copy(o, from, bytes);
  } else {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(o + i, v128.load(from + i));
  }
  o += bytes;
}
