/**
 * Chunks of leaves. A chunk is consecutive leaves' canonical bytes, back to back; where it begins is
 * decided by the leaves alone, so that rows which stand together in two SSTables make equal chunks:
 *
 * - a chunk begins before a leaf with `cut × average < bytes × 2^32`, where `cut` is the leaf's place
 *   hash (docs/canonical-form.md, 4) and `bytes` its length: on average every `average` bytes,
 *   whatever the size of the leaves;
 * - a chunk begins where it would grow beyond the greatest size otherwise. A leaf larger than that is
 *   a chunk of its own;
 * - a chunk begins at every range of the SSTable (a range is what one worker reads, about 8 MiB).
 */
import type { ChunkSettings } from '../repository/index.js';

/** What the walker gives for a window, as far as chunks are concerned. */
export interface LeafBytes {
  readonly bytes: Uint8Array;
  readonly leafCount: number;
  readonly leafEnds: Uint32Array;
  readonly leafCuts: Uint32Array;
}

/** Gets each chunk's raw bytes, a view that is valid during the call, and its number of leaves. */
export type ChunkSink = (raw: Uint8Array, leaves: number) => void;

/** Told which leaf of the window that is being added begins a chunk. */
export type ChunkStart = (leaf: number) => void;

export class LeafChunker {
  readonly #settings: ChunkSettings;
  readonly #sink: ChunkSink;
  readonly #start: ChunkStart | undefined;
  #bytes: Uint8Array;
  #length = 0;
  #leaves = 0;

  constructor(settings: ChunkSettings, sink: ChunkSink, start?: ChunkStart) {
    this.#settings = settings;
    this.#sink = sink;
    this.#start = start;
    this.#bytes = new Uint8Array(settings.maxBytes);
  }

  add(window: LeafBytes): void {
    const { averageBytes, maxBytes } = this.#settings;
    const { bytes, leafEnds, leafCuts, leafCount } = window;
    /** Leaves from `copied` on are part of the open chunk, but not in its buffer yet. */
    let copied = 0;
    let copiedLeaf = 0;
    let start = 0;
    for (let i = 0; i < leafCount; i++) {
      const end = leafEnds[i] as number;
      const length = end - start;
      const open = this.#length + (start - copied);
      const cuts = (leafCuts[i] as number) * averageBytes < length * 4294967296;
      if (open > 0 && (cuts || open + length > maxBytes)) {
        this.#append(bytes.subarray(copied, start), i - copiedLeaf);
        this.#close();
        copied = start;
        copiedLeaf = i;
        this.#start?.(i);
      } else if (open === 0) {
        this.#start?.(i);
      }
      start = end;
    }
    this.#append(bytes.subarray(copied, start), leafCount - copiedLeaf);
  }

  /** Ends the last chunk; the chunker may go on with another range. */
  finish(): void {
    if (this.#leaves > 0) this.#close();
  }

  #append(bytes: Uint8Array, leaves: number): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(needed);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
    this.#leaves += leaves;
  }

  #close(): void {
    this.#sink(this.#bytes.subarray(0, this.#length), this.#leaves);
    this.#length = 0;
    this.#leaves = 0;
    if (this.#bytes.length > this.#settings.maxBytes) {
      this.#bytes = new Uint8Array(this.#settings.maxBytes);
    }
  }
}
