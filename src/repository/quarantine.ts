/**
 * Quarantine: what `verify` found damaged. A marker names objects of a pack whose bytes are wrong;
 * the pack stays where it is (its other objects are sound, and nobody should delete evidence), but the
 * named objects count as not there, so that the next backup that has them stores them anew.
 *
 * Key: `quarantine/<SHA-256 of the file>`; file: a frame around JSON
 * `{"format": 1, "pack": "<name>", "ids": ["<hex>", …]}`.
 */
import { fromHex, toHex } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import type { BlobStore } from '../store/index.js';
import { type Compression, decodeFrame, encodeFrame } from './frame.js';
import { contentName } from './keys.js';

const PREFIX = 'quarantine';
const FORMAT = 1;

/** A marker as parsed, nothing checked yet. */
interface Marker {
  readonly format?: unknown;
  readonly pack?: unknown;
  readonly ids?: unknown;
}

/** The objects in quarantine, by pack. */
export class Quarantine {
  readonly #bad = new Map<string, Set<string>>();

  get empty(): boolean {
    return this.#bad.size === 0;
  }

  add(pack: string, ids: Iterable<string>): void {
    const known = this.#bad.get(pack) ?? new Set();
    for (const id of ids) known.add(id);
    this.#bad.set(pack, known);
  }

  has(pack: string, id: Uint8Array): boolean {
    const ids = this.#bad.get(pack);
    return ids?.has(toHex(id)) ?? false;
  }
}

export async function readQuarantine(store: BlobStore): Promise<Quarantine> {
  const quarantine = new Quarantine();
  for (const { key } of await store.list(PREFIX)) {
    const where: ErrorDetails = { file: `${store.location}/${key}`, component: 'quarantine' };
    const raw = decodeFrame(await store.get(key), where);
    const json: Marker = parseJson(raw, where);
    const ids = json.ids;
    if (json.format !== FORMAT || !Array.isArray(ids)) {
      throw new SstashError(
        'REPOSITORY_UNSUPPORTED',
        'an unknown form of quarantine marker',
        where,
      );
    }
    quarantine.add(
      String(json.pack),
      ids.map(String).filter((id) => fromHex(id) !== null),
    );
  }
  return quarantine;
}

/** Writes a marker; false when the same one was there already. */
export async function putQuarantine(
  store: BlobStore,
  pack: string,
  ids: readonly Uint8Array[],
  compression: Compression,
): Promise<boolean> {
  const json = { format: FORMAT, pack, ids: ids.map(toHex).sort() };
  const file = encodeFrame(new TextEncoder().encode(JSON.stringify(json)), compression);
  return store.put(`${PREFIX}/${contentName([file])}`, [file]);
}

function parseJson(raw: Uint8Array, where: ErrorDetails): Marker {
  try {
    return JSON.parse(new TextDecoder().decode(raw)) as Marker;
  } catch (cause) {
    throw new SstashError('REPOSITORY_CORRUPT', 'a quarantine marker is not JSON', {
      cause,
      ...where,
    });
  }
}
