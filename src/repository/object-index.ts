/**
 * Which object lies where: all index fragments merged into one open-addressing hash table over
 * typed arrays, about 60 bytes an object and no JavaScript object each. Ids are HMACs, so their
 * first four bytes are a hash already.
 */

import { toHex } from '../binary/index.js';
import { OBJECT_KINDS, type PackEntry } from './entries.js';
import { OBJECT_ID_BYTES } from './keys.js';
import { type SlabPlace, SlabPlaces } from './slab-places.js';

export interface ObjectLocation {
  readonly pack: string;
  readonly offset: number;
  /** Of the frame. */
  readonly length: number;
  readonly rawLength: number;
  /** The frame of the slab that holds the object: then it has none itself. */
  readonly slab?: SlabPlace;
  /** Other packs that hold the object too. */
  readonly others?: readonly ObjectLocation[];
}

/** Of entries that are found by their id. */
const NO_ID = new Uint8Array(0);

export class ObjectIndex {
  readonly #packs: string[] = [];
  readonly #packNumbers = new Map<string, number>();
  #ids = new Uint8Array(1024 * OBJECT_ID_BYTES);
  /** Per object: pack number, offset, frame length, raw length. */
  #places = new Uint32Array(1024 * 4);
  #kinds = new Uint8Array(1024);
  /** Object number + 1, 0 = free; twice as many as there is room for objects. */
  #slots = new Int32Array(2048);
  /** By id as hex: the places after the first; few objects have any. */
  readonly #others = new Map<string, { readonly pack: string; readonly entry: PackEntry }[]>();
  readonly #slabs = new SlabPlaces();
  size = 0;
  /** Of all frames, those of further places too. */
  frameBytes = 0;

  /** Packs that hold at least one object. */
  get packs(): readonly string[] {
    return this.#packs;
  }

  /** Chunks in a slab are found through its place, also where the slab itself does not count. */
  noteSlab(pack: string, entry: PackEntry): void {
    if (entry.kind === OBJECT_KINDS.slab) this.#slabs.add(pack, entry);
  }

  /** Records where an object lies; further packs that hold it come after the first. */
  add(pack: string, entry: PackEntry): void {
    if (this.size * OBJECT_ID_BYTES === this.#ids.length) this.#grow();
    this.noteSlab(pack, entry);
    const slot = this.#find(entry.id);
    if (this.#slots[slot] !== 0) {
      this.#addOther(pack, entry);
      return;
    }
    let number = this.#packNumbers.get(pack);
    if (number === undefined) {
      number = this.#packs.push(pack) - 1;
      this.#packNumbers.set(pack, number);
    }
    this.#ids.set(entry.id, this.size * OBJECT_ID_BYTES);
    this.#places.set([number, entry.offset, entry.length, entry.rawLength], this.size * 4);
    this.#kinds[this.size] = entry.kind;
    this.size++;
    this.frameBytes += entry.length;
    this.#slots[slot] = this.size;
  }

  has(id: Uint8Array): boolean {
    return this.#slots[this.#find(id)] !== 0;
  }

  /** Objects are numbered from 0 as they come; -1 for one that is not there. */
  numberOf(id: Uint8Array): number {
    return (this.#slots[this.#find(id)] as number) - 1;
  }

  /** Bytes of the frame of an object, and of what is in it. */
  lengthsOf(number: number): { readonly length: number; readonly rawLength: number } {
    return {
      length: this.#places[number * 4 + 2] as number,
      rawLength: this.#places[number * 4 + 3] as number,
    };
  }

  locate(id: Uint8Array): ObjectLocation | null {
    const object = this.numberOf(id);
    if (object < 0) return null;
    const [pack, entry] = this.#entryOf(object, id);
    const others = this.#others.size === 0 ? undefined : this.#others.get(toHex(id));
    const location = this.#location(pack, entry);
    if (others === undefined) return location;
    return { ...location, others: others.map((other) => this.#location(other.pack, other.entry)) };
  }

  #entryOf(object: number, id: Uint8Array): [string, PackEntry] {
    const at = object * 4;
    const pack = this.#packs[this.#places[at] as number] as string;
    const entry = {
      id,
      offset: this.#places[at + 1] as number,
      length: this.#places[at + 2] as number,
      rawLength: this.#places[at + 3] as number,
      kind: this.#kinds[object] as number,
    };
    return [pack, entry];
  }

  #location(pack: string, { offset, length, rawLength, kind }: PackEntry): ObjectLocation {
    const place = { pack, offset, length, rawLength };
    if (kind !== OBJECT_KINDS.leaves) return place;
    return { ...place, slab: this.#slabs.before(pack, offset) };
  }

  #addOther(pack: string, entry: PackEntry): void {
    const id = toHex(entry.id);
    const others = this.#others.get(id) ?? [];
    const [first] = this.#entryOf(this.numberOf(entry.id), entry.id);
    if (first === pack || others.some((other) => other.pack === pack)) return;
    this.frameBytes += entry.length;
    this.#others.set(id, [...others, { pack, entry: { ...entry, id: NO_ID } }]);
  }

  /** Slot that holds `id`, or the free slot where it belongs. */
  #find(id: Uint8Array): number {
    const ids = this.#ids;
    const mask = this.#slots.length - 1;
    let slot = hashOf(id, 0) & mask;
    for (;;) {
      const object = (this.#slots[slot] as number) - 1;
      if (object < 0) return slot;
      const start = object * OBJECT_ID_BYTES;
      let i = 0;
      while (i < OBJECT_ID_BYTES && ids[start + i] === id[i]) i++;
      if (i === OBJECT_ID_BYTES) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const ids = new Uint8Array(this.#ids.length * 2);
    ids.set(this.#ids);
    const places = new Uint32Array(this.#places.length * 2);
    places.set(this.#places);
    this.#ids = ids;
    this.#places = places;
    const kinds = new Uint8Array(this.#kinds.length * 2);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let object = 0; object < this.size; object++) {
      let slot = hashOf(ids, object * OBJECT_ID_BYTES) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = object + 1;
    }
  }
}

function hashOf(ids: Uint8Array, at: number): number {
  return (
    (ids[at] as number) |
    ((ids[at + 1] as number) << 8) |
    ((ids[at + 2] as number) << 16) |
    ((ids[at + 3] as number) << 24)
  );
}
