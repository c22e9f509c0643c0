/**
 * Makes the native bytes of a range again from its leaves while it is read, and compares them: the
 * walker and the encoder are two programs, and should they ever disagree about a table, it shows
 * here and not in a restore (invariant 9 of docs/repository-format.md).
 */
import { equalBytes } from '../binary/index.js';
import { type LeafWindow, NativeEncoder, type NativeEncoderOptions } from '../canonical/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';

export class ExactReturn {
  readonly #encoder: NativeEncoder;
  readonly #where: ErrorDetails;
  /** The window as it was before the walk, which may move or reuse it. */
  #window: Uint8Array = new Uint8Array(0);
  /** Native bytes that are done but not made again yet: the end byte of the last partition. */
  #owed: Uint8Array = new Uint8Array(0);

  constructor(options: NativeEncoderOptions, where: ErrorDetails) {
    this.#encoder = new NativeEncoder(options, where);
    this.#where = where;
  }

  /** Notes the bytes that the next leaves come from; a copy is kept. */
  expect(window: Uint8Array): void {
    if (this.#window.length < window.length) this.#window = new Uint8Array(window.length);
    this.#window.set(window);
  }

  /** Compares what the leaves of the window give. Throws SSTABLE_UNSUPPORTED_TYPE. */
  compare(leaves: LeafWindow): void {
    if (leaves.leafCount === 0 && leaves.consumed === 0) return;
    const native = this.#encoder.push(leaves.bytes);
    const owed = this.#owed.length;
    const done = this.#window.subarray(0, leaves.consumed);
    const made = native.length - owed;
    if (made < 0 || made > done.length) throw this.#inexact();
    this.#same(native.subarray(0, owed), this.#owed);
    if (Buffer.compare(native.subarray(owed), done.subarray(0, made)) !== 0) throw this.#inexact();
    this.#owed = done.slice(made);
  }

  /** Compares the end of the range. Throws SSTABLE_UNSUPPORTED_TYPE. */
  finish(): void {
    this.#same(this.#encoder.finish(), this.#owed);
  }

  #same(native: Uint8Array, expected: Uint8Array): void {
    if (!equalBytes(native, expected)) throw this.#inexact();
  }

  #inexact(): SstashError {
    return new SstashError('SSTABLE_UNSUPPORTED_TYPE', 'its rows cannot be written again exactly', {
      ...this.#where,
      hint: 'please report it; the file is kept as it is',
    });
  }
}
