/** The leaves of a range and their match digests, window after window, as one window. */
import { leafDigests, MATCH_DIGEST_BYTES } from '../../canonical/index.js';
import type { LeafBytes } from '../leaf-chunks.js';

/** A usual range has 8 MiB of rows; memory that is not used costs nothing. */
const BYTES = 10 * 1024 * 1024;
const LEAVES = 64 * 1024;
/** Larger arrays are not kept for the next range. */
const KEEP_BYTES = 24 * 1024 * 1024;

/** Of this thread's last range: large arrays cost more to make than to use. */
let spare: HeldLeaves | null = null;

export class HeldLeaves {
  #bytes = new Uint8Array(BYTES);
  #length = 0;
  #ends = new Uint32Array(LEAVES);
  #cuts = new Uint32Array(LEAVES);
  #count = 0;
  #digests = new Uint8Array(LEAVES * MATCH_DIGEST_BYTES);
  #digestBytes = 0;

  /** Without leaves; its memory holds whatever was there before. */
  static acquire(): HeldLeaves {
    const held = spare ?? new HeldLeaves();
    spare = null;
    held.#length = 0;
    held.#count = 0;
    held.#digestBytes = 0;
    return held;
  }

  /** Gives the memory to the next one; views of it end here. */
  release(): void {
    if (this.#bytes.length <= KEEP_BYTES) spare = this;
  }

  /** All of them, views until more are added. */
  window(): LeafBytes {
    return {
      bytes: this.#bytes.subarray(0, this.#length),
      leafEnds: this.#ends.subarray(0, this.#count),
      leafCuts: this.#cuts.subarray(0, this.#count),
      leafCount: this.#count,
    };
  }

  /** Match digests of all leaves that `addDigests` was given, a view until more are added. */
  get digests(): Uint8Array {
    return this.#digests.subarray(0, this.#digestBytes);
  }

  addDigests({ bytes, leafEnds, leafCount }: LeafBytes, secret: Uint8Array): void {
    const from = this.#digestBytes;
    const end = from + leafCount * MATCH_DIGEST_BYTES;
    this.#digests = withRoom(this.#digests, end);
    leafDigests(bytes, leafEnds, secret, this.#digests.subarray(from, end));
    this.#digestBytes = end;
  }

  /** Copies the leaves of a window behind those that are here. */
  add({ bytes, leafEnds, leafCuts, leafCount }: LeafBytes): void {
    const base = this.#length;
    const first = this.#count;
    this.#bytes = withRoom(this.#bytes, base + bytes.length);
    this.#ends = withRoom(this.#ends, first + leafCount);
    this.#cuts = withRoom(this.#cuts, first + leafCount);
    this.#bytes.set(bytes, base);
    this.#cuts.set(leafCuts, first);
    for (let i = 0; i < leafCount; i++) this.#ends[first + i] = base + (leafEnds[i] as number);
    this.#length += bytes.length;
    this.#count += leafCount;
  }
}

/** `array`, or a longer one with the same beginning. */
function withRoom<T extends Uint8Array | Uint32Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const longer = new (array.constructor as new (length: number) => T)(
    Math.max(length, Math.ceil(array.length * 1.5)),
  );
  longer.set(array);
  return longer;
}
