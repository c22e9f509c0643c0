/** The encoder of native bytes on the kernel of native-bindings/assembly/native.ts. */
import { align, KernelInstance } from '../codec/index.js';
import type { ErrorDetails } from '../errors.js';
import { writeKernelTables } from './kernel-tables.js';
import type { Encoder, NativeEncoderOptions } from './native-types.js';
import { TypeScriptNativeEncoder } from './native-typescript.js';

/** The kernel may touch this many bytes behind its regions. */
const MARGIN = 512;
/** Native bytes are hardly more than canonical ones; what is longer is left to the twin. */
const GROWTH = 1.25;
const OUTPUT_MIN = 65536;

export class WebAssemblyNativeEncoder implements Encoder {
  #instance: KernelInstance | null;
  readonly #inputAt: number;
  readonly #options: NativeEncoderOptions;
  readonly #where: ErrorDetails;
  /** Encodes what the kernel does not; made when first needed. */
  #twin: TypeScriptNativeEncoder | null = null;

  constructor(options: NativeEncoderOptions, where: ErrorDetails) {
    this.#options = options;
    this.#where = where;
    this.#instance = KernelInstance.acquire();
    this.#inputAt = align(writeKernelTables(this.#instance, options) + MARGIN);
    this.#instance.exports.nativeResume(0, 0);
  }

  window(length: number): Uint8Array {
    const instance = this.#kernel();
    // `push` need not grow the memory then, which would end the view.
    this.#prepare(instance, length);
    return instance.bytes.subarray(this.#inputAt, this.#inputAt + length);
  }

  push(input: Uint8Array): Uint8Array {
    const instance = this.#kernel();
    const isThere = KernelInstance.owner(input) === instance && input.byteOffset === this.#inputAt;
    const { outAt, outEnd } = this.#prepare(instance, input.length);
    if (!isThere) instance.bytes.set(input, this.#inputAt);
    const end = instance.exports.encodeNative(this.#inputAt, input.length, outAt, outEnd);
    return end === 0 ? this.#pushToTwin(input) : instance.bytes.subarray(outAt, end);
  }

  /** Where the native bytes of `length` canonical ones go, in memory that is there. */
  #prepare(instance: KernelInstance, length: number): { outAt: number; outEnd: number } {
    const outAt = align(this.#inputAt + length + MARGIN);
    const outEnd = outAt + Math.ceil(length * GROWTH) + OUTPUT_MIN;
    instance.ensure(outEnd + MARGIN);
    return { outAt, outEnd };
  }

  #pushToTwin(input: Uint8Array): Uint8Array {
    const { exports } = this.#kernel();
    this.#twin ??= new TypeScriptNativeEncoder(this.#options, this.#where);
    const inside = exports.nativeInside.value !== 0;
    this.#twin.state = { inside, previousSize: exports.nativePrevious.value >>> 0 };
    const native = this.#twin.push(input);
    const { state } = this.#twin;
    exports.nativeResume(state.inside ? 1 : 0, state.previousSize);
    return native;
  }

  finish(): Uint8Array {
    const { exports } = this.#kernel();
    const inside = exports.nativeInside.value !== 0;
    exports.nativeResume(0, 0);
    return inside ? END_OF_PARTITION : NOTHING;
  }

  close(): void {
    this.#instance?.release();
    this.#instance = null;
  }

  #kernel(): KernelInstance {
    if (this.#instance === null) throw new TypeError('the encoder is closed');
    return this.#instance;
  }
}

const END_OF_PARTITION = Uint8Array.of(1);
const NOTHING = new Uint8Array(0);
