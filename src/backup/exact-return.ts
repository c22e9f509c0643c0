/**
 * Makes the native bytes of a range again from its leaves while it is read, and compares them: the
 * walker and the encoder are two programs, and should they ever disagree about a table, it shows
 * here and not in a restore (invariant 9 of docs/repository-format.md).
 */
import { equalBytes } from '../binary/index.js';
import { type LeafWindow, NativeEncoder, type NativeEncoderOptions } from '../canonical/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';

const WINDOW_STEP_BYTES = 1024 * 1024;
/** Canonical bytes that are made into native ones at a time: what stays in the processor's cache. */
const PUSH_BYTES = 64 * 1024;

/** One range after another uses it in a thread; what it holds never outlives a step. */
let spareWindow: Uint8Array = new Uint8Array(0);

export class ExactReturn {
  readonly #encoder: NativeEncoder;
  readonly #where: ErrorDetails;
  /** The window as it was before the walk, which may move or reuse it. */
  #window: Uint8Array = spareWindow;
  /** Native bytes that are done but not made again yet: at most the end byte of a partition. */
  #owed: Uint8Array = new Uint8Array(0);

  constructor(options: NativeEncoderOptions, where: ErrorDetails) {
    this.#encoder = new NativeEncoder(options, where);
    this.#where = where;
  }

  /** Notes the bytes that the next leaves come from; a copy is kept. */
  expect(window: Uint8Array): void {
    if (this.#window.length < window.length) {
      const steps = Math.ceil(window.length / WINDOW_STEP_BYTES);
      this.#window = new Uint8Array(steps * WINDOW_STEP_BYTES);
      if (steps <= 2) spareWindow = this.#window;
    }
    this.#window.set(window);
  }

  /** Compares what the leaves of the window give. Throws SSTABLE_UNSUPPORTED_TYPE. */
  compare(leaves: LeafWindow): void {
    const { bytes, leafEnds, leafCount, consumed } = leaves;
    /** Native bytes that are compared, from the window's start; what is owed stands before it. */
    let at = -this.#owed.length;
    let start = 0;
    for (let leaf = 0; leaf < leafCount; leaf++) {
      const end = leafEnds[leaf] as number;
      const isLast = leaf + 1 === leafCount;
      if (!isLast && (leafEnds[leaf + 1] as number) - start <= PUSH_BYTES) continue;
      at = this.#next(this.#encoder.push(bytes.subarray(start, end)), at, consumed);
      start = end;
    }
    const still = this.#owed.subarray(Math.min(this.#owed.length, this.#owed.length + at));
    const fresh = this.#window.subarray(Math.max(0, at), consumed);
    this.#owed = Uint8Array.from([...still, ...fresh]);
  }

  /** Compares `native` with what stands at `at`; where the next bytes stand. */
  #next(native: Uint8Array, at: number, consumed: number): number {
    const before = Math.min(native.length, Math.max(0, -at));
    const owed = this.#owed.length + Math.min(at, 0);
    this.#same(native.subarray(0, before), this.#owed.subarray(owed, owed + before));
    const end = at + native.length;
    const expected = this.#window.subarray(at + before, end);
    const differs = Buffer.compare(native.subarray(before), expected) !== 0;
    if (end > consumed || differs) throw this.#inexact();
    return end;
  }

  /** Compares the end of the range. Throws SSTABLE_UNSUPPORTED_TYPE. */
  finish(): void {
    this.#same(this.#encoder.finish(), this.#owed);
  }

  close(): void {
    this.#encoder.close();
  }

  #same(native: Uint8Array, expected: Uint8Array): void {
    if (!equalBytes(native, expected)) throw this.#inexact();
  }

  #inexact(): SstashError {
    return new SstashError('SSTABLE_UNSUPPORTED_TYPE', 'its rows cannot be written again exactly', {
      ...this.#where,
      hint: 'Please report it; the file is kept as it is.',
    });
  }
}
