/**
 * Many partition keys at once: their Murmur3 hashes, and the bits that these set in a Bloom filter
 * (Filter.db).
 */
import * as murmur3 from './murmur3';

/**
 * Hashes `count` keys that lie one behind the other from `keys` on; u32 ends, counted from `keys`, at
 * `ends`. Writes h1 and h2 of each, in native byte order, to `out`.
 */
export function hashMany(keys: usize, ends: usize, count: u32, out: usize): void {
  let from: u32 = 0;
  let to = out;
  for (let i: u32 = 0; i < count; i++) {
    const end = load<u32>(ends + (<usize>i << 2));
    murmur3.hash(keys + from, <i32>(end - from));
    store<u64>(to, murmur3.h1);
    store<u64>(to, murmur3.h2, 8);
    to += 16;
    from = end;
  }
}

/**
 * Sets the bits of `count` hashes at `hashes`, as `hashMany` leaves them, in the filter of `words`
 * 64-bit words at `bits`. `flip` is 7 for the byte order of versions before na, else 0.
 */
export function bloomAdd(
  hashes: usize,
  count: u32,
  bits: usize,
  words: u32,
  hashCount: u32,
  flip: u32,
): void {
  const size = <i64>words << 6;
  for (let i: u32 = 0; i < count; i++) {
    const at = hashes + (<usize>i << 4);
    const step = <i64>load<u64>(at);
    let base = <i64>load<u64>(at, 8);
    for (let j: u32 = 0; j < hashCount; j++) {
      const rest = base % size;
      const bit: u64 = rest < 0 ? -rest : rest;
      const byte = bits + (<usize>(bit >> 3) ^ <usize>flip);
      const mask = <u8>1 << (<u8>bit & 7);
      store<u8>(byte, load<u8>(byte) | mask);
      base += step;
    }
  }
}
