/** Leaves of a window as a window of their own. */
import type { LeafBytes } from '../leaf-chunks.js';

export function bytesBefore({ leafEnds }: LeafBytes, leaf: number): number {
  return leaf === 0 ? 0 : (leafEnds[leaf - 1] as number);
}

/** The leaves `from` to `to`. */
export function partOf(window: LeafBytes, from: number, to: number): LeafBytes {
  if (from === 0 && to === window.leafCount) return window;
  const start = bytesBefore(window, from);
  return {
    bytes: window.bytes.subarray(start, bytesBefore(window, to)),
    leafEnds: window.leafEnds.subarray(from, to).map((end) => end - start),
    leafCuts: window.leafCuts.subarray(from, to),
    leafCount: to - from,
  };
}
