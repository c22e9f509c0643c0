/**
 * Sums of leaf digests: four 32-bit words, each modulo 2^32, and how many leaves went in. A sum is
 * the same in whatever order and grouping its leaves are added, so buckets of any depth, whole
 * SSTables and whole tables are sums of their runs.
 */
import { toHex } from '../binary/index.js';
import { xxh3_128 } from '../codec/index.js';

/** Version of docs/canonical-form.md whose leaves are digested. */
export const CANONICAL_VERSION = 1;

export interface LeafSum {
  readonly leaves: number;
  readonly words: Uint32Array;
}

export const EMPTY_SUM: LeafSum = { leaves: 0, words: new Uint32Array(4) };

/** The sum of `sums`. */
export function addSums(sums: Iterable<LeafSum>): LeafSum {
  const words = new Uint32Array(4);
  let leaves = 0;
  for (const sum of sums) {
    leaves += sum.leaves;
    for (let w = 0; w < 4; w++) words[w] = (words[w] as number) + (sum.words[w] as number);
  }
  return { leaves, words };
}

export function equalSums(a: LeafSum, b: LeafSum): boolean {
  if (a.leaves !== b.leaves) return false;
  for (let w = 0; w < 4; w++) if (a.words[w] !== b.words[w]) return false;
  return true;
}

/** What a root is over: the leaves as they are, or those of the merged view in normal form. */
const LABELS = { leaves: 'sstash leaves', reconciled: 'sstash merged' } as const;

/**
 * The root digest of a multiset of leaves, 32 hex digits: XXH3-128 of `sstash leaves` or
 * `sstash merged`, the canonical form's version (u8), the number of leaves (u64) and the sum's words
 * (4 × u32), big-endian.
 */
export function rootDigest(sum: LeafSum, kind: keyof typeof LABELS = 'leaves'): string {
  const label = new TextEncoder().encode(LABELS[kind]);
  const bytes = new Uint8Array(label.length + 1 + 8 + 16);
  bytes.set(label);
  const view = new DataView(bytes.buffer, label.length);
  view.setUint8(0, CANONICAL_VERSION);
  view.setBigUint64(1, BigInt(sum.leaves));
  for (let w = 0; w < 4; w++) view.setUint32(9 + 4 * w, sum.words[w] as number);
  return toHex(xxh3_128(bytes));
}
