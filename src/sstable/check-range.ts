/**
 * Task `check-range`: everything about one range of Data.db. Big SSTables are checked range by range
 * in worker threads.
 */
import { type DataChecksums, parseCrc } from '../components/index.js';
import { clusteringComparator } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import type { TaskContext } from '../parallel/index.js';
import { blockSpan, checkBlocks, type FilePart } from './check-blocks.js';
import { type Fault, Faults } from './check-faults.js';
import { checkRows } from './check-rows.js';
import { checkValues } from './check-values.js';
import { withSSTable } from './open-cache.js';
import { newTotals, type ScanTotals } from './scan-totals.js';
import type { SSTable } from './sstable.js';

export interface CheckRangeArgument {
  readonly dataPath: string;
  /** Partitions of the stream, and the part of Index.db that is about them. */
  readonly from: number;
  readonly to: number;
  readonly index: { readonly from: number; readonly to: number } | null;
  /** The blocks up to the end of the file belong to it. */
  readonly last: boolean;
  /** Values are decoded as well. */
  readonly deep: boolean;
  /** False: this release cannot decode the blocks; only their checksums are verified. */
  readonly rows: boolean;
}

export interface CheckRangeResult {
  readonly faults: readonly Fault[];
  readonly totals: ScanTotals;
  readonly part: FilePart;
}

export function checkRange(
  argument: CheckRangeArgument,
  context: TaskContext,
): Promise<CheckRangeResult> {
  return withSSTable(argument.dataPath, (sstable) =>
    checkRangeOf(sstable, argument, context.signal),
  );
}

/** The same with an SSTable that is open. */
export async function checkRangeOf(
  sstable: SSTable,
  argument: CheckRangeArgument,
  signal?: AbortSignal,
): Promise<CheckRangeResult> {
  const faults = new Faults();
  const totals = newTotals(sstable.statistics);
  const { from, to, index, last, deep, rows } = argument;
  const checksums = await readChecksums(sstable);
  const blockLength = checksums?.chunkSize ?? sstable.blockLength;
  const span = blockSpan(from, to, last, blockLength);
  const part = await checkBlocks(sstable, checksums, span, faults, signal);
  if (rows) await checkRows(sstable, { from, to, index }, totals, faults, signal);
  else totals.complete = false;
  if (rows && deep) await checkValues(sstable, { from, to }, faults, signal);
  return { faults: faults.list, totals, part };
}

/** CRC.db where there is a sound one; otherwise that is reported by the check of the components. */
async function readChecksums(sstable: SSTable): Promise<DataChecksums | null> {
  if (sstable.compression !== null || !sstable.components.has('CRC.db')) return null;
  try {
    return parseCrc(await sstable.readComponent('CRC.db'));
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

/** The order that totals are merged by. */
export function totalsOrder(sstable: SSTable): ReturnType<typeof clusteringComparator> {
  return clusteringComparator(sstable.header.clusteringTypes);
}
