/**
 * The proof that an SSTable is sound: every range scanned by the kernel, and the other components made
 * again from what the scan found and compared byte by byte. Where it fails nothing is said about why:
 * that is for the checks of the single components.
 */
import { combineCrc32, kernelKind } from '../codec/index.js';
import { ComponentDeriver, type DerivedParameters } from '../components/index.js';
import { isSstashError } from '../errors.js';
import { type Executor, mapOrdered, throwIfInterrupted } from '../parallel/index.js';
import type { FilePart } from './check-blocks.js';
import { type CheckScanArgument, type CheckScanResult, checkScanOf } from './check-scan.js';
import { canScan } from './range-scan.js';
import type { StreamRange } from './ranges.js';
import { ComponentComparison, type ComponentOutcome } from './rebuild/component-comparison.js';
import { columnIndexSize, readParameters, rebuildComponents } from './rebuild/index.js';
import type { ScanTotals } from './scan-totals.js';
import type { SSTable } from './sstable.js';
import { StatisticsCollector } from './statistics-collector.js';

/** Rows that a further thread must have to do: starting one costs 0.25 s of CPU time. */
const LANE_BYTES = 256 * 1024 * 1024;

export interface ProofOptions {
  readonly executor: Executor;
  readonly deep: boolean;
  /** Scans in this thread: workers would open the files by themselves. */
  readonly here: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
}

export interface Proof {
  /** Ranges that are not sound, by their start. */
  readonly odd: ReadonlySet<number>;
  /** All of Data.db; null where a range is odd. */
  readonly part: FilePart | null;
  /** Components that were made again; none where a range is odd. */
  readonly outcomes: readonly ComponentOutcome[];
  /** Components that cannot be made again because their parameters cannot be read. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Null where a range is odd. */
  readonly collector: StatisticsCollector | null;
}

/** Whether there can be a proof; else all has to be checked in the slower way. */
export function canProve(sstable: SSTable): boolean {
  return kernelKind() === 'webassembly' && canScan(sstable);
}

/** Scans `ranges`, which cover Data.db. */
export async function proveSound(
  sstable: SSTable,
  ranges: readonly StreamRange[],
  options: ProofOptions,
): Promise<Proof> {
  const { size } = await columnIndexSize(sstable, 'sample');
  const proof = await new ProofRun(sstable, options, size).run(ranges);
  if (proof.outcomes.every(({ equal }) => equal)) return proof;
  // What no file says was guessed; the other possibilities take more passes over the rows.
  const { signal } = options;
  const { outcomes } = await rebuildComponents(sstable, signal === undefined ? {} : { signal });
  const names = new Set(proof.outcomes.map(({ component }) => component));
  return { ...proof, outcomes: outcomes.filter(({ component }) => names.has(component)) };
}

class ProofRun {
  readonly #sstable: SSTable;
  readonly #options: ProofOptions;
  readonly #columnIndexSize: number;
  readonly #collector: StatisticsCollector;
  readonly #odd = new Set<number>();
  readonly #comparisons = new Map<string, ComponentComparison>();
  #unreadable: ReadonlyMap<string, string> = new Map();
  #lastKey: Uint8Array | null = null;

  constructor(sstable: SSTable, options: ProofOptions, size: number) {
    this.#sstable = sstable;
    this.#options = options;
    this.#columnIndexSize = size;
    this.#collector = new StatisticsCollector(sstable.statistics, sstable.version);
  }

  async run(ranges: readonly StreamRange[]): Promise<Proof> {
    const deriver = await this.#deriver();
    let part: FilePart = { crc: 0, length: 0 };
    try {
      const { executor, onProgress } = this.#options;
      const lanes = Math.floor(this.#sstable.dataLength / LANE_BYTES);
      const limit = Math.max(1, Math.min(lanes, executor.concurrency));
      const indexed = ranges.map((range, i) => ({ range, last: i === ranges.length - 1 }));
      const results = mapOrdered(indexed, limit, ({ range, last }) => this.#scan(range, last));
      for await (const result of results) {
        onProgress?.(result.part.length);
        await this.#take(result, deriver);
        part = joined(part, result.part);
      }
      const [odd, unreadable] = [this.#odd, this.#unreadable];
      if (odd.size > 0) return { odd, part: null, outcomes: [], unreadable, collector: null };
      for (const { component, bytes } of deriver.finish()) {
        await this.#comparisons.get(component)?.push(bytes);
      }
    } finally {
      deriver.close();
    }
    const outcomes = [...this.#comparisons.values()].map((comparison) => comparison.outcome());
    const [odd, unreadable] = [this.#odd, this.#unreadable];
    return { odd, part, outcomes, unreadable, collector: this.#collector };
  }

  /** Makes the components again that are there and can be read. */
  async #deriver(): Promise<ComponentDeriver> {
    const sstable = this.#sstable;
    const { parameters: all, unreadable } = await readParameters(sstable, this.#columnIndexSize);
    this.#unreadable = unreadable;
    // The blocks and their sums are looked at where they are read.
    const { compressionInfo: _, crc: __, digest: ___, toc: ____, ...parameters } = all;
    for (const [key, component] of Object.entries(COMPONENTS)) {
      if (!(key in parameters)) continue;
      const file = await sstable.openComponent(component);
      this.#comparisons.set(component, new ComponentComparison(component, file));
    }
    const { header, version, dataLength } = sstable;
    return new ComponentDeriver({ parameters, header, version, dataLength, components: [] });
  }

  #scan(range: StreamRange, last: boolean): Promise<CheckScanResult & { from: number }> {
    const { executor, signal, deep, here } = this.#options;
    throwIfInterrupted(signal);
    const sstable = this.#sstable;
    const { dataPath } = sstable.files;
    const { from, to } = range;
    const columnIndexSize = this.#columnIndexSize;
    const argument: CheckScanArgument = { dataPath, from, to, last, deep, columnIndexSize };
    const scanned = here
      ? checkScanOf(sstable, argument, signal)
      : executor.run<CheckScanResult>(
          'check-scan',
          argument,
          signal === undefined ? {} : { signal },
        );
    return scanned.then((result) => ({ ...result, from }));
  }

  async #take(
    { facts, from }: CheckScanResult & { readonly from: number },
    deriver: ComponentDeriver,
  ): Promise<void> {
    if (facts === null || !this.#follows(facts.totals)) {
      this.#odd.add(from);
      return;
    }
    if (this.#odd.size > 0) return;
    this.#collector.add(facts.totals);
    for (const batch of facts.batches) deriver.partitions(batch);
    for (const { component, bytes } of deriver.drain()) {
      await this.#comparisons.get(component)?.push(bytes);
    }
  }

  /** Whether the range begins above the one before. */
  #follows({ firstKey, lastKey }: ScanTotals): boolean {
    const before = this.#lastKey;
    this.#lastKey = lastKey;
    if (before === null || firstKey === null) return true;
    try {
      return this.#sstable.partitioner.compareKeys(before, firstKey) < 0;
    } catch (error) {
      if (isSstashError(error)) return false;
      throw error;
    }
  }
}

/** Components that are made again, by the name of their parameters. */
const COMPONENTS: Readonly<Partial<Record<keyof DerivedParameters, string>>> = {
  index: 'Index.db',
  filter: 'Filter.db',
  summary: 'Summary.db',
  partitions: 'Partitions.db',
  rows: 'Rows.db',
};

function joined(a: FilePart, b: FilePart): FilePart {
  return { crc: combineCrc32(a.crc, b.crc, b.length), length: a.length + b.length };
}
