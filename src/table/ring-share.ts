/** How much of the token ring an SSTable's partitions lie in, told from its index summary. */
import { kernels } from '../codec/index.js';
import { parseSummary } from '../components/index.js';
import { isSstashError } from '../errors.js';
import type { SSTable } from '../sstable/index.js';

/** Keys that fall into one bucket when they are spread evenly. */
const KEYS_PER_BUCKET = 8;

/** The upper half of a key's ring place (token xor 2^63). */
function ringHigh(key: Uint8Array): number {
  const hash = kernels().murmur3(key);
  return (new DataView(hash.buffer, hash.byteOffset).getUint32(0) ^ 0x80000000) >>> 0;
}

/** Share from 0 to 1; 1 when there is no summary to tell from. */
export async function ringShare(sstable: SSTable): Promise<number> {
  if (!sstable.components.has('Summary.db')) return 1;
  try {
    const summary = parseSummary(await sstable.readComponent('Summary.db'));
    const depth = Math.max(0, Math.floor(Math.log2(summary.count / KEYS_PER_BUCKET)));
    if (!Number.isFinite(depth) || depth === 0) return 1;
    const buckets = new Set<number>();
    for (let i = 0; i < summary.count; i++) {
      buckets.add(ringHigh(summary.key(i)) >>> (32 - depth));
    }
    return buckets.size / 2 ** depth;
  } catch (error) {
    // A damaged summary is no reason not to build a tree: it only guesses the size of runs.
    if (isSstashError(error)) return 1;
    throw error;
  }
}
