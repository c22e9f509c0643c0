/**
 * Reads objects whose place is known. Needs no index, so that a worker gets a store, the ids key and
 * places, and nothing else. Every object is checked against its id before anybody sees it
 * (invariant 4).
 */
import { equalBytes, toHex } from '../binary/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { type BytePool, NO_POOL } from '../io/index.js';
import type { BlobStore } from '../store/index.js';
import { decodeFrame } from './frame.js';
import { objectId } from './keys.js';
import type { ObjectLocation } from './object-index.js';
import { packKey } from './pack.js';

/** An object and where it lies. */
export interface PlacedObject extends ObjectLocation {
  readonly id: Uint8Array;
}

/** Neighbours in one pack are fetched in one read of at most this many bytes. */
const READ_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes that are read for nothing rather than make another request. */
const GAP_BYTES_MAX = 16 * 1024;

export class ObjectReader {
  readonly #store: BlobStore;
  readonly #idsKey: Uint8Array;
  readonly #pool: BytePool;
  /** Bytes fetched from the store. */
  bytesRead = 0;

  /** @param pool memory for raw bytes, which may be given back to it */
  constructor(store: BlobStore, idsKey: Uint8Array, pool: BytePool = NO_POOL) {
    this.#store = store;
    this.#idsKey = idsKey;
    this.#pool = pool;
  }

  /** Raw bytes of one object; throws REPOSITORY_CORRUPT or STORE_NOT_FOUND. */
  async read(object: PlacedObject, signal?: AbortSignal): Promise<Uint8Array> {
    for await (const { raw } of this.readAll([object], signal)) return raw;
    throw new TypeError('unreachable');
  }

  /**
   * Raw bytes of objects in the order given, each an array of its own; neighbours in a pack are read
   * together.
   */
  async *readAll(
    objects: readonly PlacedObject[],
    signal?: AbortSignal,
  ): AsyncGenerator<{ object: PlacedObject; raw: Uint8Array }> {
    for (let first = 0; first < objects.length; ) {
      const group = neighbours(objects, first);
      const { offset } = group[0] as PlacedObject;
      const last = group[group.length - 1] as PlacedObject;
      const bytes = await this.#get(group[0] as PlacedObject, last, signal).catch(damage);
      for (const object of group) {
        const start = object.offset - offset;
        const raw =
          bytes instanceof SstashError
            ? bytes
            : this.#open(bytes.subarray(start, start + object.length), object);
        yield {
          object,
          raw: raw instanceof SstashError ? await this.#elsewhere(object, raw, signal) : raw,
        };
      }
      if (!(bytes instanceof SstashError)) this.#pool.giveBack(bytes);
      first += group.length;
    }
  }

  /** Bytes of one pack from the start of `first` to the end of `last`. */
  async #get(
    first: ObjectLocation,
    last: ObjectLocation,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const length = last.offset + last.length - first.offset;
    const bytes = await this.#store.get(packKey(first.pack), {
      offset: first.offset,
      length,
      // A length that no group has may be damage: the store knows how many bytes there are.
      ...(length > READ_BYTES_MAX ? {} : { into: this.#pool.take(length) }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.bytesRead += bytes.length;
    return bytes;
  }

  /** From the other packs that hold the object; throws `error` when there is none that can. */
  async #elsewhere(
    { id, others = [] }: PlacedObject,
    error: SstashError,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    for (const place of others) {
      const frame = await this.#get(place, place, signal).catch(damage);
      const raw = frame instanceof SstashError ? frame : this.#open(frame, { ...place, id });
      if (!(raw instanceof SstashError)) return raw;
    }
    throw error;
  }

  /** Raw bytes of an object, or what is wrong with it. */
  #open(frame: Uint8Array, object: PlacedObject): Uint8Array | SstashError {
    const where = {
      file: `${this.#store.location}/${packKey(object.pack)}`,
      component: 'pack',
      offset: object.offset,
      length: object.length,
    };
    if (frame.length !== object.length) {
      return new SstashError('REPOSITORY_CORRUPT', 'the pack ends before this object', where);
    }
    let raw: Uint8Array;
    try {
      raw = decodeFrame(frame, where, this.#pool);
    } catch (error) {
      if (isSstashError(error)) return error;
      throw error;
    }
    if (equalBytes(objectId(this.#idsKey, raw), object.id)) {
      return raw.buffer === frame.buffer ? this.#copyOf(raw) : raw;
    }
    return new SstashError('REPOSITORY_CORRUPT', `object ${toHex(object.id)} has other bytes`, {
      ...where,
      hint: '`sstash verify --read-data` lists all damage and the backups it touches.',
    });
  }

  /** Of what was stored as it is: what was read will be overwritten. */
  #copyOf(raw: Uint8Array): Uint8Array {
    const copy = this.#pool.take(raw.length);
    copy.set(raw);
    return copy;
  }
}

/** What another copy of an object may help against; throws every other error. */
export function damage(error: unknown): SstashError {
  if (isSstashError(error, 'REPOSITORY_CORRUPT', 'STORE_NOT_FOUND', 'STORE_FAILED')) return error;
  throw error;
}

/** Objects from `first` on that one read can fetch. */
function neighbours(objects: readonly PlacedObject[], first: number): PlacedObject[] {
  const head = objects[first] as PlacedObject;
  const group = [head];
  let end = head.offset + head.length;
  for (let i = first + 1; i < objects.length; i++) {
    const next = objects[i] as PlacedObject;
    const gap = next.offset - end;
    if (next.pack !== head.pack || gap < 0 || gap > GAP_BYTES_MAX) break;
    if (next.offset + next.length - head.offset > READ_BYTES_MAX) break;
    group.push(next);
    end = next.offset + next.length;
  }
  return group;
}
