/** How many leaves of each stored chunk a range could have used. */
import type { MatchTask } from './candidates.js';
import { type Candidates, NO_CHUNK, NOT_STORED } from './match-leaves.js';

/**
 * All leaves of a chunk that lies within the range; of a chunk at an edge, which goes on in
 * neighbouring ranges, those between the first and the last match of its slice.
 */
export function offeredLeaves(
  task: MatchTask,
  { chunk, count }: Candidates,
  found: Int32Array,
): Uint32Array {
  const { sliceStarts, chunkLeaves } = task;
  // Candidates may be those of the first slices only.
  const slices = sliceStarts.filter((start) => start < count).length;
  const first = new Uint32Array(slices).fill(count);
  const end = new Uint32Array(slices);
  for (const at of found) {
    if (at === NOT_STORED) continue;
    const slice = sliceOf(sliceStarts, at);
    if (at < (first[slice] as number)) first[slice] = at;
    if (at >= (end[slice] as number)) end[slice] = at + 1;
  }
  const inside = new Uint32Array(chunkLeaves.length);
  const isEdge = task.isEdge.slice();
  for (let slice = 0; slice < slices; slice++) {
    const to = sliceStarts[slice + 1] ?? count;
    for (let at = sliceStarts[slice] as number; at < to; at++) {
      const number = chunk[at] as number;
      if (number === NO_CHUNK) continue;
      const isInside = at >= (first[slice] as number) && at < (end[slice] as number);
      if (isInside) inside[number] = (inside[number] as number) + 1;
      else isEdge[number] = 1;
    }
  }
  return chunkLeaves.map((leaves, i) => (isEdge[i] === 1 ? (inside[i] as number) : leaves));
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
