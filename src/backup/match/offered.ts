/** How many leaves of each stored chunk a range could have used. */
import type { MatchTask, SourceSlice } from './candidates.js';
import { NO_CHUNK, NOT_STORED } from './match-leaves.js';

/**
 * All leaves of a chunk that lies within the range; of a chunk at an edge, which goes on in
 * neighbouring ranges, those between the first and the last match of its slice. `count` candidates
 * were asked, which may be those of the first slices only.
 */
export function offeredLeaves(
  { sliceStarts, chunkLeaves, isEdge: edges, slices }: MatchTask,
  count: number,
  found: Int32Array,
): Uint32Array {
  const asked = sliceStarts.filter((start) => start < count);
  const [first, end] = matchedPart(asked, count, found);
  const inside = new Uint32Array(chunkLeaves.length);
  const isEdge = edges.slice();
  for (const [slice, start] of asked.entries()) {
    const { segments } = slices[slice] as SourceSlice;
    let from = start;
    for (let i = 0; i < segments.length; i += 3) {
      const number = segments[i] as number;
      const to = from + (segments[i + 2] as number);
      const low = Math.max(from, first[slice] as number);
      const high = Math.min(to, end[slice] as number);
      from = to;
      if (number === NO_CHUNK) continue;
      const within = Math.max(0, high - low);
      inside[number] = (inside[number] as number) + within;
      if (within < (segments[i + 2] as number)) isEdge[number] = 1;
    }
  }
  return chunkLeaves.map((leaves, i) => (isEdge[i] === 1 ? (inside[i] as number) : leaves));
}

/** Of each slice the first candidate that was found, and the one after the last. */
function matchedPart(
  starts: Uint32Array,
  count: number,
  found: Int32Array,
): [Uint32Array, Uint32Array] {
  const first = new Uint32Array(starts.length).fill(count);
  const end = new Uint32Array(starts.length);
  // Matches mostly stay in one slice for a while.
  let slice = 0;
  let low = 0;
  let high = 0;
  for (let i = 0; i < found.length; i++) {
    const at = found[i] as number;
    if (at === NOT_STORED) continue;
    if (at < low || at >= high) {
      slice = sliceOf(starts, at);
      low = starts[slice] as number;
      high = starts[slice + 1] ?? count;
    }
    if (at < (first[slice] as number)) first[slice] = at;
    if (at >= (end[slice] as number)) end[slice] = at + 1;
  }
  return [first, end];
}

function sliceOf(starts: Uint32Array, at: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
