/**
 * Main-thread side of matching: stored SSTables whose rows may stand in new ones. For each range of a
 * new SSTable it says which of their leaves lie in the same part of the token ring.
 */
import { isSstashError } from '../../errors.js';
import { parseTree, type SSTableTree } from '../../merkle/index.js';
import type { Repository } from '../../repository/index.js';
import { decodeChunkList, type ListedChunk, type Segments, segmentsOf } from '../chunk-list.js';
import { packPlaces } from '../read-stream.js';
import { idOf, idText, type Recipe, type RowsData } from '../records.js';
import type { MatchTask, SourceSlice } from './candidates.js';
import type { DigestCache } from './digest-cache.js';
import { NO_CHUNK } from './match-leaves.js';

/** A place on the token ring: token xor 2^63, in two halves. */
export interface RingPlace {
  readonly ringHigh: number;
  readonly ringLow: number;
}

/**
 * SSTables of this node that are gone since its last backup; those of other nodes that came since;
 * other nodes' older ones, which are asked only where the others had little.
 */
const KINDS = ['gone', 'recent', 'older'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Of a stored chunk's leaves the least share that a range must use, below which they are stored
 * again: a restore reads chunks whole. Compactions take all of an SSTable; what they leave out is gone.
 * Replicas cut the same rows into SSTables at other moments, so that several of theirs share a chunk.
 */
const LEAST_SHARE: Readonly<Record<Kind, number>> = { gone: 0.6, recent: 0.1, older: 0.1 };

/** A range is not matched against more leaves than this: their digests are held in memory. */
const CANDIDATES_MAX = 2_000_000;
/** Older SSTables of replicas are compared with what is about as dense: what was streamed is. */
const DENSER_MAX = 16;
/** Lists that stay decoded; neighbouring ranges need the same ones. */
const LISTS_MAX = 64;
/** No number of a chunk. */
const UNKNOWN = -1;

interface StoredList {
  readonly chunks: readonly ListedChunk[];
  readonly segments: Segments;
  /** Leaves before each segment. */
  readonly starts: Float64Array;
  /** Stream of each chunk. */
  readonly streamOf: Uint32Array;
  readonly streams: number;
}

/** The leaves `skip` to `end` of the `leaves` of a list, of so many native bytes each. */
interface ListPart {
  readonly id: string;
  readonly leafBytes: number;
  readonly skip: number;
  readonly end: number;
  readonly leaves: number;
}

interface Source {
  readonly kind: Kind;
  readonly data: RowsData;
  readonly tree: SSTableTree;
  /** First leaf of each range, and the number of leaves after the last one. */
  readonly starts: readonly number[];
}

export interface MatchSourcesOptions {
  readonly repository: Repository;
  /** Whether an object counts as stored. */
  readonly has: (id: Uint8Array) => boolean;
  readonly recipe: (id: string) => Promise<Recipe>;
  readonly cache: DigestCache | null;
}

export class MatchSources {
  readonly #options: MatchSourcesOptions;
  readonly #sources: readonly Source[];
  readonly #lists = new Map<string, Promise<StoredList>>();

  private constructor(options: MatchSourcesOptions, sources: readonly Source[]) {
    this.#options = options;
    this.#sources = sources;
  }

  /** Opens stored SSTables by their recipes; those without rows in token order are passed over. */
  static async open(
    options: MatchSourcesOptions,
    recipes: Readonly<Record<Kind, readonly string[]>>,
  ): Promise<MatchSources | null> {
    const sources: Source[] = [];
    const seen = new Set<string>();
    for (const kind of KINDS) {
      for (const id of recipes[kind]) {
        const source = seen.has(id) ? null : await openSource(options, id, kind).catch(passOver);
        seen.add(id);
        if (source !== null) sources.push(source);
      }
    }
    return sources.length === 0 ? null : new MatchSources(options, sources);
  }

  /** What the leaves of a range of `nativeBytes` may be matched with; null where nothing can be. */
  async task(
    from: RingPlace,
    to: RingPlace | null,
    nativeBytes: number,
  ): Promise<MatchTask | null> {
    const builder = new TaskBuilder(this.#options);
    for (const kind of KINDS) {
      const parts = this.#partsOf(kind, from, to);
      const leaves = parts.reduce((sum, part) => sum + part.end - part.skip, 0);
      if (builder.leaves + leaves > CANDIDATES_MAX) continue;
      const bytes = parts.reduce((sum, part) => sum + (part.end - part.skip) * part.leafBytes, 0);
      if (kind === 'older' && bytes > DENSER_MAX * nativeBytes) continue;
      builder.begin(kind);
      for (const part of parts) {
        const list = await this.#list(part.id).catch(passOver);
        if (list !== null) builder.add(list, part);
      }
    }
    return builder.leaves === 0 ? null : builder.finish(this.#options.repository);
  }

  #partsOf(kind: Kind, from: RingPlace, to: RingPlace | null): ListPart[] {
    const parts: ListPart[] = [];
    for (const { kind: own, data, tree, starts } of this.#sources) {
      if (own !== kind) continue;
      const [first, end] = leavesBetween(tree, from, to);
      const leafBytes = data.nativeBytes / Math.max(1, data.leaves);
      for (const [range, id] of data.ranges.lists.entries()) {
        const start = starts[range] as number;
        const next = starts[range + 1] as number;
        if (next <= first || start >= end) continue;
        const skip = Math.max(0, first - start);
        parts.push({ id, skip, end: Math.min(end, next) - start, leaves: next - start, leafBytes });
      }
    }
    return parts;
  }

  #list(id: string): Promise<StoredList> {
    const known = this.#lists.get(id);
    if (known !== undefined) {
      this.#lists.delete(id);
      this.#lists.set(id, known);
      return known;
    }
    const list = readList(this.#options.repository, id);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size >= LISTS_MAX && oldest !== undefined) this.#lists.delete(oldest);
    this.#lists.set(id, list);
    return list;
  }
}

/** Damage in what is stored costs storing again, it must not stop a backup. */
function passOver(error: unknown): null {
  if (isSstashError(error) && error.code !== 'INTERRUPTED') return null;
  throw error;
}

async function openSource(
  { recipe, repository }: MatchSourcesOptions,
  id: string,
  kind: Kind,
): Promise<Source | null> {
  const { data } = await recipe(id);
  if (data.form !== 'rows' || data.tree === null) return null;
  const tree = parseTree(await repository.read(idOf(data.tree)));
  if (!tree.ordered || tree.leafCount !== data.leaves) return null;
  const starts = [0];
  for (const leaves of data.ranges.leaves) starts.push((starts.at(-1) as number) + leaves);
  return { data, tree, starts, kind };
}

async function readList(repository: Repository, id: string): Promise<StoredList> {
  const list = decodeChunkList(await repository.read(idOf(id)));
  const streamOf = new Uint32Array(list.chunks.length);
  let at = 0;
  for (const [stream, count] of list.streams.entries()) {
    streamOf.fill(stream, at, at + count);
    at += count;
  }
  const segments = segmentsOf(list);
  const starts = new Float64Array(segments.count);
  for (let i = 1; i < segments.count; i++) {
    starts[i] = (starts[i - 1] as number) + (segments.leaves[i - 1] as number);
  }
  return { chunks: list.chunks, segments, starts, streamOf, streams: list.streams.length };
}

/** The last of ascending numbers that is not above `value`; 0 where there is none. */
function lastUpTo(numbers: Float64Array, value: number): number {
  let low = 0;
  let high = numbers.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Ordinals of the leaves in runs that may reach into the part of the ring from `from` to `to`. */
function leavesBetween(tree: SSTableTree, from: RingPlace, to: RingPlace | null): [number, number] {
  const { runs, leafCount } = tree;
  if (runs.count === 0) return [0, 0];
  // A partition at `from` may begin in the run before the first one that begins there.
  const first = Math.max(0, firstRun(tree, from) - 1);
  const end = to === null ? runs.count : firstRun(tree, to);
  const base = runs.firstLeaf[0] as number;
  const leafAt = (run: number): number =>
    run < runs.count ? (runs.firstLeaf[run] as number) - base : leafCount;
  return [leafAt(first), leafAt(end)];
}

/** The first run that begins at or after `place`. */
function firstRun({ runs }: SSTableTree, place: RingPlace): number {
  let low = 0;
  let high = runs.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const ringHigh = runs.ringHigh[middle] as number;
    const ringLow = runs.ringLow[middle] as number;
    const order = ringHigh - place.ringHigh || ringLow - place.ringLow;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Gathers the slices of one task and numbers their chunks. */
class TaskBuilder {
  readonly #options: MatchSourcesOptions;
  readonly #slices: SourceSlice[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #chunks: ListedChunk[] = [];
  readonly #streams: number[] = [];
  readonly #edges: number[] = [];
  readonly #shares: number[] = [];
  readonly #starts: number[] = [];
  #streamCount = 0;
  #kind: Kind = 'gone';
  /** Number of the first slice of older SSTables. */
  #older = 0;
  /** The first leaf of each kind. */
  readonly #kindStarts: Record<Kind, number> = {
    gone: 0,
    recent: Number.POSITIVE_INFINITY,
    older: Number.POSITIVE_INFINITY,
  };
  leaves = 0;

  constructor(options: MatchSourcesOptions) {
    this.#options = options;
  }

  /** What is added from now on is of this kind. */
  begin(kind: Kind): void {
    this.#kind = kind;
    this.#kindStarts[kind] = this.leaves;
    if (kind !== 'older') this.#older = Number.POSITIVE_INFINITY;
    else this.#older = this.#slices.length;
  }

  /** Adds a part of a list. */
  add(list: StoredList, part: ListPart): void {
    const { id, skip, end, leaves } = part;
    const segments = this.#segmentsOf(list, part);
    this.#streamCount += list.streams;
    this.#starts.push(this.leaves);
    this.leaves += end - skip;
    const { cache } = this.#options;
    this.#slices.push({
      cache: cache === null ? null : { path: cache.pathOf(id), leaves, first: skip },
      segments,
    });
  }

  /** As in SourceSlice. The first and the last chunk of each stream go on outside the slice. */
  #segmentsOf(list: StoredList, { skip, end }: ListPart): Uint32Array {
    const { segments, starts } = list;
    const first = lastUpTo(starts, skip);
    const last = lastUpTo(starts, end - 1);
    const columns = new Uint32Array(3 * (last + 1 - first));
    // A merge takes turns: most chunks come up again and again.
    const numbers = new Float64Array(list.chunks.length).fill(UNKNOWN);
    const lastOf = new Float64Array(this.#streamCount + list.streams).fill(UNKNOWN);
    let at = 0;
    for (let i = first; i <= last && i < segments.count; i++) {
      const chunk = segments.chunk[i] as number;
      const from = Math.max(0, skip - (starts[i] as number));
      const to = Math.min(segments.leaves[i] as number, end - (starts[i] as number));
      // A list may be shorter than its recipe says.
      if (from >= to) continue;
      if (numbers[chunk] === UNKNOWN) numbers[chunk] = this.#number(list, chunk);
      const number = numbers[chunk] as number;
      columns[at++] = number;
      columns[at++] = (segments.first[i] as number) + from;
      columns[at++] = to - from;
      if (number === NO_CHUNK) continue;
      const stream = this.#streams[number] as number;
      if (lastOf[stream] === UNKNOWN) this.#edges[number] = 1;
      lastOf[stream] = number;
    }
    for (const number of lastOf) if (number !== UNKNOWN) this.#edges[number] = 1;
    return columns.slice(0, at);
  }

  #number(list: StoredList, index: number): number {
    const chunk = list.chunks[index] as ListedChunk;
    const id = idText(chunk.id);
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const isThere = this.#options.has(chunk.id);
    const number = isThere ? this.#chunks.length : NO_CHUNK;
    this.#numbers.set(id, number);
    if (!isThere) return number;
    this.#chunks.push(chunk);
    this.#streams.push(this.#streamCount + (list.streamOf[index] as number));
    this.#edges.push(0);
    this.#shares.push(LEAST_SHARE[this.#kind]);
    return number;
  }

  async finish(repository: Repository): Promise<MatchTask> {
    return {
      slices: this.#slices,
      olderFrom: Math.min(this.#older, this.#slices.length),
      recentStart: this.#kindStarts.recent,
      olderStart: this.#kindStarts.older,
      sliceStarts: Uint32Array.from(this.#starts),
      chunks: packPlaces(await repository.place(this.#chunks.map(({ id }) => id))),
      chunkLeaves: Uint32Array.from(this.#chunks, ({ leaves }) => leaves),
      chunkStream: Uint32Array.from(this.#streams),
      isEdge: Uint8Array.from(this.#edges),
      leastShare: Float32Array.from(this.#shares),
      location: repository.store.location,
      idsKey: repository.keys.ids,
    };
  }
}
