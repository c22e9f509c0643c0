/** Compares a component on disk with the bytes that it should consist of, as these come. */
import type { RandomAccessFile } from '../../io/index.js';

export interface ComponentOutcome {
  readonly component: string;
  /** The bytes made from the rows are those on disk. */
  readonly equal: boolean;
  /** Bytes on disk. */
  readonly size: number;
  /** Bytes made; 0 where none were. */
  readonly rebuiltSize: number;
  /** First offset at which the two differ. */
  readonly difference: number | null;
  /** Why it was not compared. */
  readonly reason: string | null;
}

const WINDOW_BYTES = 256 * 1024;

export class ComponentComparison {
  readonly component: string;
  readonly #file: RandomAccessFile;
  readonly #buffer: Uint8Array;
  #position = 0;
  #difference: number | null = null;
  /** The part of the file that begins at `#windowAt`. */
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(component: string, file: RandomAccessFile) {
    this.component = component;
    this.#file = file;
    this.#buffer = new Uint8Array(Math.min(WINDOW_BYTES, file.size));
  }

  /** The next bytes that the file should have. */
  async push(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#difference === null; ) {
      const from = this.#position + at;
      if (from >= this.#windowAt + this.#window.length) await this.#load(from);
      const offset = from - this.#windowAt;
      const held = this.#window.subarray(offset, offset + bytes.length - at);
      const wanted = bytes.subarray(at, at + held.length);
      if (held.length === 0) this.#difference = from;
      else if (Buffer.compare(held, wanted) !== 0) {
        this.#difference = from + firstDifference(held, wanted);
      }
      at += held.length;
    }
    this.#position += bytes.length;
  }

  outcome(): ComponentOutcome {
    const { size } = this.#file;
    const short = this.#position < size ? this.#position : null;
    const difference = this.#difference ?? short;
    return {
      component: this.component,
      equal: difference === null,
      size,
      rebuiltSize: this.#position,
      difference,
      reason: null,
    };
  }

  async #load(from: number): Promise<void> {
    this.#window = await this.#file.readSome(from, this.#buffer.length, this.#buffer);
    this.#windowAt = from;
  }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return at;
}
