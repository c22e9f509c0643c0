/**
 * MurmurHash3 x64 128, seed 0, as Cassandra computes it, in TypeScript: the specification of
 * native-bindings/assembly/murmur3.ts. The bytes of the tail are sign-extended before they are
 * shifted, which differs from the usual hash where a tail byte is 0x80 or above.
 */
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

const wrap = (x: bigint): bigint => BigInt.asUintN(64, x);
const rotate = (x: bigint, by: bigint): bigint => wrap((x << by) | (x >> (64n - by)));

function finalMix(value: bigint): bigint {
  let x = value;
  x = wrap((x ^ (x >> 33n)) * 0xff51afd7ed558ccdn);
  x = wrap((x ^ (x >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return x ^ (x >> 33n);
}

/** h1 and h2 of a key, each big-endian, before any token fix-up: 16 new bytes. */
export function murmur3Typescript(key: Uint8Array): Uint8Array {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const blocks = key.length & ~15;
  let a = 0n;
  let b = 0n;
  for (let p = 0; p < blocks; p += 16) {
    a ^= wrap(rotate(wrap(view.getBigUint64(p, true) * C1), 31n) * C2);
    a = wrap((rotate(a, 27n) + b) * 5n + 0x52dce729n);
    b ^= wrap(rotate(wrap(view.getBigUint64(p + 8, true) * C2), 33n) * C1);
    b = wrap((rotate(b, 31n) + a) * 5n + 0x38495ab5n);
  }
  let k1 = 0n;
  let k2 = 0n;
  for (let i = 0; blocks + i < key.length; i++) {
    const extended = wrap(BigInt(view.getInt8(blocks + i)) << BigInt(8 * (i & 7)));
    if (i < 8) k1 ^= extended;
    else k2 ^= extended;
  }
  b ^= wrap(rotate(wrap(k2 * C2), 33n) * C1);
  a ^= wrap(rotate(wrap(k1 * C1), 31n) * C2);
  a ^= BigInt(key.length);
  b ^= BigInt(key.length);
  a = wrap(a + b);
  b = wrap(b + a);
  a = finalMix(a);
  b = finalMix(b);
  a = wrap(a + b);
  b = wrap(b + a);
  const out = new DataView(new ArrayBuffer(16));
  out.setBigUint64(0, a);
  out.setBigUint64(8, b);
  return new Uint8Array(out.buffer);
}
