/**
 * Native bytes of Data.db to canonical leaves (docs/canonical-form.md): the hot path of trees,
 * comparisons and backups. The work is done by a WebAssembly kernel, or by its TypeScript twin
 * where SSTASH_KERNELS=typescript asks for it.
 */
import { kernelKind } from '../codec/index.js';
import type { LeafWindow, Walker, WalkerOptions } from './walker-types.js';
import { TypeScriptWalker } from './walker-typescript.js';
import { WebAssemblyWalker } from './walker-webassembly.js';

/**
 * Walks one range of whole partitions, window by window:
 *
 *     const view = walker.window(capacity);       // begins with walker.pending bytes
 *     view.set(nextBytes, walker.pending);
 *     const leaves = walker.walk(length, last, positionOfWindow);
 *
 * until the last window is consumed and `pending` is 0. A step that consumes nothing needs a larger
 * window. One step may consume less than it could when its tables are full; then the next step goes
 * on with what is pending, whether or not bytes were added.
 */
export class LeafWalker implements Walker {
  readonly #walker: Walker;

  constructor(options: WalkerOptions) {
    this.#walker =
      kernelKind() === 'typescript'
        ? new TypeScriptWalker(options)
        : new WebAssemblyWalker(options);
  }

  /** Bytes of the last window that were not consumed: the first ones of the next. */
  get pending(): number {
    return this.#walker.pending;
  }

  /**
   * Before the first window: it begins inside a partition, behind a record of `previousSize` native
   * bytes. Leaves have their bytes then, but digests and cuts only from the next partition on.
   */
  resume(previousSize: number): void {
    this.#walker.resume(previousSize);
  }

  /**
   * Room for native bytes: a view of exactly `capacity` bytes (at least `pending`), whose first
   * `pending` ones are already there. Valid until the next call.
   */
  window(capacity: number): Uint8Array {
    return this.#walker.window(capacity);
  }

  /**
   * Walks the first `length` bytes of the window, pending ones included. `last`: the range ends
   * there. `basePosition` is the position of the window in the uncompressed stream, for errors.
   *
   * Throws SSTABLE_CORRUPT or SSTABLE_TRUNCATED (with `uncompressedOffset`) for bytes that are no
   * rows, LIMIT_EXCEEDED for rows above LIMITS.rowBytesMax.
   */
  walk(length: number, last: boolean, basePosition: number): LeafWindow {
    return this.#walker.walk(length, last, basePosition);
  }

  /** Gives the walker's memory to the next one; the walker and its views end here. */
  close(): void {
    this.#walker.close();
  }
}
