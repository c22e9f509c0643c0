/**
 * The fast check of a range of Data.db: the scan kernel proves that all of it is sound and adds up
 * what the other components should say about it. What is not sound is only found here, not explained:
 * then the answer is null, and the range has to be read in the slower way.
 */
import { KernelInstance } from '../codec/index.js';
import type { PartitionBatch } from '../components/index.js';
import type { ClusteringPrefix } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { BlockReader } from './blocks.js';
import { DropRuns } from './drop-runs.js';
import { IndexedRows } from './indexed-rows.js';
import type { StreamRange } from './ranges.js';
import { ScanMemory } from './scan-memory.js';
import { ScanPlan } from './scan-plan.js';
import { newTotals, type ScanTotals } from './scan-totals.js';
import type { SSTable } from './sstable.js';
import { readLength, WINDOW_BYTES } from './window.js';
import { type WriterRules, writerRules } from './writer-rules.js';

export interface RangeFacts {
  readonly totals: ScanTotals;
  readonly batches: readonly PartitionBatch[];
}

export interface RangeScanOptions {
  /** Values are held against their types. */
  readonly deep: boolean;
  /** Bytes after which a block of a row index ends. */
  readonly columnIndexSize: number;
  readonly signal?: AbortSignal;
}

/** As in native-bindings/assembly: options (scan-state.ts) and outcomes (scan.ts). */
const DEEP = 1;
const SIX = 2;
const MURMUR3 = 4;
const RAW_DROP_TIMES = 8;
const NEED_BYTES = 1;
const BATCH_FULL = 3;
const BLOCK = 4;
const INDEXED_END = 5;

/** Whether the kernel knows the rules of whoever wrote the SSTable. */
export function canScan(sstable: SSTable): boolean {
  const { countsNone, clusteringByColumn } = writerRules(sstable.statistics, sstable.version);
  return !countsNone && !clusteringByColumn;
}

/** Null where something is not sound, or too unusual for the kernel. */
export async function scanRange(
  sstable: SSTable,
  range: StreamRange,
  blocks: BlockReader,
  options: RangeScanOptions,
): Promise<RangeFacts | null> {
  const instance = KernelInstance.acquire();
  try {
    return await new RangeScan(sstable, instance, options).run(range, blocks);
  } catch (error) {
    if (isSstashError(error) && isAboutBytes(error.code)) return null;
    throw error;
  } finally {
    instance.release();
  }
}

function isAboutBytes(code: string): boolean {
  return code.startsWith('SSTABLE_') || code === 'LIMIT_EXCEEDED';
}

class RangeScan {
  readonly #sstable: SSTable;
  readonly #instance: KernelInstance;
  readonly #memory: ScanMemory;
  readonly #options: RangeScanOptions;
  readonly #rules: WriterRules;
  readonly #totals: ScanTotals;
  readonly #drops = new DropRuns();
  readonly #batches: PartitionBatch[] = [];
  readonly #indexed: IndexedRows;

  constructor(sstable: SSTable, instance: KernelInstance, options: RangeScanOptions) {
    const { header, statistics, version, partitioner } = sstable;
    this.#sstable = sstable;
    this.#instance = instance;
    this.#options = options;
    this.#totals = newTotals(statistics);
    this.#rules = writerRules(statistics, version);
    const plan = new ScanPlan(header, {
      checkKeys: partitioner.name !== 'LocalPartitioner',
      laterFields: this.#rules.laterFields,
    });
    const { partitionSizes, cellCounts } = this.#totals;
    const buckets = [partitionSizes.length, cellCounts.length] as const;
    this.#memory = new ScanMemory(instance, plan, buckets, options.columnIndexSize);
    this.#indexed = new IndexedRows(version, instance.exports, this.#memory, header);
    instance.scanHost = this.#host(plan);
    const isMurmur3 = partitioner.name === 'Murmur3Partitioner';
    instance.exports.scanEncoding(
      header.minTimestamp,
      header.minLocalDeletionTime,
      header.minTTL,
      version.hasUIntDeletionTime ? 1 : 0,
      this.#rules.dropMax | 0,
      LIMITS.rowBytesMax,
      (options.deep ? DEEP : 0) |
        (version.hasCompressionDictionary ? SIX : 0) |
        (isMurmur3 ? MURMUR3 : 0) |
        (this.#rules.rawDrops ? RAW_DROP_TIMES : 0),
    );
    instance.exports.scanReset();
  }

  async run(range: StreamRange, blocks: BlockReader): Promise<RangeFacts | null> {
    let position = range.from;
    let pending = 0;
    let wanted = WINDOW_BYTES;
    while (position < range.to) {
      throwIfInterrupted(this.#options.signal);
      const length = readLength(this.#sstable, position, pending, wanted, range.to);
      const window = this.#memory.window(pending + length);
      await blocks.read(position, length, window.subarray(pending));
      const base = position - pending;
      position += length;
      const consumed = this.#scan(pending + length, base, range.to);
      if (consumed < 0) return null;
      const { windowAt } = this.#memory;
      const end = windowAt + pending + length;
      this.#instance.bytes.copyWithin(windowAt, windowAt + consumed, end);
      pending += length - consumed;
      if (consumed > 0) wanted = WINDOW_BYTES;
      else if (wanted > 2 * LIMITS.rowBytesMax) return null;
      else wanted = Math.max(2 * wanted, 2 * pending);
    }
    return pending === 0 ? this.#facts() : null;
  }

  /** Scans a window that begins at `base` of the stream; bytes done, or -1. */
  #scan(length: number, base: number, end: number): number {
    const { exports } = this.#instance;
    const { windowAt } = this.#memory;
    let from = 0;
    for (;;) {
      const outcome = exports.scan(windowAt, from, length, base, end);
      from = exports.scanConsumed.value;
      if (outcome === NEED_BYTES) return from;
      if (outcome === BATCH_FULL) this.#takeBatch();
      else if (outcome === BLOCK) this.#indexed.block();
      else if (outcome === INDEXED_END) this.#indexed.end(exports.scanBatchCount.value - 1);
      else return -1;
    }
  }

  #takeBatch(): void {
    const { exports } = this.#instance;
    const count = exports.scanBatchCount.value;
    if (count > 0) {
      const batch = this.#memory.batch(count, exports.scanEntriesLength.value);
      this.#batches.push({ ...batch, indexed: this.#indexed.take() });
    }
    exports.scanTakeBatch();
  }

  #takeDrops(): void {
    this.#drops.addAll(this.#memory.drops(this.#instance.exports.scanDrops.value));
  }

  #facts(): RangeFacts {
    const { exports } = this.#instance;
    const memory = this.#memory;
    const totals = this.#totals;
    exports.scanFinish();
    this.#takeDrops();
    this.#takeBatch();
    totals.drops = this.#drops.pairs();
    totals.dropsLeftOut = this.#drops.leftOut;
    totals.partitions = exports.scanPartitions.value;
    totals.rows = Number(exports.scanRows.value);
    totals.columns = Number(exports.scanColumnsSet.value);
    totals.emptyStatics = Number(exports.scanEmptyStatics.value);
    totals.minTimestamp = exports.scanMinTimestamp.value;
    totals.maxTimestamp = exports.scanMaxTimestamp.value;
    this.#deletionTimes();
    if (exports.scanMinTtl.value <= exports.scanMaxTtl.value) {
      totals.minTTL = exports.scanMinTtl.value;
      totals.maxTTL = exports.scanMaxTtl.value;
    }
    totals.partitionSizes = memory.sizeCounts();
    totals.cellCounts = memory.cellCounts();
    totals.hasPartitionDeletions = exports.scanHasPartitionDeletion.value !== 0;
    totals.hasLegacyCounterShards = exports.scanHasLegacyShards.value !== 0;
    const smallest = exports.scanSmallestCount.value;
    const largest = exports.scanLargestCount.value;
    totals.minClustering = this.#prefix(2, exports.scanSmallestKind.value, smallest);
    totals.maxClustering = this.#prefix(3, exports.scanLargestKind.value, largest);
    totals.firstKey = memory.firstKey(exports.scanFirstKeyLength.value);
    totals.lastKey = memory.lastKey(exports.scanKeyLength.value);
    const ordered = exports.scanOrderedKeys.value;
    totals.sketchHashes = memory.sketchHashes(ordered);
    totals.sketchRegisters = totals.partitions > ordered ? memory.sketchRegisters() : null;
    return { totals, batches: this.#batches };
  }

  #deletionTimes(): void {
    const { exports } = this.#instance;
    const totals = this.#totals;
    if (exports.scanHasDeletionTime.value !== 0) {
      totals.minLocalDeletionTime = exports.scanMinDeletionTime.value >>> 0;
      totals.maxLocalDeletionTime = exports.scanMaxDeletionTime.value >>> 0;
    }
    if (exports.scanHasNone.value === 0) return;
    const none = this.#sstable.version.hasUIntDeletionTime ? 0xffffffff : 0x7fffffff;
    totals.minLocalDeletionTime = Math.min(totals.minLocalDeletionTime, none);
    totals.maxLocalDeletionTime = Math.max(totals.maxLocalDeletionTime, none);
  }

  #prefix(which: number, kind: number, count: number): ClusteringPrefix | null {
    if (count < 0) return null;
    const places = this.#instance.exports.scanPlaces(which) >>> 0;
    return { kind, values: this.#memory.values(places, count) };
  }

  #host(plan: ScanPlan) {
    const memory = this.#memory;
    const { partitioner } = this.#sstable;
    return {
      drain: () => this.#takeDrops(),
      check: (type: number, at: number, length: number): boolean => {
        try {
          plan.validator(type)(memory.view(at >>> 0, length));
          return true;
        } catch (error) {
          if (isSstashError(error)) return false;
          throw error;
        }
      },
      compare: (type: number, a: number, aLength: number, b: number, bLength: number): number =>
        plan.order(type)(memory.view(a >>> 0, aLength), memory.view(b >>> 0, bLength)),
      compareKeys: (a: number, aLength: number, b: number, bLength: number): number =>
        partitioner.compareKeys(memory.view(a >>> 0, aLength), memory.view(b >>> 0, bLength)),
    };
  }
}
