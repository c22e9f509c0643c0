/**
 * Leaves back to the uncompressed stream of Data.db (docs/canonical-form.md, section 5): what the
 * SSTable's own writer wrote, byte for byte. This is the path of a restore. The work is done by a
 * WebAssembly kernel, or by its TypeScript twin where SSTASH_KERNELS=typescript asks for it.
 */
import { kernelKind } from '../codec/index.js';
import type { ErrorDetails } from '../errors.js';
import type { Encoder, NativeEncoderOptions } from './native-types.js';
import { TypeScriptNativeEncoder } from './native-typescript.js';
import { WebAssemblyNativeEncoder } from './native-webassembly.js';

export class NativeEncoder implements Encoder {
  readonly #encoder: Encoder;

  /** @param kind which of the two, for tests */
  constructor(options: NativeEncoderOptions, where: ErrorDetails = {}, kind = kernelKind()) {
    this.#encoder =
      kind === 'typescript'
        ? new TypeScriptNativeEncoder(options, where)
        : new WebAssemblyNativeEncoder(options, where);
  }

  /**
   * Room for the next leaves: a `push` of what stands at its start makes no copy. Valid until the
   * next call.
   */
  window(length: number): Uint8Array {
    return this.#encoder.window(length);
  }

  /**
   * The native bytes of the next leaves, whole leaves only; a view, valid until the next call. The
   * end of a partition comes with the head of the next one, or with `finish`.
   *
   * Throws REPOSITORY_CORRUPT for bytes that are no canonical records of this SSTable: unknown
   * columns, values of another length than their type. The encoder is of no use after that.
   */
  push(input: Uint8Array): Uint8Array {
    return this.#encoder.push(input);
  }

  /** Ends the last partition; a view. The encoder may go on with another range. */
  finish(): Uint8Array {
    return this.#encoder.finish();
  }

  /** Gives the encoder's memory to the next one; the encoder and its views end here. */
  close(): void {
    this.#encoder.close();
  }
}
