/** Batches of partitions that nobody read off rows. */
import { ByteWriter } from '../../src/binary/index.js';
import type { PartitionBatch } from '../../src/components/index.js';

/** Partitions of 100 bytes without row indexes, the first of them at `position`. */
export function batchOfKeys(keys: readonly Uint8Array[], position: number): PartitionBatch {
  const w = new ByteWriter();
  const starts = Uint32Array.from(keys, (key, i) => {
    const start = w.length;
    w.shortBytes(key);
    w.uvint(position + 100 * i);
    w.u8(0);
    return start;
  });
  return { count: keys.length, entries: w.toBytes(), starts, indexed: [] };
}
