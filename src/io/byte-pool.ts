/**
 * Memory for byte arrays that come and go, used again and again: new memory costs as much as filling
 * it, and memory outside of the heap makes collecting garbage look urgent (4 s of CPU in 2 GB).
 */

/** Memory has a power of two of bytes, so that it fits the next array; its last pages cost nothing. */
const LEAST_BYTES = 4096;

export class BytePool {
  readonly #idleBytesMax: number;
  /** By the logarithm of their length. */
  readonly #idle: ArrayBuffer[][] = [];
  #idleBytes = 0;
  /** Handed out, and not given back yet; what nobody gives back is garbage like any other. */
  readonly #taken = new WeakSet<ArrayBufferLike>();

  /** @param idleBytesMax memory that is kept; 0 for a pool that keeps nothing */
  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax;
  }

  /** `length` bytes, whatever is in them. */
  take(length: number): Uint8Array {
    if (this.#idleBytesMax === 0) return new Uint8Array(freshBytes(length));
    const bits = 32 - Math.clz32(Math.max(length, LEAST_BYTES) - 1);
    let buffer = this.#idle[bits]?.pop();
    if (buffer === undefined) buffer = freshBytes(Math.max(length, 2 ** bits));
    else this.#idleBytes -= buffer.byteLength;
    this.#taken.add(buffer);
    return new Uint8Array(buffer, 0, length);
  }

  /** Nobody may look at `bytes` any more. Memory that is not of this pool is left alone. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#taken.delete(buffer)) return;
    if (this.#idleBytes + buffer.byteLength > this.#idleBytesMax) return;
    const bits = 31 - Math.clz32(buffer.byteLength);
    this.#idle[bits] ??= [];
    this.#idle[bits]?.push(buffer);
    this.#idleBytes += buffer.byteLength;
  }
}

/** Takes every array from new memory, and lets it go. */
export const NO_POOL = new BytePool(0);

/** Not cleared: whoever takes it fills all of it before anybody else sees it. */
function freshBytes(length: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer;
}
