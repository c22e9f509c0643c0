/** Murmur3 hash of partition keys, for tokens and Bloom filters (format reference, 12 and 16). */
import { kernels, murmur3Typescript } from '../codec/index.js';

export interface KeyHash {
  /** Signed 64-bit halves, as the Bloom filter uses them. */
  readonly h1: bigint;
  readonly h2: bigint;
  /** Token of Murmur3Partitioner: h1 with its two exceptions. */
  readonly token: bigint;
}

const MIN = -(2n ** 63n);
/** Loading the kernels takes longer than hashing so many keys without them. */
const FEW = 100;
let few = 0;

function hashOf(key: Uint8Array): Uint8Array {
  if (few >= FEW) return kernels().murmur3(key);
  few++;
  return murmur3Typescript(key);
}

/** Hash of a key; an empty key has the smallest token, no other key has. */
export function murmur3(key: Uint8Array): KeyHash {
  const hash = hashOf(key);
  const view = new DataView(hash.buffer, hash.byteOffset, 16);
  const h1 = view.getBigInt64(0);
  return { h1, h2: view.getBigInt64(8), token: key.length === 0 ? MIN : h1 === MIN ? ~MIN : h1 };
}
