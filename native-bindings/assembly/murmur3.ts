/**
 * MurmurHash3 x64 128 with seed 0 as Cassandra computes it: the bytes of the tail are
 * sign-extended before they are shifted, so the result differs from the usual one where a tail
 * byte is 0x80 or above.
 */
const C1: u64 = 0x87c37b91114253d5;
const C2: u64 = 0x4cf5ad432745937f;

/** The last result, before any token fix-up. */
export let h1: u64 = 0;
export let h2: u64 = 0;

@inline
function finalMix(x: u64): u64 {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

/**
 * The exclusive or of `count` sign-extended bytes, each shifted to its place in the word: one of
 * 0x80 or above inverts all bytes above it.
 */
@inline
function signedTail(word: u64, count: i32): u64 {
  if (count <= 0) return 0;
  const bytes = count >= 8 ? word : word & (((<u64>1) << (<u64>count << 3)) - 1);
  const signs = (bytes >> 7) & 0x0101010101010101;
  // Byte i of the product counts the signs below i.
  const below = (signs * 0x0101010101010100) & 0x0101010101010101;
  return bytes ^ (below * 0xff);
}

/** Leaves the hash of `[key, key + length)` in h1 and h2; reads up to 16 bytes behind the key. */
export function hash(key: usize, length: i32): void {
  let a: u64 = 0;
  let b: u64 = 0;
  const blocks = key + <usize>(length & ~15);
  let p = key;
  for (; p < blocks; p += 16) {
    a ^= rotl<u64>(load<u64>(p) * C1, 31) * C2;
    a = (rotl<u64>(a, 27) + b) * 5 + 0x52dce729;
    b ^= rotl<u64>(load<u64>(p + 8) * C2, 33) * C1;
    b = (rotl<u64>(b, 31) + a) * 5 + 0x38495ab5;
  }
  const tail = length & 15;
  const k1 = signedTail(load<u64>(p), min(tail, 8));
  const k2 = signedTail(load<u64>(p + 8), tail - 8);
  if (tail > 8) b ^= rotl<u64>(k2 * C2, 33) * C1;
  if (tail > 0) a ^= rotl<u64>(k1 * C1, 31) * C2;
  a ^= <u64>length;
  b ^= <u64>length;
  a += b;
  b += a;
  a = finalMix(a);
  b = finalMix(b);
  h1 = a + b;
  h2 = b + h1;
}

/** Writes h1 and h2 of a key, each big-endian, at `out`. */
export function digest(key: usize, length: i32, out: usize): void {
  hash(key, length);
  store<u64>(out, bswap<u64>(h1));
  store<u64>(out + 8, bswap<u64>(h2));
}
