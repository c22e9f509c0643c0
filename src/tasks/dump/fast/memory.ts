/** Tables in the memory of a kernel instance: laid out one behind the other, then written at once. */
import { align, type KernelInstance } from '../../../codec/index.js';

/** The kernel copies in steps of 16 bytes and may read as much behind a text. */
const MARGIN = 64;

export class TableMemory {
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #next: number;

  constructor(start: number) {
    this.#next = align(start);
  }

  /** Where whatever follows the tables may begin. */
  get end(): number {
    return this.#next;
  }

  /** Takes `bytes` to be written; their address. */
  take(bytes: Uint8Array): number {
    const at = this.#next;
    this.#parts.push({ at, bytes });
    this.#next = align(at + bytes.length + MARGIN);
    return at;
  }

  /** Takes a table of 32-bit numbers. */
  words(words: readonly number[]): number {
    return this.take(new Uint8Array(Int32Array.from(words).buffer));
  }

  writeTo(instance: KernelInstance): void {
    for (const { at, bytes } of this.#parts) instance.bytes.set(bytes, at);
  }
}
