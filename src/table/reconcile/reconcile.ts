/** The normal form of all SSTables of a table together, digested slice by slice in worker tasks. */
import { type Executor, mapOrdered } from '../../parallel/index.js';
import { addTo, type NormalSums, NormalSumsBuilder } from './normal-sums.js';
import type { PurgeTimes } from './purge.js';
import {
  RECONCILE_SLICE_TASK,
  type ReconcileSliceArgument,
  reconcileSlice,
} from './reconcile-slice.js';
import { type SliceInput, slicesOf } from './slices.js';

/** Up to this many native bytes are read here: starting a thread would take longer. */
const HERE_BYTES = 2 * 1024 * 1024;
/** Sums are kept for 2^20 prefixes at most: 36 MiB. */
const DEPTH_MAX = 20;

const NONE: ReadonlyMap<string, bigint> = new Map();

export interface ReconcileOptions {
  readonly executor: Executor;
  readonly times: PurgeTimes;
  /** Columns by name whose cells up to a write time are left out. */
  readonly dropped?: ReadonlyMap<string, bigint>;
  readonly signal?: AbortSignal;
  /** Called with the native bytes done since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Sums over the merged view of `inputs`, the SSTables of one table. Errors are those of reading
 * them; SSTABLE_CORRUPT where partitions or rows are out of order.
 */
export async function reconcile(
  inputs: readonly SliceInput[],
  { executor, times, dropped, signal, onBytes }: ReconcileOptions,
): Promise<NormalSums> {
  const ordered = inputs.every(({ tree }) => tree.ordered);
  const deepest = Math.max(0, ...inputs.map(({ tree }) => tree.rule.depth));
  const depth = ordered ? Math.min(DEPTH_MAX, deepest) : 0;
  const slices = slicesOf(inputs);
  const total = slices.reduce((sum, { bytes }) => sum + bytes, 0);
  const all = new NormalSumsBuilder(depth);
  let from = -Infinity;
  let until = Infinity;
  const never = new AbortController().signal;
  const results = mapOrdered(slices, executor.concurrency, async (slice) => {
    const argument: ReconcileSliceArgument = { slice, times, depth, dropped: dropped ?? NONE };
    const run = signal === undefined ? {} : { signal };
    const sums =
      total <= HERE_BYTES
        ? (await reconcileSlice(argument, { signal: signal ?? never })).value
        : await executor.run<NormalSums>(RECONCILE_SLICE_TASK, argument, run);
    onBytes?.(slice.bytes);
    return sums;
  });
  for await (const sums of results) {
    addTo(all, sums);
    from = Math.max(from, sums.from);
    until = Math.min(until, sums.until);
  }
  return all.finish({ from, until });
}
