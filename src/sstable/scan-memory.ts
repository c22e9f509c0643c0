/**
 * Where the tables of the scan kernel lie in the memory of its instance:
 *
 *     types | columns | mask | places | kept | histograms | drop times | batch | sketch | window
 *
 * Everything before the window is laid out once for an SSTable; the window alone grows.
 */
import { align, type KernelInstance } from '../codec/index.js';
import { estimatedHistogramOffsets, SKETCH_ORDERED_KEYS } from '../components/index.js';
import type { ScanPlan } from './scan-plan.js';

/** Largest clustering, in bytes, that the scan takes. */
const KEEP_BYTES = 256 * 1024;
const DROPS = 32768;
/** Partitions of a batch, and bytes of their entries of Index.db. */
const BATCH = 16384;
const ENTRY_BYTES = 1024 * 1024;
const KEPT_KEY_BYTES = 65536;
const REGISTERS = 8192;
const PLACE_BYTES = 8;
/** The kernel may read this many bytes behind the window. */
const MARGIN = 256;

interface Histogram {
  readonly at: number;
  readonly offsets: Float64Array;
}

export class ScanMemory {
  readonly instance: KernelInstance;
  readonly windowAt: number;
  #next: number;
  readonly #sizes: Histogram;
  readonly #cells: Histogram;
  readonly #dropsAt: number;
  readonly #startsAt: number;
  readonly #entriesAt: number;
  readonly #sketchAt: number;
  readonly #registersAt: number;
  readonly #keptKeysAt: number;
  readonly #keptAt: number;

  /** @param buckets of the histograms of partition sizes and of cell counts */
  constructor(
    instance: KernelInstance,
    plan: ScanPlan,
    buckets: readonly [number, number],
    columnIndexSize: number,
  ) {
    this.instance = instance;
    this.#next = align(instance.start);
    const typesAt = this.#table(plan.types());
    const clusteringsAt = this.#table(plan.clusterings);
    const staticsAt = this.#table(plan.statics);
    const regularsAt = this.#table(plan.regulars);
    const clusterings = plan.clusterings.length / 8;
    const statics = plan.statics.length / 8;
    const regulars = plan.regulars.length / 8;
    const maskAt = this.#take(Math.max(statics, regulars));
    const placesAt = this.#take(4 * PLACE_BYTES * Math.max(1, clusterings));
    this.#keptAt = this.#take(4 * KEEP_BYTES);
    this.#sizes = this.#histogram(buckets[0]);
    this.#cells = this.#histogram(buckets[1]);
    this.#dropsAt = this.#take(8 * (DROPS + 1));
    this.#startsAt = this.#take(4 * BATCH);
    this.#entriesAt = this.#take(ENTRY_BYTES);
    this.#sketchAt = this.#take(8 * SKETCH_ORDERED_KEYS);
    this.#registersAt = this.#take(REGISTERS);
    this.#keptKeysAt = this.#take(2 * KEPT_KEY_BYTES);
    this.windowAt = align(this.#next + MARGIN);
    const { exports } = instance;
    exports.scanColumns(
      typesAt,
      plan.keyType,
      clusterings,
      clusteringsAt,
      statics,
      staticsAt,
      regulars,
      regularsAt,
      maskAt,
    );
    exports.scanTables(
      placesAt,
      this.#keptAt,
      KEEP_BYTES,
      this.#sizes.at,
      this.#sizes.offsets.length,
      this.#cells.at,
      this.#cells.offsets.length,
      this.#dropsAt,
      DROPS,
    );
    exports.scanBatch(
      this.#startsAt,
      this.#entriesAt,
      ENTRY_BYTES,
      BATCH,
      this.#sketchAt,
      this.#registersAt,
      this.#keptKeysAt,
      columnIndexSize,
    );
  }

  /** A view of the window of `capacity` bytes; growing detaches all views. */
  window(capacity: number): Uint8Array {
    this.instance.ensure(this.windowAt + capacity + MARGIN);
    return this.instance.bytes.subarray(this.windowAt, this.windowAt + capacity);
  }

  /** A view of any bytes. */
  view(at: number, length: number): Uint8Array {
    return this.instance.bytes.subarray(at, at + length);
  }

  sizeCounts(): Float64Array {
    return this.#counts(this.#sizes);
  }

  cellCounts(): Float64Array {
    return this.#counts(this.#cells);
  }

  /** View of the drop times in their table. */
  drops(count: number): Uint32Array {
    return new Uint32Array(this.#buffer, this.#dropsAt, 2 * count);
  }

  /** Copies of the batch, whose entries have `length` bytes. */
  batch(count: number, length: number) {
    return {
      count,
      entries: this.view(this.#entriesAt, length).slice(),
      starts: new Uint32Array(this.#buffer, this.#startsAt, count).slice(),
    };
  }

  sketchHashes(count: number): Uint32Array {
    return new Uint32Array(this.#buffer, this.#sketchAt, 2 * count).slice();
  }

  sketchRegisters(): Uint8Array {
    return this.view(this.#registersAt, REGISTERS).slice();
  }

  lastKey(length: number): Uint8Array {
    return this.view(this.#keptKeysAt, length).slice();
  }

  firstKey(length: number): Uint8Array {
    return this.view(this.#keptKeysAt + KEPT_KEY_BYTES, length).slice();
  }

  /** The first name of the block at hand; a view. */
  blockName(length: number): Uint8Array {
    return this.view(this.#keptAt + 3 * KEEP_BYTES, length);
  }

  /** Values of a table of places; copies. */
  values(placesAt: number, count: number): (Uint8Array | null)[] {
    const places = new Int32Array(this.#buffer, placesAt, 2 * count);
    return Array.from({ length: count }, (_, i) => {
      const length = places[2 * i + 1] ?? -1;
      return length < 0 ? null : this.view((places[2 * i] ?? 0) >>> 0, length).slice();
    });
  }

  get #buffer(): ArrayBufferLike {
    return this.instance.bytes.buffer;
  }

  #take(bytes: number): number {
    const at = this.#next;
    this.#next = align(at + bytes);
    this.instance.ensure(this.#next);
    return at;
  }

  #table(words: Int32Array): number {
    const at = this.#take(4 * words.length);
    new Int32Array(this.#buffer, at, words.length).set(words);
    return at;
  }

  #histogram(buckets: number): Histogram {
    const offsets = estimatedHistogramOffsets(Math.max(1, buckets - 1));
    const at = this.#take(8 * (2 * offsets.length + 1));
    const words = new BigUint64Array(this.#buffer, at, offsets.length);
    offsets.forEach((offset, i) => {
      words[i] = BigInt(offset);
    });
    return { at, offsets };
  }

  #counts({ at, offsets }: Histogram): Float64Array {
    const start = at + 8 * offsets.length;
    return Float64Array.from(new BigUint64Array(this.#buffer, start, offsets.length + 1), (count) =>
      Number(count),
    );
  }
}
