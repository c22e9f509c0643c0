/** The canonical bytes of a range out of the chunks that its list names. */
import { leafEnds } from '../canonical/index.js';
import { SstashError } from '../errors.js';
import type { BytePool } from '../io/index.js';
import { checkLimit } from '../limits.js';
import type { PlacedObject } from '../repository/index.js';
import { type ChunkList, type ListedChunk, type Segments, segmentsOf } from './chunk-list.js';
import type { LeafChunkReader } from './slabs/index.js';

/** Bytes that are handed over at a time: what stays in the processor's cache. */
const PIECE_BYTES = 256 * 1024;
/** Raw bytes of chunks that are read at a time. */
const READ_BYTES = 2 * 1024 * 1024;

export interface PieceMemory {
  /** Which the reader takes raw bytes from; those that are not needed any more go back to it. */
  readonly pool: BytePool;
  /** Room for a piece; nobody may look at the last one any more. */
  window(length: number): Uint8Array;
}

/**
 * Yields the leaves of a range in order, views that are valid until the next one is asked for, most
 * of them of `memory.window`; `places` are those of the list's chunks. Throws REPOSITORY_… errors.
 */
export async function* assembleLeaves(
  reader: LeafChunkReader,
  list: ChunkList,
  places: readonly PlacedObject[],
  memory: PieceMemory,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (list.extents === null) {
    for await (const { raw } of reader.readAll(places, signal)) {
      yield raw;
      memory.pool.giveBack(raw);
    }
    return;
  }
  const segments = segmentsOf(list);
  const assembly = new Assembly(list.chunks, segments, memory);
  for (let from = 0; from < segments.count; ) {
    const { end, missing } = assembly.next(from);
    await readChunks(reader, places, missing, assembly.raws, signal);
    yield* assembly.gather(from, end);
    from = end;
  }
}

/** Reads chunks in the order in which they lie in packs: neighbours cost one read. */
async function readChunks(
  reader: LeafChunkReader,
  places: readonly PlacedObject[],
  wanted: readonly number[],
  raws: (Uint8Array | undefined)[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const order = wanted.map((chunk) => ({ chunk, place: places[chunk] as PlacedObject }));
  order.sort((a, b) => comparePlaces(a.place, b.place));
  const sorted = order.map(({ place }) => place);
  let at = 0;
  for await (const { raw } of reader.readAll(sorted, signal)) {
    raws[order[at++]?.chunk as number] = raw;
  }
}

function comparePlaces(a: PlacedObject, b: PlacedObject): number {
  if (a.pack !== b.pack) return a.pack < b.pack ? -1 : 1;
  return a.offset - b.offset;
}

/** Puts segments together; a chunk is held from the first segment that takes of it to the last. */
class Assembly {
  readonly raws: (Uint8Array | undefined)[];
  readonly #chunks: readonly ListedChunk[];
  readonly #segments: Segments;
  /** Per chunk: the last segment that takes of it. */
  readonly #last: Uint32Array;
  readonly #ends: (Uint32Array | undefined)[];
  readonly #memory: PieceMemory;
  #held = 0;

  constructor(chunks: readonly ListedChunk[], segments: Segments, memory: PieceMemory) {
    this.#memory = memory;
    this.#chunks = chunks;
    this.#segments = segments;
    this.raws = new Array(chunks.length);
    this.#ends = new Array(chunks.length);
    this.#last = new Uint32Array(chunks.length);
    for (let i = 0; i < segments.count; i++) this.#last[segments.chunk[i] as number] = i;
  }

  /** Segments from `from` on that new chunks of about READ_BYTES are enough for, and these chunks. */
  next(from: number): { readonly end: number; readonly missing: number[] } {
    const missing = new Set<number>();
    let bytes = 0;
    let end = from;
    for (; end < this.#segments.count; end++) {
      const chunk = this.#segments.chunk[end] as number;
      if (this.raws[chunk] !== undefined || missing.has(chunk)) continue;
      if (bytes >= READ_BYTES) break;
      missing.add(chunk);
      bytes += this.#chunks[chunk]?.rawLength ?? 0;
    }
    this.#held += bytes;
    checkLimit('rangeChunkBytesMax', this.#held);
    return { end, missing: [...missing] };
  }

  *gather(from: number, to: number): Generator<Uint8Array, void, undefined> {
    let buffer = this.#memory.window(PIECE_BYTES);
    let length = 0;
    for (let i = from; i < to; i++) {
      const bytes = this.#segment(i);
      if (length + bytes.length > buffer.length && length > 0) {
        yield buffer.subarray(0, length);
        buffer = this.#memory.window(PIECE_BYTES);
        length = 0;
      }
      if (bytes.length > buffer.length) {
        yield bytes;
        buffer = this.#memory.window(PIECE_BYTES);
      } else {
        buffer.set(bytes, length);
        length += bytes.length;
      }
      this.#forget(i);
    }
    if (length > 0) yield buffer.subarray(0, length);
  }

  #segment(i: number): Uint8Array {
    const chunk = this.#segments.chunk[i] as number;
    const first = this.#segments.first[i] as number;
    const leaves = this.#segments.leaves[i] as number;
    const all = this.#chunks[chunk]?.leaves ?? 0;
    const raw = this.raws[chunk] as Uint8Array;
    if (leaves === all) return raw;
    const ends = this.#ends[chunk] ?? leafEnds(raw, all);
    this.#ends[chunk] = ends;
    return leavesOf(raw, ends, first, leaves);
  }

  /** Lets a chunk go where segment `i`, which was taken, is the last one of it. */
  #forget(i: number): void {
    const chunk = this.#segments.chunk[i] as number;
    if (this.#last[chunk] !== i) return;
    const raw = this.raws[chunk] as Uint8Array;
    this.#memory.pool.giveBack(raw);
    this.raws[chunk] = undefined;
    this.#ends[chunk] = undefined;
    this.#held -= raw.length;
  }
}

function leavesOf(raw: Uint8Array, ends: Uint32Array, first: number, count: number): Uint8Array {
  const from = first === 0 ? 0 : ends[first - 1];
  const to = ends[first + count - 1];
  if (from !== undefined && to !== undefined) return raw.subarray(from, to);
  throw new SstashError('REPOSITORY_CORRUPT', 'a list takes more leaves than a chunk has');
}
