import { SstashError } from '../errors.js';
import type { BlobStore } from './blob-store.js';
import { LocalStore } from './local-store.js';

const opened = new Map<string, BlobStore>();

/**
 * The store at a location: a directory, or a name given to `shareStore`. Worker tasks open their
 * store by its location. Throws STORE_FAILED for kinds of store that this release does not have.
 */
export function openStore(location: string): BlobStore {
  const shared = opened.get(location);
  if (shared !== undefined) return shared;
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme !== undefined && location.includes('://')) {
    throw new SstashError('STORE_FAILED', `${scheme}:// repositories are not supported yet`, {
      file: location,
      hint: 'Use a directory, for example one that is copied to the object store afterwards.',
    });
  }
  return new LocalStore(location);
}

/**
 * Makes `openStore` give out `store` for its location in this process, until the function returned
 * is called: for stores that cannot be opened by name (memory, wrappers), with tasks run inline.
 */
export function shareStore(store: BlobStore): () => void {
  opened.set(store.location, store);
  return () => {
    opened.delete(store.location);
  };
}
