/**
 * Memory that begins at a page, which writes past the page cache need. A WebAssembly memory is sure
 * to; a buffer of Node is not, and does not tell. Each takes much address space and is slow to come
 * free, so there are few, made when first wanted and kept.
 */

/** One is filled while the other is written. */
export type Staging = readonly [Uint8Array, Uint8Array];

/** One write; larger ones are not faster. */
const HALF_BYTES = 1024 * 1024;
const WASM_PAGE_BYTES = 64 * 1024;
/** An SSTable that is restored has up to five large files. */
const STAGINGS_MAX = 8;

/** The part of the WebAssembly namespace that is used; @types/node does not declare it. */
interface WebAssemblyApi {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer };
}

const idle: Staging[] = [];
let left = STAGINGS_MAX;

/** To be given back; null where all are in use, or where the system gives none. */
export function takeStaging(): Staging | null {
  const staging = idle.pop();
  if (staging !== undefined) return staging;
  if (left === 0) return null;
  left--;
  const api = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  try {
    const pages = (2 * HALF_BYTES) / WASM_PAGE_BYTES;
    const { buffer } = new api.Memory({ initial: pages, maximum: pages });
    return [new Uint8Array(buffer, 0, HALF_BYTES), new Uint8Array(buffer, HALF_BYTES)];
  } catch {
    // A RangeError: address space is limited here. Asking again would cost as much again.
    left = 0;
    return null;
  }
}

export function giveStaging(staging: Staging): void {
  idle.push(staging);
}
