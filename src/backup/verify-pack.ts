/** One pack, every byte of it. */
import { equalBytes, toHex } from '../binary/index.js';
import { isSstashError, SstashError } from '../errors.js';
import {
  contentName,
  decodeFrame,
  isPackHead,
  OBJECT_KINDS,
  objectId,
  type PackEntry,
  packKey,
  readPackIndex,
} from '../repository/index.js';
import type { BlobStore } from '../store/index.js';
import { inspectSlab, slabsOf } from './slabs/index.js';

export interface PackInspection {
  /** What is wrong with the pack as a file. */
  readonly faults: readonly SstashError[];
  /** Objects whose bytes are not those of their ids; `there`: all of their bytes are, and wrong. */
  readonly damaged: readonly DamagedObject[];
  /** Of all objects looked at. */
  readonly entries: readonly PackEntry[];
}

export interface DamagedObject {
  readonly id: Uint8Array;
  readonly error: SstashError;
  readonly there: boolean;
}

/**
 * Reads a pack and judges every object in it; `indexed` gives what index fragments say of the pack,
 * for one that cannot say itself what it holds. Throws nothing but what is not damage (INTERRUPTED,
 * STORE_FAILED).
 */
export async function inspectPack(
  store: BlobStore,
  idsKey: Uint8Array,
  name: string,
  indexed: () => Promise<readonly PackEntry[]>,
): Promise<PackInspection> {
  const where = { file: `${store.location}/${packKey(name)}`, component: 'pack' };
  const faults: SstashError[] = [];
  const file = await store.get(packKey(name));
  const found = contentName([file]);
  if (found !== name || !isPackHead(file)) {
    faults.push(
      new SstashError('REPOSITORY_CORRUPT', 'a pack does not have the bytes it was written with', {
        ...where,
        expected: name,
        found,
      }),
    );
  }
  let entries: readonly PackEntry[];
  try {
    entries = await readPackIndex(store, name, file.length);
  } catch (error) {
    if (!isSstashError(error, ...UNREADABLE)) throw error;
    faults.push(error);
    entries = await indexed();
  }
  const wrong = new Map<PackEntry, SstashError>();
  for (const entry of entries) {
    if (entry.kind === OBJECT_KINDS.leaves) continue;
    const error = inspectObject(file, entry, idsKey, { ...where, offset: entry.offset });
    if (error !== null) wrong.set(entry, error);
  }
  const slabs = slabsOf(entries);
  for (const slab of slabs) await inspectSlab(file, slab, idsKey, where, wrong);
  const inSlabs = new Set(slabs.flatMap(({ chunks }) => chunks));
  for (const entry of entries) {
    if (entry.kind !== OBJECT_KINDS.leaves || inSlabs.has(entry)) continue;
    wrong.set(entry, new SstashError('REPOSITORY_CORRUPT', 'a chunk is in no slab', where));
  }
  const damaged = entries.flatMap((entry) => {
    const error = wrong.get(entry);
    if (error === undefined) return [];
    return [{ id: entry.id, error, there: entry.offset + entry.length <= file.length }];
  });
  return { faults, damaged, entries };
}

const UNREADABLE = ['REPOSITORY_CORRUPT', 'REPOSITORY_UNSUPPORTED', 'LIMIT_EXCEEDED'] as const;

function inspectObject(
  file: Uint8Array,
  { id, offset, length }: PackEntry,
  idsKey: Uint8Array,
  where: { readonly file: string; readonly component: string; readonly offset: number },
): SstashError | null {
  if (offset + length > file.length) {
    return new SstashError(
      'REPOSITORY_CORRUPT',
      'the pack ends before objects that it should hold',
      {
        ...where,
        found: `${file.length} bytes`,
      },
    );
  }
  try {
    const raw = decodeFrame(file.subarray(offset, offset + length), where);
    if (equalBytes(objectId(idsKey, raw), id)) return null;
    return new SstashError('REPOSITORY_CORRUPT', `object ${toHex(id)} has other bytes`, where);
  } catch (error) {
    if (isSstashError(error)) return error;
    throw error;
  }
}
