/** Leaves out of a seeded generator, as the walker would hand them out. */
import type { LeafBatch } from '../../src/merkle/index.js';

export interface Leaf {
  readonly head: boolean;
  /** Token xor 2^63, its two halves. */
  readonly ringHigh: number;
  readonly ringLow: number;
  readonly cut: number;
  readonly digest: Uint8Array;
  readonly size: number;
}

/** Numbers from 0 to 2^32 - 1 that depend on the seed alone (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
}

function digest(next: () => number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let w = 0; w < 4; w++) view.setUint32(4 * w, next());
  return bytes;
}

/** `partitions` partitions in token order; every seventh one is large. */
export function makeLeaves(seed: number, partitions: number, rowsOfLarge = 300): Leaf[] {
  const next = random(seed);
  const tokens = Array.from({ length: partitions }, () => next()).sort((a, b) => a - b);
  return tokens.flatMap((ringHigh, p) => {
    const ringLow = next();
    const rows = p % 7 === 3 ? rowsOfLarge : next() % 4;
    return Array.from({ length: 1 + rows }, (_, i): Leaf => {
      const size = 10 + (next() % 90);
      return { head: i === 0, ringHigh, ringLow, cut: next(), digest: digest(next), size };
    });
  });
}

/** Leaves `from` to `to` as one batch that begins at native position `position`. */
export function batchOf(leaves: readonly Leaf[], position: number): LeafBatch {
  const heads = leaves.filter((leaf) => leaf.head);
  const starts: number[] = [];
  let at = 0;
  for (const leaf of leaves) {
    starts.push(at);
    at += leaf.size;
  }
  const leafDigests = new Uint8Array(16 * leaves.length);
  for (const [i, leaf] of leaves.entries()) leafDigests.set(leaf.digest, 16 * i);
  return {
    position,
    leafCount: leaves.length,
    leafStarts: Uint32Array.from(starts),
    leafDigests,
    leafCuts: Uint32Array.from(leaves, (leaf) => leaf.cut),
    leafIsHead: Uint8Array.from(leaves, (leaf) => (leaf.head ? 1 : 0)),
    partitionTokenHigh: Int32Array.from(heads, (leaf) => leaf.ringHigh ^ 0x80000000),
    partitionTokenLow: Uint32Array.from(heads, (leaf) => leaf.ringLow),
  };
}

export const bytesOf = (leaves: readonly Leaf[]): number =>
  leaves.reduce((sum, leaf) => sum + leaf.size, 0);
