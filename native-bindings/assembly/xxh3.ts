/**
 * XXH3 with 128 bits (xxHash 0.8), seed 0, with the default secret or another one of 192 bytes:
 * `XXH3_128bits` and `XXH3_128bits_withSecret`.
 */
const PRIME32_1: u64 = 0x9e3779b1;
const PRIME32_2: u64 = 0x85ebca77;
const PRIME32_3: u64 = 0xc2b2ae3d;
const PRIME64_1: u64 = 0x9e3779b185ebca87;
const PRIME64_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME64_3: u64 = 0x165667b19e3779f9;
const PRIME64_4: u64 = 0x85ebca77c2b2ae63;
const PRIME64_5: u64 = 0x27d4eb2f165667c5;
const PRIME_MX1: u64 = 0x165667919e3779f9;
const PRIME_MX2: u64 = 0x9fb21c651e98df25;
const LOW32: u64 = 0xffffffff;
const SECRET_BYTES: usize = 192;
const STRIPE: usize = 64;
/** 16 stripes use up a secret of 192 bytes, 8 bytes each. */
const STRIPES_PER_BLOCK: usize = 16;
const BLOCK: usize = 1024;

// prettier-ignore
const DEFAULT_SECRET: usize = memory.data<u8>([
  0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
  0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
  0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
  0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
  0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
  0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
  0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
  0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
  0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
  0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
  0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
  0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
], 16);

/** The last result. */
export let low: u64 = 0;
export let high: u64 = 0;

@inline
export function defaultSecret(): usize {
  return DEFAULT_SECRET;
}

/** High half of the 128-bit product. */
@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & LOW32;
  const bLow = b & LOW32;
  const aHigh = a >> 32;
  const bHigh = b >> 32;
  const middle = aHigh * bLow;
  const cross = ((aLow * bLow) >> 32) + (middle & LOW32) + aLow * bHigh;
  return (middle >> 32) + (cross >> 32) + aHigh * bHigh;
}

@inline
function multiplyFold(a: u64, b: u64): u64 {
  return (a * b) ^ multiplyHigh(a, b);
}

@inline
function avalanche(h: u64): u64 {
  h ^= h >> 37;
  h *= PRIME_MX1;
  return h ^ (h >> 32);
}

@inline
function avalanche64(h: u64): u64 {
  h ^= h >> 33;
  h *= PRIME64_2;
  h ^= h >> 29;
  h *= PRIME64_3;
  return h ^ (h >> 32);
}

@inline
function word(p: usize): u64 {
  return load<u64>(p);
}

@inline
function flip(secret: usize, at: usize): u64 {
  return word(secret + at) ^ word(secret + at + 8);
}

@inline
function mix16(input: usize, secret: usize): u64 {
  return multiplyFold(word(input) ^ word(secret), word(input + 8) ^ word(secret + 8));
}

/** Leaves the hash of `[input, input + length)` in low and high. */
export function hash(input: usize, length: usize, secret: usize): void {
  if (length <= 16) upTo16(input, length, secret);
  else if (length <= 128) upTo128(input, length, secret);
  else if (length <= 240) upTo240(input, length, secret);
  else long(input, length, secret);
}

/** Writes the canonical (big-endian) form at `out`; `secret` 0 means the default one. */
export function digest(input: usize, length: usize, secret: usize, out: usize): void {
  hash(input, length, secret ? secret : DEFAULT_SECRET);
  store<u64>(out, bswap<u64>(high));
  store<u64>(out + 8, bswap<u64>(low));
}

function upTo16(input: usize, length: usize, secret: usize): void {
  if (length > 8) {
    from9(input, length, secret);
  } else if (length >= 4) {
    from4(input, length, secret);
  } else if (length) {
    const first = <u32>load<u8>(input);
    const middle = <u32>load<u8>(input + (length >> 1));
    const last = <u32>load<u8>(input + length - 1);
    const lowWord = (first << 16) | (middle << 24) | last | (<u32>length << 8);
    const highWord = rotl<u32>(bswap<u32>(lowWord), 13);
    low = avalanche64(<u64>lowWord ^ <u64>(load<u32>(secret) ^ load<u32>(secret + 4)));
    high = avalanche64(<u64>highWord ^ <u64>(load<u32>(secret + 8) ^ load<u32>(secret + 12)));
  } else {
    low = avalanche64(flip(secret, 64));
    high = avalanche64(flip(secret, 80));
  }
}

@inline
function from4(input: usize, length: usize, secret: usize): void {
  const value = <u64>load<u32>(input) + (<u64>load<u32>(input + length - 4) << 32);
  const keyed = value ^ flip(secret, 16);
  const factor = PRIME64_1 + <u64>(length << 2);
  let l = keyed * factor;
  let h = multiplyHigh(keyed, factor);
  h += l << 1;
  l ^= h >> 3;
  l ^= l >> 35;
  l *= PRIME_MX2;
  low = l ^ (l >> 28);
  high = avalanche(h);
}

@inline
function from9(input: usize, length: usize, secret: usize): void {
  const first = word(input);
  let last = word(input + length - 8);
  const keyed = first ^ last ^ flip(secret, 32);
  let l = keyed * PRIME64_1;
  let h = multiplyHigh(keyed, PRIME64_1);
  l += <u64>(length - 1) << 54;
  last ^= flip(secret, 48);
  h += last + (last & LOW32) * (PRIME32_2 - 1);
  l ^= bswap<u64>(h);
  low = avalanche(l * PRIME64_2);
  high = avalanche(multiplyHigh(l, PRIME64_2) + h * PRIME64_2);
}

@inline
function finish(l: u64, h: u64, length: usize): void {
  low = avalanche(l + h);
  high = 0 - avalanche(l * PRIME64_1 + h * PRIME64_4 + <u64>length * PRIME64_2);
}

@inline
function mixLow(l: u64, a: usize, b: usize, secret: usize): u64 {
  return (l + mix16(a, secret)) ^ (word(b) + word(b + 8));
}

@inline
function mixHigh(h: u64, a: usize, b: usize, secret: usize): u64 {
  return (h + mix16(b, secret + 16)) ^ (word(a) + word(a + 8));
}

function upTo128(input: usize, length: usize, secret: usize): void {
  let l = <u64>length * PRIME64_1;
  let h: u64 = 0;
  for (let i = (length - 1) >> 5; i > 0; i--) {
    const a = input + (i << 4);
    const b = input + length - ((i + 1) << 4);
    const s = secret + (i << 5);
    l = mixLow(l, a, b, s);
    h = mixHigh(h, a, b, s);
  }
  const b = input + length - 16;
  l = mixLow(l, input, b, secret);
  h = mixHigh(h, input, b, secret);
  finish(l, h, length);
}

function upTo240(input: usize, length: usize, secret: usize): void {
  let l = <u64>length * PRIME64_1;
  let h: u64 = 0;
  for (let i: usize = 0; i < 128; i += 32) {
    l = mixLow(l, input + i, input + i + 16, secret + i);
    h = mixHigh(h, input + i, input + i + 16, secret + i);
  }
  l = avalanche(l);
  h = avalanche(h);
  for (let i: usize = 160; i <= length; i += 32) {
    const a = input + i - 32;
    const s = secret + 3 + i - 160;
    l = mixLow(l, a, a + 16, s);
    h = mixHigh(h, a, a + 16, s);
  }
  const a = input + length - 16;
  const b = input + length - 32;
  const s = secret + 136 - 17 - 16;
  l = mixLow(l, a, b, s);
  h = mixHigh(h, a, b, s);
  finish(l, h, length);
}

/** acc + data with its two lanes swapped. */
@inline
function addSwapped(acc: v128, data: v128): v128 {
  return i64x2.add(acc, v128.shuffle<i64>(data, data, 1, 0));
}

@inline
function lows(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

@inline
function highs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

@inline
function scramble(acc: v128, secret: usize): v128 {
  const mixed = v128.xor(v128.xor(acc, i64x2.shr_u(acc, 47)), v128.load(secret));
  return i64x2.mul(mixed, i64x2.splat(PRIME32_1));
}

@inline
function merge(a: v128, secret: usize): u64 {
  return multiplyFold(
    <u64>i64x2.extract_lane(a, 0) ^ word(secret),
    <u64>i64x2.extract_lane(a, 1) ^ word(secret + 8),
  );
}

function long(input: usize, length: usize, secret: usize): void {
  let a = i64x2(PRIME32_3, PRIME64_1);
  let b = i64x2(PRIME64_2, PRIME64_3);
  let c = i64x2(PRIME64_4, PRIME32_2);
  let d = i64x2(PRIME64_5, PRIME32_1);
  const fullBlocks = (length - 1) / BLOCK;
  // The last stripe of all ends with the input, and takes the secret from another place.
  const stripes = (length - 1) / STRIPE;
  const end = input + length;
  const secretEnd = secret + SECRET_BYTES - STRIPE;
  let p = input;
  let s = secret;
  let inBlock: usize = 0;
  let blocks: usize = 0;
  for (let i: usize = 0; i <= stripes; i++) {
    if (i == stripes) {
      p = end - STRIPE;
      s = secretEnd - 7;
    }
    const d0 = v128.load(p);
    const d1 = v128.load(p, 16);
    const d2 = v128.load(p, 32);
    const d3 = v128.load(p, 48);
    const k0 = v128.xor(d0, v128.load(s));
    const k1 = v128.xor(d1, v128.load(s, 16));
    const k2 = v128.xor(d2, v128.load(s, 32));
    const k3 = v128.xor(d3, v128.load(s, 48));
    const l01 = lows(k0, k1);
    const h01 = highs(k0, k1);
    const l23 = lows(k2, k3);
    const h23 = highs(k2, k3);
    a = i64x2.add(addSwapped(a, d0), v128.extmul_low<u32>(l01, h01));
    b = i64x2.add(addSwapped(b, d1), v128.extmul_high<u32>(l01, h01));
    c = i64x2.add(addSwapped(c, d2), v128.extmul_low<u32>(l23, h23));
    d = i64x2.add(addSwapped(d, d3), v128.extmul_high<u32>(l23, h23));
    p += STRIPE;
    s += 8;
    if (++inBlock == STRIPES_PER_BLOCK && blocks < fullBlocks) {
      blocks++;
      inBlock = 0;
      s = secret;
      a = scramble(a, secretEnd);
      b = scramble(b, secretEnd + 16);
      c = scramble(c, secretEnd + 32);
      d = scramble(d, secretEnd + 48);
    }
  }
  const size = <u64>length;
  const m = secret + 11;
  low = avalanche(
    size * PRIME64_1 + merge(a, m) + merge(b, m + 16) + merge(c, m + 32) + merge(d, m + 48),
  );
  const n = secretEnd - 11;
  high = avalanche(
    ~(size * PRIME64_2) + merge(a, n) + merge(b, n + 16) + merge(c, n + 32) + merge(d, n + 48),
  );
}
