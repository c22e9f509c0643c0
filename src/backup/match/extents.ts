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

export function extentsOf(
  found: Int32Array,
  candidates: Candidates,
  stored: StoredChunks,
): MatchedExtents {
  const { chunks, streams, streamOf, startOf } = layoutOf(found, candidates, stored);
  const columns = new ExtentBuilder(streams.length + 1);
  let own = 0;
  for (const at of found) {
    if (at === NOT_STORED) {
      columns.take(0, own++);
      continue;
    }
    const chunk = candidates.chunk[at] as number;
    const leaf = (startOf[chunk] as number) + (candidates.leaf[at] as number);
    columns.take(streamOf[chunk] as number, leaf);
  }
  return {
    chunks: Uint32Array.from(chunks),
    streams: Uint32Array.from(streams),
    extents: columns.finish(),
  };
}

/** The chunks that are used, grouped by stream; streams of which nothing is used are left out. */
function layoutOf(found: Int32Array, candidates: Candidates, stored: StoredChunks): Layout {
  const isUsed = new Uint8Array(stored.leaves.length);
  for (const at of found) if (at !== NOT_STORED) isUsed[candidates.chunk[at] as number] = 1;
  const byStream = new Map<number, number[]>();
  for (const [chunk, used] of isUsed.entries()) {
    if (used === 0) continue;
    const stream = stored.stream[chunk] as number;
    const members = byStream.get(stream);
    if (members === undefined) byStream.set(stream, [chunk]);
    else members.push(chunk);
  }
  const chunks: number[] = [];
  const streams: number[] = [];
  const streamOf = new Uint32Array(isUsed.length);
  const startOf = new Float64Array(isUsed.length);
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

  take(stream: number, leaf: number): void {
    const cursor = this.#cursors[stream] as number;
    this.#cursors[stream] = leaf + 1;
    if (stream === this.#last && leaf === cursor) {
      const i = this.#counts.length - 1;
      this.#counts[i] = (this.#counts[i] as number) + 1;
      return;
    }
    this.#streams.push(stream);
    this.#skips.push(leaf - cursor);
    this.#counts.push(1);
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
