/** One pack, every byte of it. */
import { equalBytes, toHex } from '../binary/index.js';
import { isSstashError, SstashError } from '../errors.js';
import {
  contentName,
  decodeFrame,
  isPackHead,
  objectId,
  type PackEntry,
  packKey,
  readPackIndex,
} from '../repository/index.js';
import type { BlobStore } from '../store/index.js';

export interface PackInspection {
  /** What is wrong with the pack as a file. */
  readonly faults: readonly SstashError[];
  /** Objects whose bytes are not those of their ids. */
  readonly damaged: readonly { readonly id: Uint8Array; readonly error: SstashError }[];
}

/** Reads a pack; throws nothing but what is not damage (INTERRUPTED, STORE_FAILED). */
export async function inspectPack(
  store: BlobStore,
  idsKey: Uint8Array,
  name: string,
  bytes: number,
): Promise<PackInspection> {
  const where = { file: `${store.location}/${packKey(name)}`, component: 'pack' };
  const faults: SstashError[] = [];
  const file = await store.get(packKey(name));
  const found = contentName([file]);
  if (found === name && isPackHead(file)) return { faults, damaged: [] };
  faults.push(
    new SstashError('REPOSITORY_CORRUPT', 'a pack does not have the bytes it was written with', {
      ...where,
      expected: name,
      found,
    }),
  );
  let entries: PackEntry[];
  try {
    entries = await readPackIndex(store, name, bytes);
  } catch (error) {
    if (!isSstashError(error, 'REPOSITORY_CORRUPT', 'REPOSITORY_UNSUPPORTED')) throw error;
    return { faults: [...faults, error], damaged: [] };
  }
  const damaged = entries.flatMap((entry) => {
    const error = inspectObject(file, entry, idsKey, { ...where, offset: entry.offset });
    return error === null ? [] : [{ id: entry.id, error }];
  });
  return { faults, damaged };
}

function inspectObject(
  file: Uint8Array,
  { id, offset, length }: PackEntry,
  idsKey: Uint8Array,
  where: { readonly file: string; readonly component: string; readonly offset: number },
): SstashError | null {
  try {
    const raw = decodeFrame(file.subarray(offset, offset + length), where);
    if (equalBytes(objectId(idsKey, raw), id)) return null;
    return new SstashError('REPOSITORY_CORRUPT', `object ${toHex(id)} has other bytes`, where);
  } catch (error) {
    if (isSstashError(error)) return error;
    throw error;
  }
}
