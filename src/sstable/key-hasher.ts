/**
 * Murmur3 of many keys that lie in the same windows: a window is copied to the kernel once, its keys
 * are hashed where they lie, and the result comes in halves instead of bigints.
 */
import { KernelInstance, kernelKind, murmur3Typescript } from '../codec/index.js';

/** Larger buffers are not copied whole. */
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
const HASH_BYTES = 16;

export class KeyHasher {
  /** Halves of h1 and h2; the high one of h1 is signed, as tokens are. */
  h1High = 0;
  h1Low = 0;
  h2High = 0;
  h2Low = 0;
  #instance: KernelInstance | null;
  /** The buffer that the kernel has a copy of. */
  #loaded: ArrayBufferLike | null = null;
  #view: DataView = new DataView(new ArrayBuffer(HASH_BYTES));

  constructor() {
    this.#instance = kernelKind() === 'typescript' ? null : KernelInstance.acquire();
  }

  /** Hashes `key` into the fields. */
  hash(key: Uint8Array): void {
    const instance = this.#instance;
    if (instance === null) {
      const hash = murmur3Typescript(key);
      this.#read(new DataView(hash.buffer, hash.byteOffset, HASH_BYTES), 0);
      return;
    }
    const out = instance.start;
    const window = out + HASH_BYTES;
    let at = window + key.byteOffset;
    if (key.buffer !== this.#loaded) {
      const whole = key.buffer.byteLength <= WINDOW_BYTES_MAX;
      const bytes = whole ? new Uint8Array(key.buffer) : key;
      instance.ensure(window + bytes.length);
      instance.bytes.set(bytes, window);
      this.#loaded = whole ? key.buffer : null;
      this.#view = new DataView(instance.bytes.buffer);
      if (!whole) at = window;
    }
    instance.exports.murmur3(at, key.length, out);
    this.#read(this.#view, out);
  }

  /** Gives the kernel's memory back. */
  close(): void {
    this.#instance?.release();
    this.#instance = null;
  }

  #read(view: DataView, at: number): void {
    this.h1High = view.getInt32(at);
    this.h1Low = view.getUint32(at + 4);
    this.h2High = view.getUint32(at + 8);
    this.h2Low = view.getUint32(at + 12);
  }
}
