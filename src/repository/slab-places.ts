/**
 * Where the slabs of packs lie. A chunk in a slab says where its blocks are; the slab that they are
 * of is the last one that begins before them.
 */

import { OBJECT_ID_BYTES } from './keys.js';

/** Of the frame of a slab; its blocks follow it. */
export interface SlabPlace {
  readonly id: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** Of a chunk whose slab is in no index: no frame is there, and reading it finds damage. */
const NOWHERE: SlabPlace = { id: new Uint8Array(OBJECT_ID_BYTES), offset: 1, length: 0 };

export class SlabPlaces {
  readonly #byPack = new Map<string, SlabPlace[]>();
  /** Packs whose slabs are not in order. */
  readonly #unsorted = new Set<string>();

  /** Copies the id. */
  add(pack: string, place: SlabPlace): void {
    const { offset, length } = place;
    const id = place.id.slice();
    const slabs = this.#byPack.get(pack);
    if (slabs === undefined) {
      this.#byPack.set(pack, [{ id, offset, length }]);
      return;
    }
    if (slabs.some((slab) => slab.offset === offset)) return;
    slabs.push({ id, offset, length });
    this.#unsorted.add(pack);
  }

  /** The last slab that ends at or before `offset`. */
  before(pack: string, offset: number): SlabPlace {
    const slabs = this.#byPack.get(pack) ?? [];
    if (this.#unsorted.delete(pack)) slabs.sort((a, b) => a.offset - b.offset);
    return slabs.findLast((slab) => slab.offset + slab.length <= offset) ?? NOWHERE;
  }
}
