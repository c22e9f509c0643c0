/** Where a partition stands on the token ring. */
import { type Kernels, kernels } from '../codec/index.js';
import type { PartitionPlace } from './leaf-source.js';

// Asked for once: looking which kernels are wanted costs more than the hash.
let murmur: Kernels | undefined;

/** Where the partition with `key` stands on the ring; the key is copied. */
export function placeOf(key: Uint8Array): PartitionPlace {
  murmur ??= kernels();
  const hash = murmur.murmur3(key);
  const view = new DataView(hash.buffer, hash.byteOffset, 8);
  let ringHigh = (view.getUint32(0) ^ 0x80000000) >>> 0;
  let ringLow = view.getUint32(4);
  // Cassandra has no token -2^63: it becomes 2^63 - 1.
  if (ringHigh === 0 && ringLow === 0) ringHigh = ringLow = 0xffffffff;
  return { key: new Uint8Array(key), ringHigh, ringLow };
}
