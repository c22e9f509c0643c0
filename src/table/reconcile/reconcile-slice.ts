/** Worker side of reconciling: one slice of a table in normal form, digested. */
import type { FactTimes } from '../../canonical/index.js';
import { type TaskContext, TransferResult } from '../../parallel/index.js';
import { type PlacedLeaves, SSTable, scanLeaves } from '../../sstable/index.js';
import { isTokenOrdered } from '../token-ordered.js';
import { LeafCursor } from './leaf-cursor.js';
import { NormalScan } from './normal-scan.js';
import { type NormalSums, NormalSumsBuilder } from './normal-sums.js';
import type { PurgeTimes } from './purge.js';
import type { Slice } from './slices.js';

/** Name of the worker task that runs `reconcileSlice`. */
export const RECONCILE_SLICE_TASK = 'reconcile-slice';

/** Native bytes that all SSTables of a slice together hold in windows, about. */
const WINDOWS_BYTES = 16 * 1024 * 1024;
const WINDOW_BYTES_MIN = 64 * 1024;
const WINDOW_BYTES_MAX = 1024 * 1024;

export interface ReconcileSliceArgument {
  readonly slice: Slice;
  readonly times: PurgeTimes;
  /** Bits of the prefixes by which sums are kept. */
  readonly depth: number;
  /** Columns by name whose cells up to a write time are left out. */
  readonly dropped: ReadonlyMap<string, bigint>;
}

/** What a scan of leaves asks of their numbers. */
export function factTimes({ at, gcBefore }: PurgeTimes): FactTimes {
  const never = { soonUntil: -Infinity, futureAfter: Infinity };
  return { at, gcBefore: gcBefore ?? -Infinity, ...never };
}

export async function reconcileSlice(
  { slice, times, depth, dropped }: ReconcileSliceArgument,
  { signal }: TaskContext,
): Promise<TransferResult<NormalSums>> {
  const { ranges, ring } = slice;
  const share = Math.floor(WINDOWS_BYTES / Math.max(1, ranges.length));
  const windowBytes = Math.min(WINDOW_BYTES_MAX, Math.max(WINDOW_BYTES_MIN, share));
  const sstables: SSTable[] = [];
  const cursors: LeafCursor[] = [];
  try {
    for (const { dataPath, from, to } of ranges) {
      const sstable = await SSTable.open(dataPath);
      sstables.push(sstable);
      const windows = scanLeaves(sstable, { from, to }, { windowBytes, signal });
      cursors.push(cursorOf(sstable, windows, times));
    }
    const [first] = sstables;
    if (first === undefined) throw new TypeError('a slice without SSTables');
    const scan = new NormalScan(cursors, {
      headers: sstables.map(({ header }) => header),
      partitioner: first.partitioner,
      times,
      sums: sumsOf(ring, depth),
      ring,
      dropped,
    });
    const sums = await scan.run();
    const { words, leaves, partitions } = sums;
    const buffers = [words, leaves, partitions].map(({ buffer }) => buffer as ArrayBuffer);
    return new TransferResult(sums, buffers);
  } finally {
    for (const cursor of cursors) await cursor.close();
    for (const sstable of sstables) await sstable.close();
  }
}

/** A cursor over leaves of `sstable`. */
export function cursorOf(
  sstable: SSTable,
  windows: AsyncGenerator<PlacedLeaves, void, undefined>,
  times: PurgeTimes,
): LeafCursor {
  const byToken = isTokenOrdered(sstable.partitioner.name);
  return new LeafCursor(sstable, windows, byToken, factTimes(times));
}

/** Room for the prefixes of a stretch of the ring. */
function sumsOf(ring: Slice['ring'], depth: number): NormalSumsBuilder {
  if (ring === null || depth === 0) return new NormalSumsBuilder(0);
  const first = Math.floor(ring.from / 2 ** (32 - depth));
  const end = Math.ceil(ring.to / 2 ** (32 - depth));
  return new NormalSumsBuilder(depth, first, end - first);
}
