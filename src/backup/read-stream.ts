/** Plain bytes out of the repository. */
import type { ObjectLocation, PlacedObject, Repository } from '../repository/index.js';
import { decodeChunkList } from './chunk-list.js';
import { idOf, type StreamRef } from './records.js';

/** The chunks of a stream in order, each checked against its id. */
export async function* readStream(
  repository: Repository,
  stream: StreamRef,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const ids of chunkIds(repository, stream)) {
    const objects = await repository.place(ids);
    for await (const { raw } of repository.reader.readAll(objects, signal)) yield raw;
  }
}

/** Ids of the chunks, list by list. */
export async function* chunkIds(
  repository: Repository,
  stream: StreamRef,
): AsyncGenerator<Uint8Array[], void, undefined> {
  if (stream.chunks !== undefined) yield stream.chunks.map(idOf);
  for (const list of stream.lists ?? []) {
    yield decodeChunkList(await repository.read(idOf(list))).chunks.map(({ id }) => id);
  }
}

/** A whole stream in memory; only for what is known to be small. */
export async function readStreamWhole(
  repository: Repository,
  stream: StreamRef,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const raw of readStream(repository, stream)) parts.push(raw);
  return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
}

const PLACE_NUMBERS = 6;
const NO_SLAB = { id: new Uint8Array(32), offset: 0, length: 0 };

/** Places of objects as flat arrays, to be sent to a worker. */
export interface PackedPlaces {
  readonly packs: readonly string[];
  readonly ids: Uint8Array;
  /**
   * Six numbers an object: index in `packs`, offset, length of the frame, raw length; offset and
   * length of the frame of its slab, or zeros.
   */
  readonly numbers: Uint32Array;
  /** Ids of the slabs, 32 bytes an object. */
  readonly slabIds: Uint8Array;
  /** Further places of the few objects that have any, by the number of the object. */
  readonly others: ReadonlyMap<number, readonly ObjectLocation[]>;
}

export function packPlaces(objects: readonly PlacedObject[]): PackedPlaces {
  const packs: string[] = [];
  const numberOf = new Map<string, number>();
  const ids = new Uint8Array(objects.length * 32);
  const numbers = new Uint32Array(objects.length * PLACE_NUMBERS);
  const slabIds = new Uint8Array(objects.length * 32);
  const others = new Map<number, readonly ObjectLocation[]>();
  for (const [i, object] of objects.entries()) {
    let pack = numberOf.get(object.pack);
    if (pack === undefined) {
      pack = packs.push(object.pack) - 1;
      numberOf.set(object.pack, pack);
    }
    ids.set(object.id, i * 32);
    if (object.others !== undefined) others.set(i, object.others);
    const { offset, length, rawLength, slab = NO_SLAB } = object;
    numbers.set([pack, offset, length, rawLength, slab.offset, slab.length], i * PLACE_NUMBERS);
    slabIds.set(slab.id, i * 32);
  }
  return { packs, ids, numbers, slabIds, others };
}

export function unpackPlaces(places: PackedPlaces): PlacedObject[] {
  const objects: PlacedObject[] = [];
  const count = places.ids.length / 32;
  for (let i = 0; i < count; i++) objects.push(placeAt(places, i));
  return objects;
}

/** The place of object `i`. */
export function placeAt(places: PackedPlaces, i: number): PlacedObject {
  const { packs, ids, numbers, slabIds, others } = places;
  const at = i * PLACE_NUMBERS;
  const slab = {
    id: slabIds.subarray(i * 32, i * 32 + 32),
    offset: numbers[at + 4] as number,
    length: numbers[at + 5] as number,
  };
  return {
    id: ids.subarray(i * 32, i * 32 + 32),
    pack: packs[numbers[at] as number] as string,
    offset: numbers[at + 1] as number,
    length: numbers[at + 2] as number,
    rawLength: numbers[at + 3] as number,
    ...(slab.offset === 0 ? {} : { slab }),
    others: others.get(i) ?? [],
  };
}
