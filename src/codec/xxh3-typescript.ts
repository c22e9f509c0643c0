/**
 * XXH3 with 128 bits, seed 0, in TypeScript with BigInt: the specification of
 * native-bindings/assembly/xxh3.ts, and much slower.
 */
export const XXH3_SECRET_BYTES = 192;

const DEFAULT_SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f' +
    'cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c' +
    '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364' +
    'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e' +
    '2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;
const LOW32 = 0xffffffffn;
const STRIPE = 64;
/** A block is as many stripes as use up the secret, 8 bytes each. */
const BLOCK = 1024;

interface Hash {
  readonly low: bigint;
  readonly high: bigint;
}

const wrap = (x: bigint): bigint => BigInt.asUintN(64, x);

function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return wrap(product) ^ (product >> 64n);
}

function avalanche(value: bigint): bigint {
  const x = wrap((value ^ (value >> 37n)) * PRIME_MX1);
  return x ^ (x >> 32n);
}

function avalanche64(value: bigint): bigint {
  let x = wrap((value ^ (value >> 33n)) * PRIME64_2);
  x = wrap((x ^ (x >> 29n)) * PRIME64_3);
  return x ^ (x >> 32n);
}

function swapBytes(value: bigint, bytes: number): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++) out = (out << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** Input and secret as little-endian words. */
class Words {
  readonly length: number;
  readonly #view: DataView;
  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  u8(at: number): bigint {
    return BigInt(this.#view.getUint8(at));
  }
  u32(at: number): bigint {
    return BigInt(this.#view.getUint32(at, true));
  }
  u64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }
}

/** XXH3_128bits, or XXH3_128bits_withSecret of 192 bytes: 16 new bytes, big-endian. */
export function xxh3Typescript(bytes: Uint8Array, secret: Uint8Array = DEFAULT_SECRET): Uint8Array {
  const input = new Words(bytes);
  const key = new Words(secret);
  const { low, high } = hash(input, key);
  const out = new DataView(new ArrayBuffer(16));
  out.setBigUint64(0, high);
  out.setBigUint64(8, low);
  return new Uint8Array(out.buffer);
}

function hash(input: Words, secret: Words): Hash {
  const { length } = input;
  if (length > 240) return long(input, secret);
  if (length > 128) return upTo240(input, secret);
  if (length > 16) return upTo128(input, secret);
  if (length > 8) return upTo16(input, secret);
  if (length >= 4) return upTo8(input, secret);
  if (length > 0) return upTo3(input, secret);
  return {
    low: avalanche64(secret.u64(64) ^ secret.u64(72)),
    high: avalanche64(secret.u64(80) ^ secret.u64(88)),
  };
}

function upTo3(input: Words, secret: Words): Hash {
  const { length } = input;
  const first = input.u8(0) << 16n;
  const middle = input.u8(length >> 1) << 24n;
  const low = first | middle | input.u8(length - 1) | (BigInt(length) << 8n);
  const swapped = swapBytes(low, 4);
  const high = ((swapped << 13n) | (swapped >> 19n)) & LOW32;
  return {
    low: avalanche64(low ^ secret.u32(0) ^ secret.u32(4)),
    high: avalanche64(high ^ secret.u32(8) ^ secret.u32(12)),
  };
}

function upTo8(input: Words, secret: Words): Hash {
  const { length } = input;
  const value = input.u32(0) | (input.u32(length - 4) << 32n);
  const keyed = value ^ secret.u64(16) ^ secret.u64(24);
  const product = keyed * (PRIME64_1 + BigInt(length << 2));
  let low = wrap(product);
  const high = wrap((product >> 64n) + (low << 1n));
  low ^= high >> 3n;
  low = wrap((low ^ (low >> 35n)) * PRIME_MX2);
  return { low: low ^ (low >> 28n), high: avalanche(high) };
}

function upTo16(input: Words, secret: Words): Hash {
  const { length } = input;
  let last = input.u64(length - 8);
  const keyed = input.u64(0) ^ last ^ secret.u64(32) ^ secret.u64(40);
  const product = keyed * PRIME64_1;
  let low = wrap(product + (BigInt(length - 1) << 54n));
  last ^= secret.u64(48) ^ secret.u64(56);
  const high = wrap((product >> 64n) + last + (last & LOW32) * (PRIME32_2 - 1n));
  low ^= swapBytes(high, 8);
  const mixed = low * PRIME64_2;
  return {
    low: avalanche(wrap(mixed)),
    high: avalanche(wrap((mixed >> 64n) + high * PRIME64_2)),
  };
}

function mix16(input: Words, at: number, secret: Words, key: number): bigint {
  return fold(input.u64(at) ^ secret.u64(key), input.u64(at + 8) ^ secret.u64(key + 8));
}

function mix32(acc: Hash, input: Words, a: number, b: number, secret: Words, key: number): Hash {
  const low = wrap(acc.low + mix16(input, a, secret, key));
  const high = wrap(acc.high + mix16(input, b, secret, key + 16));
  return {
    low: low ^ wrap(input.u64(b) + input.u64(b + 8)),
    high: high ^ wrap(input.u64(a) + input.u64(a + 8)),
  };
}

function finish(acc: Hash, length: number): Hash {
  const mixed = acc.low * PRIME64_1 + acc.high * PRIME64_4 + BigInt(length) * PRIME64_2;
  return { low: avalanche(wrap(acc.low + acc.high)), high: wrap(-avalanche(wrap(mixed))) };
}

function upTo128(input: Words, secret: Words): Hash {
  const { length } = input;
  let acc: Hash = { low: wrap(BigInt(length) * PRIME64_1), high: 0n };
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    acc = mix32(acc, input, 16 * i, length - 16 * (i + 1), secret, 32 * i);
  }
  return finish(acc, length);
}

function upTo240(input: Words, secret: Words): Hash {
  const { length } = input;
  let acc: Hash = { low: wrap(BigInt(length) * PRIME64_1), high: 0n };
  for (let i = 0; i < 128; i += 32) acc = mix32(acc, input, i, i + 16, secret, i);
  acc = { low: avalanche(acc.low), high: avalanche(acc.high) };
  for (let i = 160; i <= length; i += 32) {
    acc = mix32(acc, input, i - 32, i - 16, secret, 3 + i - 160);
  }
  acc = mix32(acc, input, length - 16, length - 32, secret, 136 - 17 - 16);
  return finish(acc, length);
}

function accumulate(acc: BigUint64Array, input: Words, at: number, secret: Words, key: number) {
  for (let lane = 0; lane < 8; lane++) {
    const data = input.u64(at + 8 * lane);
    const keyed = data ^ secret.u64(key + 8 * lane);
    acc[lane ^ 1] = (acc[lane ^ 1] as bigint) + data;
    acc[lane] = (acc[lane] as bigint) + (keyed & LOW32) * (keyed >> 32n);
  }
}

function merge(acc: BigUint64Array, secret: Words, key: number, start: bigint): bigint {
  let sum = start;
  for (let i = 0; i < 4; i++) {
    const a = (acc[2 * i] as bigint) ^ secret.u64(key + 16 * i);
    const b = (acc[2 * i + 1] as bigint) ^ secret.u64(key + 16 * i + 8);
    sum += fold(a, b);
  }
  return avalanche(wrap(sum));
}

function long(input: Words, secret: Words): Hash {
  const { length } = input;
  // A BigUint64Array wraps to 64 bits at every store.
  const acc = new BigUint64Array([
    PRIME32_3,
    PRIME64_1,
    PRIME64_2,
    PRIME64_3,
    PRIME64_4,
    PRIME32_2,
    PRIME64_5,
    PRIME32_1,
  ]);
  const secretEnd = XXH3_SECRET_BYTES - STRIPE;
  for (let at = 0; at + STRIPE < length; at += STRIPE) {
    accumulate(acc, input, at, secret, (at % BLOCK) / 8);
    if ((at + STRIPE) % BLOCK !== 0 || at + STRIPE >= length) continue;
    for (let lane = 0; lane < 8; lane++) {
      const x = acc[lane] as bigint;
      acc[lane] = (x ^ (x >> 47n) ^ secret.u64(secretEnd + 8 * lane)) * PRIME32_1;
    }
  }
  accumulate(acc, input, length - STRIPE, secret, secretEnd - 7);
  const size = BigInt(length);
  return {
    low: merge(acc, secret, 11, wrap(size * PRIME64_1)),
    high: merge(acc, secret, secretEnd - 11, wrap(~(size * PRIME64_2))),
  };
}
