/**
 * Makes the native bytes of a range again from its leaves while it is read, and compares them: the
 * walker and the encoder are two programs, and should they ever disagree about a table, it shows
 * here and not in a restore (invariant 9 of docs/repository-format.md).
 */
import { equalBytes } from '../binary/index.js';
import { type LeafWindow, NativeEncoder, type NativeEncoderOptions } from '../canonical/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';

/** Canonical bytes that are made into native ones at a time: what stays in the processor's cache. */
const PUSH_BYTES = 64 * 1024;

export class ExactReturn {
  readonly #encoder: NativeEncoder;
  readonly #where: ErrorDetails;
  /** Native bytes that are done but not made again yet: at most the end byte of a partition. */
  #owed: Uint8Array = new Uint8Array(0);

  constructor(options: NativeEncoderOptions, where: ErrorDetails) {
    this.#encoder = new NativeEncoder(options, where);
    this.#where = where;
  }

  /** Compares what the leaves of a window give. Throws SSTABLE_UNSUPPORTED_TYPE. */
  compare({ bytes, leafEnds, leafCount, native }: LeafWindow): void {
    /** How far `native` is compared; what is owed stands before it. */
    let at = -this.#owed.length;
    let start = 0;
    for (let leaf = 0; leaf < leafCount; leaf++) {
      const end = leafEnds[leaf] as number;
      const isLast = leaf + 1 === leafCount;
      if (!isLast && (leafEnds[leaf + 1] as number) - start <= PUSH_BYTES) continue;
      at = this.#next(this.#encoder.push(bytes.subarray(start, end)), at, native);
      start = end;
    }
    const still = this.#owed.subarray(Math.min(this.#owed.length, this.#owed.length + at));
    const fresh = native.subarray(Math.max(0, at));
    this.#owed = Uint8Array.from([...still, ...fresh]);
  }

  /** Compares `made` with what stands at `at` of `native`; where the next bytes stand. */
  #next(made: Uint8Array, at: number, native: Uint8Array): number {
    const before = Math.min(made.length, Math.max(0, -at));
    const owed = this.#owed.length + Math.min(at, 0);
    this.#same(made.subarray(0, before), this.#owed.subarray(owed, owed + before));
    const end = at + made.length;
    const expected = native.subarray(at + before, end);
    if (Buffer.compare(made.subarray(before), expected) !== 0) throw this.#inexact();
    return end;
  }

  /** Compares the end of the range. Throws SSTABLE_UNSUPPORTED_TYPE. */
  finish(): void {
    this.#same(this.#encoder.finish(), this.#owed);
  }

  close(): void {
    this.#encoder.close();
  }

  #same(made: Uint8Array, expected: Uint8Array): void {
    if (!equalBytes(made, expected)) throw this.#inexact();
  }

  #inexact(): SstashError {
    return new SstashError('SSTABLE_UNSUPPORTED_TYPE', 'its rows cannot be written again exactly', {
      ...this.#where,
      hint: 'Please report it; the file is kept as it is.',
    });
  }
}
