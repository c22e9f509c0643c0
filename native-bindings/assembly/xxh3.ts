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
/** 16 stripes: each takes 8 bytes further of a secret of 192, then the accumulators are scrambled. */
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

/** Product of the two lanes of `a`, its halves folded by exclusive or; the same of `b` beside it. */
@inline
function fold2(a: v128, b: v128): v128 {
  // Halves of the factors: low ones of a and b, high ones of a and b.
  const x = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const y = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const z = v128.shuffle<i64>(y, y, 1, 0);
  const lowLow = v128.extmul_low<u32>(x, y);
  const highHigh = v128.extmul_high<u32>(x, y);
  const lowHigh = v128.extmul_low<u32>(x, z);
  const highLow = v128.extmul_high<u32>(x, z);
  const mask = i64x2.splat(LOW32);
  const cross = i64x2.add(
    i64x2.add(i64x2.shr_u(lowLow, 32), v128.and(highLow, mask)),
    lowHigh,
  );
  const top = i64x2.add(i64x2.add(i64x2.shr_u(highLow, 32), i64x2.shr_u(cross, 32)), highHigh);
  const bottom = v128.or(i64x2.shl(cross, 32), v128.and(lowLow, mask));
  return v128.xor(top, bottom);
}

/** Leaves the result of the two accumulators of up to 240 bytes. */
@inline
function finish(acc: v128, length: usize): void {
  const l = <u64>i64x2.extract_lane(acc, 0);
  const h = <u64>i64x2.extract_lane(acc, 1);
  low = avalanche(l + h);
  high = 0 - avalanche(l * PRIME64_1 + h * PRIME64_4 + <u64>length * PRIME64_2);
}

/** Both accumulators one round on: 16 bytes at `a` and 16 at `b` with 32 of the secret. */
@inline
function mix32(acc: v128, a: usize, b: usize, secret: usize): v128 {
  const x = v128.load(a);
  const y = v128.load(b);
  const folded = fold2(
    v128.xor(x, v128.load(secret)),
    v128.xor(y, v128.load(secret, 16)),
  );
  const sums = i64x2.add(v128.shuffle<i64>(y, x, 0, 2), v128.shuffle<i64>(y, x, 1, 3));
  return v128.xor(i64x2.add(acc, folded), sums);
}

function upTo128(input: usize, length: usize, secret: usize): void {
  let acc = i64x2.replace_lane(i64x2.splat(0), 0, <i64>(<u64>length * PRIME64_1));
  for (let i = (length - 1) >> 5; i > 0; i--) {
    acc = mix32(acc, input + (i << 4), input + length - ((i + 1) << 4), secret + (i << 5));
  }
  finish(mix32(acc, input, input + length - 16, secret), length);
}

function upTo240(input: usize, length: usize, secret: usize): void {
  let acc = i64x2.replace_lane(i64x2.splat(0), 0, <i64>(<u64>length * PRIME64_1));
  for (let i: usize = 0; i < 128; i += 32) {
    acc = mix32(acc, input + i, input + i + 16, secret + i);
  }
  const l = avalanche(<u64>i64x2.extract_lane(acc, 0));
  const h = avalanche(<u64>i64x2.extract_lane(acc, 1));
  acc = i64x2.replace_lane(i64x2.splat(<i64>l), 1, <i64>h);
  for (let i: usize = 160; i <= length; i += 32) {
    acc = mix32(acc, input + i - 32, input + i - 16, secret + 3 + i - 160);
  }
  const last = secret + 136 - 17 - 16;
  finish(mix32(acc, input + length - 16, input + length - 32, last), length);
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

/** Sum of the folded products of both lanes of the four keyed accumulators. */
@inline
function merge(a: v128, b: v128, c: v128, d: v128, secret: usize): u64 {
  const ka = v128.xor(a, v128.load(secret));
  const kb = v128.xor(b, v128.load(secret, 16));
  const kc = v128.xor(c, v128.load(secret, 32));
  const kd = v128.xor(d, v128.load(secret, 48));
  const sum = i64x2.add(fold2(ka, kb), fold2(kc, kd));
  return <u64>i64x2.extract_lane(sum, 0) + <u64>i64x2.extract_lane(sum, 1);
}

/** One accumulator more: `data` crosswise, and the products of the halves of its keyed lanes. */
@inline
function stepLow(acc: v128, data: v128, low: v128, high: v128): v128 {
  return i64x2.add(addSwapped(acc, data), v128.extmul_low<u32>(low, high));
}

@inline
function stepHigh(acc: v128, data: v128, low: v128, high: v128): v128 {
  return i64x2.add(addSwapped(acc, data), v128.extmul_high<u32>(low, high));
}

function long(input: usize, length: usize, secret: usize): void {
  let a = i64x2(PRIME32_3, PRIME64_1);
  let b = i64x2(PRIME64_2, PRIME64_3);
  let c = i64x2(PRIME64_4, PRIME32_2);
  let d = i64x2(PRIME64_5, PRIME32_1);
  const end = input + length;
  const secretEnd = secret + SECRET_BYTES - STRIPE;
  // The last stripe of all ends with the input, and takes the secret from another place.
  const last = end - STRIPE;
  let p = input;
  while (true) {
    const full = p + BLOCK;
    const stop = min(full, last);
    for (let s = secret; p < stop; s += 8) {
      const d0 = v128.load(p);
      const d1 = v128.load(p, 16);
      const k0 = v128.xor(d0, v128.load(s));
      const k1 = v128.xor(d1, v128.load(s, 16));
      const l01 = lows(k0, k1);
      const h01 = highs(k0, k1);
      a = stepLow(a, d0, l01, h01);
      b = stepHigh(b, d1, l01, h01);
      const d2 = v128.load(p, 32);
      const d3 = v128.load(p, 48);
      const k2 = v128.xor(d2, v128.load(s, 32));
      const k3 = v128.xor(d3, v128.load(s, 48));
      const l23 = lows(k2, k3);
      const h23 = highs(k2, k3);
      c = stepLow(c, d2, l23, h23);
      d = stepHigh(d, d3, l23, h23);
      p += STRIPE;
    }
    if (p != full) break;
    a = scramble(a, secretEnd);
    b = scramble(b, secretEnd + 16);
    c = scramble(c, secretEnd + 32);
    d = scramble(d, secretEnd + 48);
  }
  const s = secretEnd - 7;
  const d0 = v128.load(last);
  const d1 = v128.load(last, 16);
  const k0 = v128.xor(d0, v128.load(s));
  const k1 = v128.xor(d1, v128.load(s, 16));
  const l01 = lows(k0, k1);
  const h01 = highs(k0, k1);
  a = stepLow(a, d0, l01, h01);
  b = stepHigh(b, d1, l01, h01);
  const d2 = v128.load(last, 32);
  const d3 = v128.load(last, 48);
  const k2 = v128.xor(d2, v128.load(s, 32));
  const k3 = v128.xor(d3, v128.load(s, 48));
  const l23 = lows(k2, k3);
  const h23 = highs(k2, k3);
  c = stepLow(c, d2, l23, h23);
  d = stepHigh(d, d3, l23, h23);
  const size = <u64>length;
  low = avalanche(size * PRIME64_1 + merge(a, b, c, d, secret + 11));
  high = avalanche(~(size * PRIME64_2) + merge(a, b, c, d, secretEnd - 11));
}
