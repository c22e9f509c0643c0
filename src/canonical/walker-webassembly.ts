/** The leaf walker on the kernel of native-bindings/assembly/walk.ts. */
import { KernelInstance } from '../codec/index.js';
import { walkDamage } from './walker-damage.js';
import { WalkerMemory } from './walker-memory.js';
import type { LeafWindow, Walker, WalkerOptions } from './walker-types.js';

/** As in native-bindings/assembly/status.ts. */
const OK = 0;
const OUTPUT_FULL = 2;
const LEAVES_FULL = 3;

export class WebAssemblyWalker implements Walker {
  #instance: KernelInstance | null;
  readonly #memory: WalkerMemory;
  /** Offset of the pending bytes in the window; they move to its start when it is asked for. */
  #pendingAt = 0;
  #pending = 0;

  constructor(options: WalkerOptions) {
    this.#instance = KernelInstance.acquire();
    this.#memory = new WalkerMemory(this.#instance, options);
    this.#instance.exports.reset();
  }

  get pending(): number {
    return this.#pending;
  }

  resume(previousSize: number): void {
    this.#instance?.exports.resume(previousSize);
  }

  window(capacity: number): Uint8Array {
    const { bytes } = this.#prepare(capacity);
    const { windowAt } = this.#memory;
    return bytes.subarray(windowAt, windowAt + capacity);
  }

  walk(length: number, last: boolean, basePosition: number): LeafWindow {
    const memory = this.#memory;
    const instance = this.#prepare(length);
    const { exports } = instance;
    const { tables, windowAt } = memory;
    exports.setTables(
      tables.ends,
      tables.starts,
      tables.cuts,
      tables.digests,
      tables.heads,
      tables.partitions,
      tables.highs,
      tables.lows,
      tables.leaves,
    );
    exports.setNotes(tables.notes);
    let status = OUTPUT_FULL;
    for (;;) {
      status = exports.walk(windowAt, length, last ? 1 : 0, memory.outAt, memory.outLimit);
      if (status !== OUTPUT_FULL || exports.consumed.value > 0) break;
      memory.growOutput();
    }
    if (status !== OK && status !== OUTPUT_FULL && status !== LEAVES_FULL) {
      throw walkDamage(status, basePosition + exports.recordAt.value);
    }
    const result = this.#result(instance);
    this.#pendingAt = result.consumed;
    this.#pending = length - result.consumed;
    return result;
  }

  close(): void {
    this.#instance?.release();
    this.#instance = null;
  }

  /** Room for `capacity` bytes, and the pending ones at the start of the window. */
  #prepare(capacity: number): KernelInstance {
    if (this.#instance === null) throw new TypeError('the walker is closed');
    if (capacity < this.#pending) {
      throw new TypeError(`${this.#pending} bytes are pending, the window has ${capacity}`);
    }
    this.#memory.growWindow(capacity);
    if (this.#pendingAt > 0) {
      const from = this.#memory.windowAt + this.#pendingAt;
      this.#instance.bytes.copyWithin(this.#memory.windowAt, from, from + this.#pending);
      this.#pendingAt = 0;
    }
    return this.#instance;
  }

  #result(instance: KernelInstance): LeafWindow {
    const { exports, bytes } = instance;
    const { tables, outAt, windowAt } = this.#memory;
    const { buffer } = bytes;
    const consumed = exports.consumed.value;
    const leafCount = exports.leafCount.value;
    const partitionCount = exports.partitionCount.value;
    // Tables that were left out.
    const noted = tables.digests === 0 ? 0 : leafCount;
    const partitions = tables.digests === 0 ? 0 : partitionCount;
    return {
      consumed,
      native: bytes.subarray(windowAt, windowAt + consumed),
      bytes: bytes.subarray(outAt, outAt + exports.outLength.value),
      leafCount,
      leafEnds: new Uint32Array(buffer, tables.ends, leafCount),
      leafStarts: new Uint32Array(buffer, tables.starts, leafCount),
      leafDigests: bytes.subarray(tables.digests, tables.digests + 16 * noted),
      leafCuts: new Uint32Array(buffer, tables.cuts, noted),
      leafIsHead: bytes.subarray(tables.heads, tables.heads + leafCount),
      leafNotes: bytes.subarray(tables.notes, tables.notes + noted),
      partitionCount,
      partitionLeaf: new Uint32Array(buffer, tables.partitions, partitions),
      partitionTokenHigh: new Int32Array(buffer, tables.highs, partitions),
      partitionTokenLow: new Uint32Array(buffer, tables.lows, partitions),
      rows: exports.rowCount.value,
      markers: exports.markerCount.value,
      cells: exports.cellCount.value >>> 0,
      opaqueLeaves: exports.opaqueCount.value,
      insidePartition: exports.insidePartition.value !== 0,
    };
  }
}
