/** The canonical bytes of a range out of the chunks that its list names. */
import { leafEnds } from '../canonical/index.js';
import { SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import type { ObjectReader, PlacedObject } from '../repository/index.js';
import { type ChunkList, type ListedChunk, type Segments, segmentsOf } from './chunk-list.js';

/** Bytes that are handed over at a time: what stays in the processor's cache. */
const PIECE_BYTES = 128 * 1024;

/**
 * Yields the leaves of a range in order, views that are valid until the next one is asked for;
 * `places` are those of the list's chunks. Throws REPOSITORY_… errors.
 */
export async function* assembleLeaves(
  reader: ObjectReader,
  list: ChunkList,
  places: readonly PlacedObject[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (list.extents === null) {
    for await (const { raw } of reader.readAll(places, signal)) yield raw;
    return;
  }
  const raws = await readChunks(reader, list.chunks, places, signal);
  yield* gather(list.chunks, segmentsOf(list), raws);
}

/** All chunks of the list, in the order in which they lie in packs: neighbours cost one read. */
async function readChunks(
  reader: ObjectReader,
  chunks: readonly ListedChunk[],
  places: readonly PlacedObject[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const total = chunks.reduce((sum, { rawLength }) => sum + rawLength, 0);
  checkLimit('rangeChunkBytesMax', total);
  const order = places.map((place, i) => ({ place, i }));
  order.sort((a, b) => comparePlaces(a.place, b.place));
  const raws: Uint8Array[] = new Array(places.length);
  let at = 0;
  const sorted = order.map(({ place }) => place);
  for await (const { raw } of reader.readAll(sorted, signal)) {
    raws[order[at++]?.i as number] = raw;
  }
  return raws;
}

function comparePlaces(a: PlacedObject, b: PlacedObject): number {
  if (a.pack !== b.pack) return a.pack < b.pack ? -1 : 1;
  return a.offset - b.offset;
}

function* gather(
  chunks: readonly ListedChunk[],
  segments: Segments,
  raws: readonly Uint8Array[],
): Generator<Uint8Array, void, undefined> {
  const ends: (Uint32Array | undefined)[] = new Array(chunks.length);
  const buffer = new Uint8Array(PIECE_BYTES);
  let length = 0;
  for (let i = 0; i < segments.count; i++) {
    const chunk = segments.chunk[i] as number;
    const first = segments.first[i] as number;
    const leaves = segments.leaves[i] as number;
    const raw = raws[chunk] as Uint8Array;
    let bytes = raw;
    if (leaves !== chunks[chunk]?.leaves) {
      ends[chunk] ??= leafEnds(raw, chunks[chunk]?.leaves ?? 0);
      bytes = leavesOf(raw, ends[chunk] as Uint32Array, first, leaves);
    }
    if (length + bytes.length > buffer.length && length > 0) {
      yield buffer.subarray(0, length);
      length = 0;
    }
    if (bytes.length > buffer.length) {
      yield bytes;
    } else {
      buffer.set(bytes, length);
      length += bytes.length;
    }
  }
  if (length > 0) yield buffer.subarray(0, length);
}

function leavesOf(raw: Uint8Array, ends: Uint32Array, first: number, count: number): Uint8Array {
  const from = first === 0 ? 0 : ends[first - 1];
  const to = ends[first + count - 1];
  if (from !== undefined && to !== undefined) return raw.subarray(from, to);
  throw new SstashError('REPOSITORY_CORRUPT', 'a list takes more leaves than a chunk has');
}
