/** XXH3-128 over bytes that come in pieces, through xxhash-addon. */
import { loadLibrary } from './load-library.js';

type Addon = typeof import('xxhash-addon');

let loaded: Addon | null = null;

/** The library xxhash-addon. */
export function xxhash(): Addon {
  loaded ??= loadLibrary('xxhash-addon') as Addon;
  return loaded;
}

// The addon reads its seed as bytes and crashes the process when there is none.
const SEED = Buffer.alloc(4);

/** Buffer over the same memory: the addon takes nothing else. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** XXH3 with 128 bits, seed 0; the same digest as `xxh3_128` of all pieces together. */
export class StreamHash {
  readonly #hash = new (xxhash().XXHash128)(SEED);

  /** Adds `bytes`; they may be changed afterwards. */
  update(bytes: Uint8Array): this {
    if (bytes.length > 0) this.#hash.update(asBuffer(bytes));
    return this;
  }

  /** Sixteen new bytes in canonical (big-endian) order. */
  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest());
  }
}
