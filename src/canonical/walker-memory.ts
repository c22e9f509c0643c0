/**
 * Where a walker's tables, window and output lie in the memory of its kernel instance:
 *
 *     secret | clustering table | column tables | names | scratch | window | leaf tables | output
 *
 * The part before the window is written once. The window stays where it is when it grows, so that
 * pending bytes need not move; what follows it holds nothing between two steps.
 */
import { align, type KernelInstance } from '../codec/index.js';
import { writeKernelTables } from './kernel-tables.js';
import type { WalkerOptions } from './walker-types.js';

/** The kernel may touch this many bytes on both sides of the window and the output. */
const MARGIN = 256;
/** One leaf for so many native bytes; more of them end a step early. */
const BYTES_PER_LEAF = 40;
const LEAVES_MIN = 1024;
const LEAVES_MAX = 262144;
const OUTPUT_MIN = 65536;
/** Windows above this are for single large rows, which hardly grow. */
const LARGE_WINDOW = 16 * 1024 * 1024;

/** Addresses of the leaf tables, 0 for those left out, and how many leaves they have room for. */
export interface LeafTables {
  readonly leaves: number;
  readonly ends: number;
  readonly starts: number;
  readonly cuts: number;
  readonly digests: number;
  readonly heads: number;
  readonly notes: number;
  readonly partitions: number;
  readonly highs: number;
  readonly lows: number;
}

export class WalkerMemory {
  readonly instance: KernelInstance;
  /** Address of the window. */
  readonly windowAt: number;
  windowCapacity = 0;
  tables: LeafTables = NO_TABLES;
  outAt = 0;
  outLimit = 0;
  readonly #leavesOnly: boolean;

  constructor(instance: KernelInstance, options: WalkerOptions) {
    this.instance = instance;
    this.#leavesOnly = options.leavesOnly === true;
    this.windowAt = writeKernelTables(instance, options, options.digestSecret) + MARGIN;
  }

  /** Makes room for a window of `capacity` bytes, with tables and output to match. */
  growWindow(capacity: number): void {
    if (capacity <= this.windowCapacity) return;
    const wanted = Math.ceil(capacity / BYTES_PER_LEAF);
    const leaves = Math.min(Math.max(wanted, LEAVES_MIN), LEAVES_MAX);
    let at = align(this.windowAt + capacity + MARGIN);
    const take = (bytes: number): number => {
      const start = at;
      at = align(at + bytes * leaves);
      return start;
    };
    const some = { ...NO_TABLES, leaves, ends: take(4), starts: take(4), heads: take(1) };
    const tables = this.#leavesOnly
      ? some
      : {
          ...some,
          cuts: take(4),
          digests: take(16),
          notes: take(1),
          partitions: take(4),
          highs: take(4),
          lows: take(4),
        };
    const growth = capacity > LARGE_WINDOW ? 1.125 : 1.5;
    const outAt = at + MARGIN;
    const outLimit = outAt + OUTPUT_MIN + Math.ceil(capacity * growth);
    this.instance.ensure(outLimit + MARGIN);
    this.windowCapacity = capacity;
    this.tables = tables;
    this.outAt = outAt;
    this.outLimit = outLimit;
  }

  /** Twice the output, for one record that is larger than all of it. */
  growOutput(): void {
    const outLimit = this.outAt + 2 * (this.outLimit - this.outAt);
    this.instance.ensure(outLimit + MARGIN);
    this.outLimit = outLimit;
  }
}

const NO_TABLES: LeafTables = {
  leaves: 0,
  ends: 0,
  starts: 0,
  cuts: 0,
  digests: 0,
  heads: 0,
  notes: 0,
  partitions: 0,
  highs: 0,
  lows: 0,
};
