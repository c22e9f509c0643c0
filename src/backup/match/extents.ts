/** Matches of a range as streams and extents of its chunk list. */
import type { Extents } from '../chunk-list.js';
import { type Candidates, NOT_STORED } from './match-leaves.js';

/** What a list takes; stream 0 is the range's own new leaves, in chunks that come first. */
export interface MatchedExtents {
  /** Numbers of the stored chunks that are used, stream by stream, from stream 1 on. */
  readonly chunks: Uint32Array;
  /** Number of chunks of each of those streams. */
  readonly streams: Uint32Array;
  readonly extents: Extents;
}

/** What is known of stored chunks, by their number. */
export interface StoredChunks {
  /** Leaves in the chunk. */
  readonly leaves: Uint32Array;
  /** Which stream it belongs to; within a stream the numbers are in the order of the leaves. */
  readonly stream: Uint32Array;
}

interface Layout {
  readonly chunks: number[];
  readonly streams: number[];
  /** Per chunk: its stream in the list, and its first leaf from the start of that stream. */
  readonly streamOf: Uint32Array;
  readonly startOf: Float64Array;
}

/** `used`: how many leaves of each stored chunk are taken, as `dropPoorChunks` counts them. */
export function extentsOf(
  found: Int32Array,
  used: Uint32Array,
  { chunk, leaf }: Candidates,
  stored: StoredChunks,
): MatchedExtents {
  const { chunks, streams, streamOf, startOf } = layoutOf(used, stored);
  const columns = new ExtentBuilder(streams.length + 1);
  let own = 0;
  for (let i = 0; i < found.length; ) {
    const at = found[i] as number;
    let end = i + 1;
    if (at === NOT_STORED) {
      while (found[end] === NOT_STORED) end++;
      columns.take(0, own, end - i);
      own += end - i;
    } else {
      const from = chunk[at] as number;
      const first = leaf[at] as number;
      for (let next = at + 1; found[end] === next; next++, end++) {
        if (chunk[next] !== from || leaf[next] !== first + (next - at)) break;
      }
      columns.take(streamOf[from] as number, (startOf[from] as number) + first, end - i);
    }
    i = end;
  }
  return {
    chunks: Uint32Array.from(chunks),
    streams: Uint32Array.from(streams),
    extents: columns.finish(),
  };
}

/** The chunks that are used, grouped by stream; streams of which nothing is used are left out. */
function layoutOf(used: Uint32Array, stored: StoredChunks): Layout {
  const byStream = new Map<number, number[]>();
  for (const [chunk, count] of used.entries()) {
    if (count === 0) continue;
    const stream = stored.stream[chunk] as number;
    const members = byStream.get(stream);
    if (members === undefined) byStream.set(stream, [chunk]);
    else members.push(chunk);
  }
  const chunks: number[] = [];
  const streams: number[] = [];
  const streamOf = new Uint32Array(used.length);
  const startOf = new Float64Array(used.length);
  for (const members of byStream.values()) {
    streams.push(members.length);
    let leaf = 0;
    for (const chunk of members) {
      chunks.push(chunk);
      streamOf[chunk] = streams.length;
      startOf[chunk] = leaf;
      leaf += stored.leaves[chunk] as number;
    }
  }
  return { chunks, streams, streamOf, startOf };
}

class ExtentBuilder {
  readonly #streams: number[] = [];
  readonly #skips: number[] = [];
  readonly #counts: number[] = [];
  /** Per stream: the leaf after the last one taken. */
  readonly #cursors: Float64Array;
  #last = -1;

  constructor(streams: number) {
    this.#cursors = new Float64Array(streams);
  }

  /** `count` leaves of a stream, from `leaf` on. */
  take(stream: number, leaf: number, count: number): void {
    const cursor = this.#cursors[stream] as number;
    this.#cursors[stream] = leaf + count;
    if (stream === this.#last && leaf === cursor) {
      const i = this.#counts.length - 1;
      this.#counts[i] = (this.#counts[i] as number) + count;
      return;
    }
    this.#streams.push(stream);
    this.#skips.push(leaf - cursor);
    this.#counts.push(count);
    this.#last = stream;
  }

  finish(): Extents {
    return {
      streams: Uint32Array.from(this.#streams),
      skips: Int32Array.from(this.#skips),
      counts: Uint32Array.from(this.#counts),
    };
  }
}
