/** How much of the token ring an SSTable's partitions lie in, told from its index summary. */
import { kernels } from '../codec/index.js';
import { parseSummary, type Summary } from '../components/index.js';
import { isSstashError } from '../errors.js';
import type { SSTable } from '../sstable/index.js';

/** Keys that fall into one bucket when they are spread evenly. */
const KEYS_PER_BUCKET = 8;

/** The upper halves of the ring places (token xor 2^63) of the keys that a summary samples. */
function ringHighs(summary: Summary): Uint32Array {
  const ends = new Uint32Array(summary.count);
  let length = 0;
  for (let i = 0; i < summary.count; i++) {
    length += summary.key(i).length;
    ends[i] = length;
  }
  const keys = new Uint8Array(length);
  for (let i = 0; i < summary.count; i++) keys.set(summary.key(i), ends[i - 1] ?? 0);
  // The second of four words is the upper half of the token.
  return kernels()
    .hashMany(keys, ends, summary.count)
    .filter((_, i) => i % 4 === 1)
    .map((high) => high ^ 0x80000000);
}

/** Share from 0 to 1; 1 when there is no summary to tell from. */
export async function ringShare(sstable: SSTable): Promise<number> {
  if (!sstable.components.has('Summary.db')) return 1;
  try {
    const summary = parseSummary(await sstable.readComponent('Summary.db'));
    const depth = Math.max(0, Math.floor(Math.log2(summary.count / KEYS_PER_BUCKET)));
    if (!Number.isFinite(depth) || depth === 0) return 1;
    const buckets = new Set(ringHighs(summary).map((high) => high >>> (32 - depth)));
    return buckets.size / 2 ** depth;
  } catch (error) {
    // A damaged summary is no reason not to build a tree: it only guesses the size of runs.
    if (isSstashError(error)) return 1;
    throw error;
  }
}
