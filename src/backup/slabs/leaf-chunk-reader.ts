/**
 * Reads chunks of leaves, whether they have frames of their own or lie in slabs. As ObjectReader:
 * needs no index, and every chunk is checked against its id before anybody sees it (invariant 4). Whoever
 * compares what comes of all chunks with a SHA-256 may leave ids of chunks in slabs out: each block has
 * a checksum.
 */
import { equalBytes, toHex } from '../../binary/index.js';
import { SstashError } from '../../errors.js';
import { type BytePool, NO_POOL } from '../../io/index.js';
import {
  damage,
  ObjectReader,
  objectId,
  type PlacedObject,
  packKey,
  type SlabPlace,
} from '../../repository/index.js';
import type { BlobStore } from '../../store/index.js';
import { OpenSlab, openSlab } from './open-slabs.js';
import { chunkKey, chunkNumbers, isChunk } from './slab-head.js';
import { type BlockSpan, type ChunkRun, SlabRows } from './slab-rows.js';

/** Chunks of a slab are fetched in one read of at most about this many bytes. */
const READ_BYTES_MAX = 2 * 1024 * 1024;

interface InSlab extends PlacedObject {
  readonly slab: SlabPlace;
}

/** Neighbouring chunks, and the blocks they are read from. */
interface PlacedRun extends ChunkRun {
  readonly span: BlockSpan;
}

export class LeafChunkReader {
  readonly #store: BlobStore;
  readonly #idsKey: Uint8Array;
  readonly #checksIds: boolean;
  readonly #pool: BytePool;
  readonly #objects: ObjectReader;
  #bytesRead = 0;

  /** @param pool memory for raw bytes, which may be given back to it */
  constructor(store: BlobStore, idsKey: Uint8Array, checksIds = true, pool: BytePool = NO_POOL) {
    this.#checksIds = checksIds;
    this.#store = store;
    this.#idsKey = idsKey;
    this.#pool = pool;
    this.#objects = new ObjectReader(store, idsKey, pool);
  }

  /** Bytes fetched from the store. */
  get bytesRead(): number {
    return this.#bytesRead + this.#objects.bytesRead;
  }

  /** Raw bytes of one chunk; throws REPOSITORY_CORRUPT or STORE_NOT_FOUND. */
  async read(object: PlacedObject, signal?: AbortSignal): Promise<Uint8Array> {
    for await (const { raw } of this.readAll([object], signal)) return raw;
    throw new TypeError('unreachable');
  }

  /** Raw bytes of chunks in the order given, each an array of its own; neighbours are read together. */
  async *readAll(
    objects: readonly PlacedObject[],
    signal?: AbortSignal,
  ): AsyncGenerator<{ object: PlacedObject; raw: Uint8Array }> {
    for (let first = 0; first < objects.length; ) {
      const end = endOfGroup(objects, first);
      const group = objects.slice(first, end);
      if (isInSlab(group)) yield* this.#fromSlab(group, signal);
      else yield* this.#framed(group, signal);
      first = end;
    }
  }

  async *#framed(
    group: readonly PlacedObject[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ object: PlacedObject; raw: Uint8Array }> {
    let done = 0;
    try {
      for await (const each of this.#objects.readAll(group, signal)) {
        yield each;
        done++;
      }
    } catch (error) {
      // Another copy of a chunk may be in a slab, of which the reader of frames knows nothing.
      const wrong = damage(error);
      const object = group[done] as PlacedObject;
      const others = object.others?.filter(({ slab }) => slab !== undefined) ?? [];
      yield { object, raw: await this.#elsewhere({ ...object, others }, wrong, signal) };
      yield* this.#framed(group.slice(done + 1), signal);
    }
  }

  async *#fromSlab(
    group: readonly InSlab[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ object: PlacedObject; raw: Uint8Array }> {
    for (let first = 0; first < group.length; ) {
      const rest = group.slice(first);
      let found = await this.#some(rest, signal).catch(damage);
      // What is wrong may be with another one.
      if (!Array.isArray(found) && rest.length > 1) {
        found = await this.#some(rest.slice(0, 1), signal).catch(damage);
      }
      const raws: readonly (Uint8Array | SstashError)[] = Array.isArray(found) ? found : [found];
      for (const raw of raws) {
        const object = group[first++] as InSlab;
        const isWrong = raw instanceof SstashError;
        yield { object, raw: isWrong ? await this.#elsewhere(object, raw, signal) : raw };
      }
    }
  }

  /** As many of the first objects of one slab as one read can fetch. */
  async #some(
    objects: readonly InSlab[],
    signal: AbortSignal | undefined,
  ): Promise<(Uint8Array | SstashError)[] | SstashError> {
    const [head] = objects as [InSlab];
    const slab = await this.#slabOf(head, signal);
    const runs = runsOf(objects, slab);
    if (runs.length === 0) return this.#corrupt(head, `has no chunk ${toHex(head.id)}`);
    const { offset } = (runs[0] as PlacedRun).span;
    const all = slab.rows.join((runs[0] as PlacedRun).span, (runs.at(-1) as PlacedRun).span);
    const stored = await slab.stored(all, this.#pool, (at, length, into) =>
      this.#get(head, at, length, signal, into),
    );
    const raws: (Uint8Array | SstashError)[] = [];
    for (const run of runs) {
      const from = run.span.offset - offset;
      const bytes = stored.subarray(from, from + run.span.length);
      for (const raw of await this.#chunks(head, slab.rows, run, bytes, signal)) {
        const { id } = objects[raws.length] as InSlab;
        const isRight = !this.#checksIds || equalBytes(objectId(this.#idsKey, raw), id);
        raws.push(isRight ? raw : this.#corrupt(head, `has other rows in chunk ${toHex(id)}`));
      }
    }
    this.#pool.giveBack(stored);
    return raws;
  }

  async #chunks(
    object: InSlab,
    rows: SlabRows,
    run: PlacedRun,
    stored: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<readonly Uint8Array[]> {
    let { span } = run;
    let bytes = stored;
    for (;;) {
      const raws = rows.chunks(run, span, bytes, this.#pool);
      if (raws !== null) return raws;
      const longer = rows.longer(span);
      if (longer.end === span.end) throw this.#corrupt(object, 'ends before its rows');
      span = longer;
      bytes = await this.#get(object, span.offset, span.length, signal);
    }
  }

  #slabOf(object: InSlab, signal: AbortSignal | undefined): Promise<OpenSlab> {
    const { pack, slab } = object;
    return openSlab(`${this.#store.location}/${pack}/${slab.offset}`, async () => {
      const where = this.#where(object);
      const frame = await this.#get(object, -slab.length, slab.length, signal);
      const rows = await SlabRows.open(frame, slab.id, this.#idsKey, where);
      return new OpenSlab(rows, chunkNumbers(rows.head.chunks));
    });
  }

  /** Bytes of a slab; `offset` counts from the end of its frame. */
  async #get(
    object: InSlab,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    into?: Uint8Array,
  ): Promise<Uint8Array> {
    const { pack, slab } = object;
    const bytes = await this.#store.get(packKey(pack), {
      offset: slab.offset + slab.length + offset,
      length,
      ...(into === undefined ? {} : { into }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#bytesRead += bytes.length;
    if (bytes.length === length) return bytes;
    throw this.#corrupt(object, 'goes on behind the end of its pack');
  }

  /** From the other packs that hold the chunk; throws `error` when there is none that can. */
  async #elsewhere(
    { id, others = [] }: PlacedObject,
    error: SstashError,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    for (const place of others) {
      const raw = await this.read({ ...place, id }, signal).catch(damage);
      if (!(raw instanceof SstashError)) return raw;
    }
    throw error;
  }

  #corrupt(object: InSlab, what: string): SstashError {
    return new SstashError('REPOSITORY_CORRUPT', `a slab ${what}`, {
      ...this.#where(object),
      hint: '`sstash verify --read-data` lists all damage and the backups it touches.',
    });
  }

  #where({ pack, slab }: InSlab): { file: string; component: string; offset: number } {
    const file = `${this.#store.location}/${packKey(pack)}`;
    return { file, component: 'pack', offset: slab.offset };
  }
}

/** The end of what has no slab, or the same one as the first. */
function endOfGroup(objects: readonly PlacedObject[], first: number): number {
  const { pack, slab } = objects[first] as PlacedObject;
  let end = first + 1;
  while (end < objects.length) {
    const next = objects[end] as PlacedObject;
    if (next.slab?.offset !== slab?.offset) break;
    if (slab !== undefined && next.pack !== pack) break;
    end++;
  }
  return end;
}

function isInSlab(group: readonly PlacedObject[]): group is readonly InSlab[] {
  return group[0]?.slab !== undefined;
}

/** The first objects, as runs of neighbours whose blocks follow each other. */
function runsOf(objects: readonly InSlab[], { rows, numbers }: OpenSlab): PlacedRun[] {
  const { chunks } = rows.head;
  const runs: PlacedRun[] = [];
  let start = 0;
  for (const { id } of objects) {
    const last = runs[runs.length - 1];
    // Most often it is the next one, which costs less to see than to look up.
    const isNext = last !== undefined && last.end < chunks.count && isChunk(chunks, last.end, id);
    const number = isNext ? last.end : numbers.get(toHex(chunkKey(id)));
    if (number === undefined) break;
    const joins = last?.end === number;
    const first = joins ? last.first : number;
    const end = number + 1;
    const span = rows.spanOf({ first, end });
    if (last === undefined) start = span.offset;
    else if (span.offset + span.length - start > READ_BYTES_MAX) break;
    // Blocks between two runs would be read for nothing.
    else if (!joins && (number < last.end || span.first > last.span.end)) break;
    if (joins) runs.pop();
    runs.push({ first, end, span });
  }
  return runs;
}
