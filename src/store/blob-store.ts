/**
 * The contract of every store. A blob is written once, whole, and never changed: `put` of a key that
 * is there leaves it alone and says so, which makes every put safe to repeat.
 *
 * Keys are one to eight segments of [a-z0-9._-] (a segment begins with a letter or digit), joined by
 * '/'. They never come from user data.
 *
 * Errors: STORE_NOT_FOUND when a blob that is asked for is not there, WRITE_FAILED, READ_FAILED,
 * DISK_FULL and STORE_FAILED when the store refuses. A wrong key is a TypeError.
 */

export interface BlobInfo {
  readonly key: string;
  readonly bytes: number;
}

export interface GetOptions {
  /** First byte to return, 0 when not given. */
  readonly offset?: number;
  /** Bytes to return; fewer come back when the blob ends before. All when not given. */
  readonly length?: number;
  /** Memory that may be used for them, of that length at least. */
  readonly into?: Uint8Array;
  readonly signal?: AbortSignal;
}

export interface PutOptions {
  readonly signal?: AbortSignal;
}

export interface BlobStore {
  /** As a user would name it: a path or URL. */
  readonly location: string;
  /** A copy of the blob or of a range of it, in an array of its own or in `into`. */
  get(key: string, options?: GetOptions): Promise<Uint8Array>;
  /**
   * Writes the concatenation of `parts`; when the promise is fulfilled the blob is durable and
   * appears whole or, after a crash, not at all. False: the key was there and is unchanged.
   */
  put(key: string, parts: readonly Uint8Array[], options?: PutOptions): Promise<boolean>;
  /** Every blob whose key begins with `prefix` (a whole segment or several), sorted by key. */
  list(prefix: string): Promise<BlobInfo[]>;
  /** True when the blob was there. */
  delete(key: string): Promise<boolean>;
  /** Size of a blob, or null when it is not there. */
  head(key: string): Promise<BlobInfo | null>;
}

const KEY = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*){0,7}$/;

export function isKey(text: string): boolean {
  return KEY.test(text) && text.length <= 512;
}

/** Throws a TypeError for a text that is not a key. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new TypeError(`not a store key: ${key}`);
}

/** Bytes of all parts together. */
export function partsLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
