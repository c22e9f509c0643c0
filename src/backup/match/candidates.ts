/** Worker side: the stored leaves that a range may hold again, with their digests. */
import { leafDigests, leafEnds, MATCH_DIGEST_BYTES } from '../../canonical/index.js';
import { isSstashError } from '../../errors.js';
import { BytePool } from '../../io/index.js';
import { openStore } from '../../store/index.js';
import { type PackedPlaces, placeAt } from '../read-stream.js';
import { LeafChunkReader } from '../slabs/index.js';
import { readDigests } from './digest-cache.js';
import { type Candidates, DIGEST_WORDS, NO_CHUNK } from './match-leaves.js';

/** Consecutive leaves of one chunk list of a stored SSTable. */
export interface SourceSlice {
  /** Digests of the list as they may be cached: path, leaves of the list, the first one here. */
  readonly cache: { readonly path: string; readonly leaves: number; readonly first: number } | null;
  /** Three numbers a segment: chunk (in MatchTask) or NO_CHUNK, first leaf in it, leaves. */
  readonly segments: Uint32Array;
}

/** What a worker needs to match one range. */
export interface MatchTask {
  readonly slices: readonly SourceSlice[];
  /** Slices from this one on are looked at only where those before them have little. */
  readonly olderFrom: number;
  /** The first candidates from SSTables of other nodes: since this node's last backup, and older. */
  readonly recentStart: number;
  readonly olderStart: number;
  /** Number of the first candidate of each slice. */
  readonly sliceStarts: Uint32Array;
  /** The chunks of all slices: where they lie, their leaves, and the stream each is part of. */
  readonly chunks: PackedPlaces;
  readonly chunkLeaves: Uint32Array;
  readonly chunkStream: Uint32Array;
  /** Least share of a chunk's leaves that the range must use. */
  readonly leastShare: Float32Array;
  /** 1 for chunks that may go on outside the range. */
  readonly isEdge: Uint8Array;
  readonly location: string;
  readonly idsKey: Uint8Array;
}

export interface LoadedCandidates extends Candidates {
  /** Numbers of the chunks that were to be read and cannot be: none of their leaves is found. */
  readonly unreadable: readonly number[];
}

const WORD_BYTES = 4;
/** Chunks that are read together, about 1 MiB of rows: the range that is matched is held as well. */
const READ_CHUNKS = 16;
/** Of this thread: chunks of which digests are made. */
const pool = new BytePool(4 * 1024 * 1024);

/** The candidates of the first `sliceCount` slices. */
export async function loadCandidates(
  task: MatchTask,
  sliceCount: number,
  secret: Uint8Array,
  signal?: AbortSignal,
): Promise<LoadedCandidates> {
  const slices = task.slices.slice(0, sliceCount);
  let count = 0;
  for (const { segments } of slices) count += leavesOf(segments);
  const digests = new Uint32Array(count * DIGEST_WORDS);
  const candidates = {
    count,
    digests,
    chunk: new Uint32Array(count),
    leaf: new Uint32Array(count),
  };
  const bytes = new Uint8Array(digests.buffer);
  const stored = new StoredDigests(task, secret);
  let at = 0;
  for (const slice of slices) {
    const leaves = leavesOf(slice.segments);
    place(slice.segments, candidates, at);
    const target = bytes.subarray(at * MATCH_DIGEST_BYTES, (at + leaves) * MATCH_DIGEST_BYTES);
    const isKnown = await readCached(slice, leaves, target);
    if (!isKnown) await stored.fill(slice.segments, candidates, at, signal);
    at += leaves;
  }
  return { ...candidates, unreadable: stored.unreadable };
}

async function readCached(
  { cache }: SourceSlice,
  count: number,
  target: Uint8Array,
): Promise<boolean> {
  if (cache === null) return false;
  const { path, leaves, first } = cache;
  return readDigests(path, leaves, first, first + count, target);
}

function leavesOf(segments: Uint32Array): number {
  let leaves = 0;
  for (let i = 2; i < segments.length; i += 3) leaves += segments[i] as number;
  return leaves;
}

function place(segments: Uint32Array, { chunk, leaf }: Candidates, from: number): void {
  let at = from;
  for (let i = 0; i < segments.length; i += 3) {
    const first = segments[i + 1] as number;
    const count = segments[i + 2] as number;
    chunk.fill(segments[i] as number, at, at + count);
    for (let n = 0; n < count; n++) leaf[at + n] = first + n;
    at += count;
  }
}

/** Digests made of the chunks themselves, each of which is read once. */
class StoredDigests {
  readonly #task: MatchTask;
  readonly #secret: Uint8Array;
  readonly #reader: LeafChunkReader;
  /** Null for a chunk that cannot be read: then its leaves are stored again. */
  readonly #known = new Map<number, Uint32Array | null>([[NO_CHUNK, null]]);
  readonly unreadable: number[] = [];

  constructor(task: MatchTask, secret: Uint8Array) {
    this.#task = task;
    this.#secret = secret;
    this.#reader = new LeafChunkReader(openStore(task.location), task.idsKey, true, pool);
  }

  async fill(
    segments: Uint32Array,
    { digests, chunk }: Candidates,
    from: number,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#read(segments, signal);
    let at = from;
    for (let i = 0; i < segments.length; i += 3) {
      const known = this.#known.get(segments[i] as number) ?? null;
      const first = (segments[i + 1] as number) * DIGEST_WORDS;
      const count = segments[i + 2] as number;
      if (known === null) chunk.fill(NO_CHUNK, at, at + count);
      else digests.set(known.subarray(first, first + count * DIGEST_WORDS), at * DIGEST_WORDS);
      at += count;
    }
  }

  /** Makes the digests of all chunks of `segments`; neighbours are read together. */
  async #read(segments: Uint32Array, signal?: AbortSignal): Promise<void> {
    const numbers = new Set(segments.filter((_, i) => i % 3 === 0));
    const missing = [...numbers].filter((number) => !this.#known.has(number));
    for (let done = 0; done < missing.length; ) {
      const next = missing.slice(done, done + READ_CHUNKS);
      const objects = next.map((number) => placeAt(this.#task.chunks, number));
      try {
        for await (const { raw } of this.#reader.readAll(objects, signal)) {
          const number = missing[done] as number;
          this.#known.set(number, this.#digestsOf(raw, number));
          pool.giveBack(raw);
          done++;
        }
      } catch (error) {
        if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
        const number = missing[done++] as number;
        this.#known.set(number, null);
        this.unreadable.push(number);
      }
    }
  }

  /** Throws REPOSITORY_CORRUPT. */
  #digestsOf(raw: Uint8Array, number: number): Uint32Array {
    const ends = leafEnds(raw, this.#task.chunkLeaves[number] as number);
    const room = new Uint8Array(ends.length * MATCH_DIGEST_BYTES);
    const bytes = leafDigests(raw, ends, this.#secret, room);
    return new Uint32Array(bytes.buffer, 0, bytes.length / WORD_BYTES);
  }
}
