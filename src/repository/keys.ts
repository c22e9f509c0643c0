/**
 * The repository's key and what is derived from it.
 *
 * Every repository has a random key of 32 bytes from its first day, kept in clear in the config of a
 * repository without encryption, so that encryption later changes no format. Subkeys come from it by
 * HKDF-SHA256 (no salt) with a label each:
 *
 * | label | length | for |
 * |---|---|---|
 * | `sstash ids 1` | 32 | object ids and manifest ids |
 * | `sstash digests 1` | 192 | leaf digests that decide what is stored |
 *
 * An object id is HMAC-SHA256(ids key, raw bytes). It says what the bytes are whichever way they are
 * compressed, and tells nothing about them to somebody without the key.
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto';

export const OBJECT_ID_BYTES = 32;
export const REPOSITORY_KEY_BYTES = 32;

export interface RepositoryKeys {
  readonly ids: Uint8Array;
  readonly digests: Uint8Array;
}

export function deriveKeys(key: Uint8Array): RepositoryKeys {
  if (key.length !== REPOSITORY_KEY_BYTES) throw new TypeError('a repository key has 32 bytes');
  const derive = (label: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), `sstash ${label} 1`, length));
  return { ids: derive('ids', OBJECT_ID_BYTES), digests: derive('digests', 192) };
}

/** Id of an object: 32 bytes. */
export function objectId(idsKey: Uint8Array, raw: Uint8Array): Uint8Array {
  return createHmac('sha256', idsKey).update(raw).digest();
}

/** SHA-256 of the concatenation of `parts`, as hex: the name of a file that is named by content. */
export function contentName(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
