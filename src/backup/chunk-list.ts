/**
 * Objects of the kind `list`: which chunks, in which order, and what of them.
 *
 * | field | type | |
 * |---|---|---|
 * | form | u8 | 1, or 2 with a slab |
 * | slab | 32 | form 2 only: id of the slab that holds all chunks, and nothing else |
 * | chunks | uvint n | |
 * | ids | n × 32 | |
 * | raw lengths | n × uvint | |
 * | leaves | n × uvint | leaves in the chunk, 0 where it holds plain bytes |
 * | streams | uvint s, s × uvint | chunks of each stream; a stream is a run of leaves to read from |
 * | extents | uvint m | 0: every leaf of the chunks in order |
 * | extent streams | m × uvint | |
 * | extent skips | m × svint | leaves from where the stream's cursor stands to the first one taken |
 * | extent counts | m × uvint | leaves to take; the cursor then stands behind them |
 *
 * Columns, because each of them compresses well by itself: a merge of SSTables takes turns between
 * their streams, passes over few leaves, and takes few at a time.
 */
import { ByteWriter } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit, LIMITS } from '../limits.js';
import { OBJECT_ID_BYTES, parseRepositoryBytes } from '../repository/index.js';

const FORM = 1;
const FORM_SLAB = 2;

export interface ListedChunk {
  readonly id: Uint8Array;
  readonly rawLength: number;
  readonly leaves: number;
}

/** What is taken from the streams; parallel columns. */
export interface Extents {
  readonly streams: Uint32Array;
  /** Leaves to pass over, negative to go back. */
  readonly skips: Int32Array;
  readonly counts: Uint32Array;
}

export interface ChunkList {
  /** Stream by stream. */
  readonly chunks: readonly ListedChunk[];
  /** Number of chunks of each stream. */
  readonly streams: readonly number[];
  /** Null: every leaf (or byte) of the chunks in order. */
  readonly extents: Extents | null;
  /** Id of the slab that the chunks are in: then the range is its blocks, as they are. */
  readonly slab: Uint8Array | null;
}

/** A list that takes every leaf, or byte, of its chunks. */
export function wholeChunks(
  chunks: readonly ListedChunk[],
  slab: Uint8Array | null = null,
): ChunkList {
  return { chunks, streams: [chunks.length], extents: null, slab };
}

export function encodeChunkList({ chunks, streams, extents, slab }: ChunkList): Uint8Array {
  const writer = new ByteWriter(96 + chunks.length * 40);
  writer.u8(slab === null ? FORM : FORM_SLAB);
  if (slab !== null) writer.bytes(slab);
  writer.uvint(chunks.length);
  for (const { id } of chunks) writer.bytes(id);
  for (const { rawLength } of chunks) writer.uvint(rawLength);
  for (const { leaves } of chunks) writer.uvint(leaves);
  writer.uvint(streams.length);
  for (const count of streams) writer.uvint(count);
  writer.uvint(extents === null ? 0 : extents.counts.length);
  if (extents === null) return writer.toBytes();
  for (const stream of extents.streams) writer.uvint(stream);
  for (const skip of extents.skips) writer.svint(skip);
  for (const count of extents.counts) writer.uvint(count);
  return writer.toBytes();
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Ids are views; throws REPOSITORY_CORRUPT, REPOSITORY_UNSUPPORTED or LIMIT_EXCEEDED. */
export function decodeChunkList(bytes: Uint8Array, where: ErrorDetails = {}): ChunkList {
  return parseRepositoryBytes(bytes, where, (reader) => {
    const form = reader.u8();
    if (form !== FORM && form !== FORM_SLAB) throw unsupported(`form ${form}`, where);
    const slab = form === FORM_SLAB ? reader.view8(OBJECT_ID_BYTES) : null;
    const count = reader.uvint('number of chunks');
    if (count * (OBJECT_ID_BYTES + 2) > reader.remaining) {
      throw reader.corrupt(`a list says it has ${count} chunks`);
    }
    const chunks: Writable<ListedChunk>[] = [];
    for (let i = 0; i < count; i++) {
      chunks.push({ id: reader.view8(OBJECT_ID_BYTES), rawLength: 0, leaves: 0 });
    }
    for (const chunk of chunks) chunk.rawLength = reader.uvint('raw length');
    for (const chunk of chunks) chunk.leaves = reader.uvint('leaves');
    const streams = columnOf('streams', () => reader.uvint('chunks of a stream'));
    if (streams.reduce((sum, n) => sum + n, 0) !== count) {
      throw reader.corrupt('the streams have another number of chunks than the list');
    }
    const extents = reader.uvint('number of extents');
    if (extents * 3 > reader.remaining) {
      throw reader.corrupt(`a list says it has ${extents} extents`);
    }
    const columns = {
      streams: new Uint32Array(extents),
      skips: new Int32Array(extents),
      counts: new Uint32Array(extents),
    };
    for (let i = 0; i < extents; i++) columns.streams[i] = reader.uvint32('stream');
    for (let i = 0; i < extents; i++) columns.skips[i] = reader.svint('leaves to skip');
    for (let i = 0; i < extents; i++) columns.counts[i] = reader.uvint32('leaves to take');
    if (reader.remaining > 0) throw reader.corrupt('bytes follow the extents');
    if (slab !== null && extents > 0) throw reader.corrupt('a slab has all leaves of its list');
    return { chunks, streams, extents: extents === 0 ? null : columns, slab };

    function columnOf(what: string, read: () => number): number[] {
      const length = reader.uvint(`number of ${what}`);
      if (length > reader.remaining) throw reader.corrupt(`a list says it has ${length} ${what}`);
      return Array.from({ length }, read);
    }
  });
}

function unsupported(what: string, where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_UNSUPPORTED', `a chunk list with ${what} is not known`, {
    hint: 'Use a newer sstash.',
    ...where,
  });
}

/** Which leaves of which chunk make up a range, in order; parallel columns. */
export interface Segments {
  readonly count: number;
  /** Number of the chunk in the list. */
  readonly chunk: Uint32Array;
  /** First leaf of it, and how many. */
  readonly first: Uint32Array;
  readonly leaves: Uint32Array;
}

/** The extents of a list cut at its chunks. Throws REPOSITORY_CORRUPT or LIMIT_EXCEEDED. */
export function segmentsOf(list: ChunkList, where: ErrorDetails = {}): Segments {
  const { chunks, extents } = list;
  if (extents === null) {
    const count = chunks.length;
    const leaves = new Uint32Array(count);
    const chunk = new Uint32Array(count);
    for (const [i, { leaves: own }] of chunks.entries()) {
      leaves[i] = own;
      chunk[i] = i;
    }
    return { count, chunk, first: new Uint32Array(count), leaves };
  }
  const builder = new SegmentBuilder(list, where);
  for (const [i, count] of extents.counts.entries()) {
    builder.take(extents.streams[i] as number, extents.skips[i] as number, count);
  }
  return builder.finish();
}

class SegmentBuilder {
  readonly #where: ErrorDetails;
  readonly #chunks: ChunkList['chunks'];
  /** Per chunk: its first leaf, counted from the start of its stream. */
  readonly #starts: Float64Array;
  /** Per stream: its first chunk, and after the last stream the number of chunks. */
  readonly #firstChunk: number[] = [0];
  /** Per stream: leaf and chunk where its cursor stands. */
  readonly #leaf: Float64Array;
  readonly #at: Uint32Array;
  #count = 0;
  #chunk: Uint32Array;
  #first: Uint32Array;
  #taken: Uint32Array;

  constructor({ chunks, streams, extents }: ChunkList, where: ErrorDetails) {
    this.#where = where;
    this.#chunks = chunks;
    // Most extents lie in one chunk, and some in two.
    const length = (extents?.counts.length ?? 0) + chunks.length;
    const expected = Math.min(length, LIMITS.segmentsMax);
    this.#chunk = new Uint32Array(expected);
    this.#first = new Uint32Array(expected);
    this.#taken = new Uint32Array(expected);
    this.#starts = new Float64Array(chunks.length);
    let chunk = 0;
    for (const count of streams) {
      let leaf = 0;
      for (const end = chunk + count; chunk < end; chunk++) {
        this.#starts[chunk] = leaf;
        leaf += chunks[chunk]?.leaves ?? 0;
      }
      this.#firstChunk.push(chunk);
    }
    this.#leaf = new Float64Array(streams.length);
    this.#at = Uint32Array.from(this.#firstChunk.slice(0, -1));
  }

  take(stream: number, skip: number, count: number): void {
    let chunk = this.#at[stream];
    if (chunk === undefined) throw this.#corrupt('takes from a stream that there is not');
    const from = (this.#leaf[stream] as number) + skip;
    const first = this.#firstChunk[stream] as number;
    const end = this.#firstChunk[stream + 1] as number;
    if (from < 0) throw this.#corrupt('goes back before the start of a stream');
    while (chunk > first && from < (this.#starts[chunk] as number)) chunk--;
    for (let leaf = from; leaf < from + count; ) {
      while (chunk < end && leaf >= this.#endOf(chunk)) chunk++;
      if (chunk >= end) throw this.#corrupt('takes more leaves than a stream has');
      const taken = Math.min(this.#endOf(chunk), from + count) - leaf;
      this.#add(chunk, leaf - (this.#starts[chunk] as number), taken);
      leaf += taken;
    }
    this.#leaf[stream] = from + count;
    this.#at[stream] = Math.min(chunk, Math.max(first, end - 1));
  }

  #add(chunk: number, first: number, leaves: number): void {
    const i = this.#count++;
    // An extent may be short in the list and span many chunks: what it says is bounded here.
    checkLimit('segmentsMax', this.#count, this.#where);
    if (i === this.#chunk.length) {
      this.#chunk = doubled(this.#chunk);
      this.#first = doubled(this.#first);
      this.#taken = doubled(this.#taken);
    }
    this.#chunk[i] = chunk;
    this.#first[i] = first;
    this.#taken[i] = leaves;
  }

  #endOf(chunk: number): number {
    return (this.#starts[chunk] as number) + (this.#chunks[chunk]?.leaves ?? 0);
  }

  #corrupt(what: string): SstashError {
    return new SstashError('REPOSITORY_CORRUPT', `a chunk list ${what}`, this.#where);
  }

  finish(): Segments {
    const count = this.#count;
    return {
      count,
      chunk: this.#chunk.subarray(0, count),
      first: this.#first.subarray(0, count),
      leaves: this.#taken.subarray(0, count),
    };
  }
}

function doubled(column: Uint32Array): Uint32Array {
  const longer = new Uint32Array(Math.max(16, 2 * column.length));
  longer.set(column);
  return longer;
}
