/**
 * The 64-bit MurmurHash2 that Cassandra feeds into the sketch of partition keys (format writing
 * reference, 14.6); the twin of `sketch` in native-bindings/assembly/scan.ts.
 */
import { SKETCH_ORDERED_KEYS } from '../components/index.js';

const M = 0xc6a4a7935bd1e995n;
const WORD = 2n ** 64n - 1n;

export function sketchHash(key: Uint8Array): bigint {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  let h = (M * BigInt(key.length)) & WORD;
  const blocks = key.length & ~7;
  for (let at = 0; at < blocks; at += 8) {
    let k = (view.getBigUint64(at, true) * M) & WORD;
    k ^= k >> 47n;
    h ^= (k * M) & WORD;
    h = (h * M) & WORD;
  }
  for (let i = 0; blocks + i < key.length; i++) {
    h ^= (BigInt(view.getInt8(blocks + i)) << BigInt(8 * i)) & WORD;
  }
  if (key.length > blocks) h = (h * M) & WORD;
  h ^= h >> 47n;
  h = (h * M) & WORD;
  return h ^ (h >> 47n);
}

/** Collects the hashes of the keys of a range. */
export class SketchHashes {
  readonly #ordered: number[] = [];
  #registers: Uint8Array | null = null;

  add(key: Uint8Array): void {
    const hash = sketchHash(key);
    if (this.#ordered.length < 2 * SKETCH_ORDERED_KEYS) {
      this.#ordered.push(Number(hash & 0xffffffffn), Number(hash >> 32n));
      return;
    }
    this.#registers ??= new Uint8Array(8192);
    const register = Number(hash >> 51n);
    const rest = ((hash << 13n) | 4096n) & WORD;
    const run = 64 - rest.toString(2).length + 1;
    this.#registers[register] = Math.max(this.#registers[register] ?? 0, run);
  }

  /** Low and high word of each hash that is kept. */
  ordered(): Uint32Array {
    return Uint32Array.from(this.#ordered);
  }

  registers(): Uint8Array | null {
    return this.#registers;
  }
}
