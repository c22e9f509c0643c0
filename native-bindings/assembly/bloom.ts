/**
 * Many partition keys at once: their Murmur3 hashes, and the bits that these set in a Bloom filter
 * (Filter.db).
 *
 * A large filter does not fit the processor's caches, and setting its bits in the order of the keys
 * waits for memory with every one. So they are put off, in a list for each part of the filter, and set
 * part by part as lists are full:
 *
 *     u32 × LISTS number of bits put off | LISTS lists of u32 bits, each counted from its part
 */
import * as murmur3 from './murmur3';

const LISTS: u32 = 256;
const LIST_LENGTH: u32 = 8192;
/** Bytes from list to list: not of a power of two, which the cache would keep in the same places. */
const LIST_STEP: usize = 4 * LIST_LENGTH + 192;

/** Bytes of the lists. */
export function bloomListBytes(): usize {
  return 4 * <usize>LISTS + <usize>LISTS * LIST_STEP;
}

/** Makes the lists empty. */
export function bloomClearLists(lists: usize): void {
  memory.fill(lists, 0, 4 * <usize>LISTS);
}

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

/** Bit `j` of a hash: what Java makes of `abs((h2 + j * h1) % size)`; `base` is the sum. */
@inline
function bitOf(base: i64, size: i64): u64 {
  const rest = base % size;
  return rest < 0 ? -rest : rest;
}

@inline
function setBit(bits: usize, bit: u64): void {
  const byte = bits + <usize>(bit >> 3);
  store<u8>(byte, load<u8>(byte) | (<u8>1 << (<u8>bit & 7)));
}

/**
 * Sets the bits of `count` hashes at `hashes`, as `hashMany` leaves them, in the filter of `words`
 * 64-bit words at `bits`. `flip` is 56 for the byte order of versions before na, else 0.
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
      setBit(bits, bitOf(base, size) ^ <u64>flip);
      base += step;
    }
  }
}

/** The bits of a part of the filter are numbered with so many bits. */
@inline
function partBits(words: u32): u64 {
  return 64 - clz<u64>(((<u64>words << 6) - 1) / LISTS);
}

/** The same as `bloomAdd`, once `bloomSet` was called too; `lists` has `bloomListBytes` bytes. */
export function bloomPutOff(
  hashes: usize,
  count: u32,
  lists: usize,
  bits: usize,
  words: u32,
  hashCount: u32,
  flip: u32,
): void {
  const size = <i64>words << 6;
  const shift = partBits(words);
  const mask: u64 = (<u64>1 << shift) - 1;
  for (let i: u32 = 0; i < count; i++) {
    const at = hashes + (<usize>i << 4);
    const step = <i64>load<u64>(at);
    let base = <i64>load<u64>(at, 8);
    for (let j: u32 = 0; j < hashCount; j++) {
      const bit = bitOf(base, size) ^ <u64>flip;
      base += step;
      const part = <usize>(bit >> shift);
      const counter = lists + (part << 2);
      const listed = load<u32>(counter) + 1;
      store<u32>(listOf(lists, part) + (<usize>listed << 2) - 4, <u32>(bit & mask));
      store<u32>(counter, listed);
      if (listed == LIST_LENGTH) setListed(lists, part, bits, shift);
    }
  }
}

/** Sets all bits that were put off. */
export function bloomSet(lists: usize, bits: usize, words: u32): void {
  const shift = partBits(words);
  for (let part: usize = 0; part < LISTS; part++) setListed(lists, part, bits, shift);
}

@inline
function listOf(lists: usize, part: usize): usize {
  return lists + 4 * LISTS + part * LIST_STEP;
}

function setListed(lists: usize, part: usize, bits: usize, shift: u64): void {
  const counter = lists + (part << 2);
  const from = bits + <usize>((<u64>part << shift) >> 3);
  let at = listOf(lists, part);
  const end = at + (<usize>load<u32>(counter) << 2);
  for (; at < end; at += 4) setBit(from, load<u32>(at));
  store<u32>(counter, 0);
}
