/**
 * Task `check-range`: everything about one range of Data.db. Big SSTables are checked range by range
 * in worker threads.
 */
import type { TaskContext } from '../parallel/index.js';
import { blockSpan, checkBlocks, type FilePart, readChecksums } from './check-blocks.js';
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
  /** Of the blocks. */
  readonly faults: readonly Fault[];
  /** Of the rows, and of Index.db against them. */
  readonly rowFaults: readonly Fault[];
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
  const rowFaults = new Faults();
  const totals = newTotals(sstable.statistics);
  const { from, to, index, last, deep, rows } = argument;
  const { compression } = sstable;
  const checksums = compression === null ? await readChecksums(sstable) : null;
  const blockLength = checksums?.chunkSize ?? sstable.blockLength;
  const span = blockSpan(from, to, last, blockLength);
  const file = await sstable.openComponent('Data.db');
  const part = await checkBlocks(file, { compression, checksums }, span, faults, signal);
  if (rows) await checkRows(sstable, { from, to, index }, totals, rowFaults, signal);
  else totals.complete = false;
  if (rows && deep) await checkValues(sstable, { from, to }, rowFaults, signal);
  return { faults: faults.list, rowFaults: rowFaults.list, totals, part };
}
