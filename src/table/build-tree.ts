/** The tree of one SSTable, built range by range in worker tasks. */
import {
  chooseRule,
  concatRuns,
  RunBuilder,
  type RunRule,
  RunTable,
  SSTableTree,
} from '../merkle/index.js';
import { type Executor, mapOrdered, type TaskContext, TransferResult } from '../parallel/index.js';
import { type SSTable, scanLeaves, withSSTable } from '../sstable/index.js';
import { roomForDigests } from './physical.js';
import { addOwn, type OwnSum, scanDelta, withDelta } from './reconcile/own-sum.js';
import { ringShare } from './ring-share.js';
import { isTokenOrdered } from './token-ordered.js';

/** Name of the worker task that runs `treeRange`. */
export const TREE_RANGE_TASK = 'tree-range';

/**
 * Rows that a further thread must have to do. Starting one costs 0.25 s of CPU time: measured on
 * 354 MB of rows, two threads took 1.5 s of CPU and 1.0 s, one took 1.2 s and 1.1 s.
 */
const LANE_BYTES = 512 * 1024 * 1024;

/** Native bytes of one task: a thread gets some eight of them, which costs little in between. */
const RANGE_BYTES_MIN = 8 * 1024 * 1024;
const RANGE_BYTES_MAX = 64 * 1024 * 1024;
const RANGES_PER_LANE = 8;
/** Up to this many native bytes are read here: starting a thread would take longer. */
const HERE_BYTES = 2 * 1024 * 1024;

export interface TreeRangeArgument {
  readonly dataPath: string;
  readonly from: number;
  readonly to: number;
  readonly rule: RunRule;
  /** The time for which the normal form is wanted too; null: it is not. */
  readonly normalAt: number | null;
  /** Whether digests of the blocks are wanted too. */
  readonly physical: boolean;
}

/** Runs of one range, leaf ordinals from 0; the buffer is to be transferred. */
export interface TreeRangeResult {
  readonly count: number;
  readonly buffer: ArrayBuffer;
  readonly own: OwnSum | null;
  /** Digests of the blocks that begin in the range; null where they were not asked for. */
  readonly blocks: ArrayBuffer | null;
}

/** Worker side: the runs of the partitions that begin in `from` to `to` of one SSTable. */
export async function treeRange(
  argument: TreeRangeArgument,
  { signal }: TaskContext,
): Promise<TransferResult<TreeRangeResult>> {
  return withSSTable(argument.dataPath, async (sstable) => {
    const { runs, own, blocks } = await runsOf(sstable, argument, signal);
    const { count, buffer } = runs;
    const digests = blocks?.buffer ?? null;
    const result = { count, buffer, own, blocks: digests };
    return new TransferResult(result, digests === null ? [buffer] : [buffer, digests]);
  });
}

interface Runs {
  readonly runs: RunTable;
  readonly own: OwnSum | null;
  readonly blocks: Uint8Array<ArrayBuffer> | null;
}

async function runsOf(
  sstable: SSTable,
  { from, to, rule, normalAt, physical }: Omit<TreeRangeArgument, 'dataPath'>,
  signal?: AbortSignal,
): Promise<Runs> {
  const range = { from, to };
  const builder = new RunBuilder(rule);
  const digests = physical ? roomForDigests(sstable, range) : null;
  const windows = scanLeaves(sstable, range, {
    ...(signal === undefined ? {} : { signal }),
    ...(digests === null ? {} : { digests }),
  });
  const blocks = digests?.bytes ?? null;
  if (normalAt === null) {
    for await (const leaves of windows) builder.add(leaves);
    return { runs: builder.finish(), own: null, blocks };
  }
  const delta = await scanDelta(sstable, windows, normalAt, (leaves) => builder.add(leaves));
  const runs = builder.finish();
  return { runs, own: withDelta(runs, delta), blocks };
}

export interface BuildTreeOptions {
  readonly executor: Executor;
  /** Native bytes of one task, 8 to 64 MiB when not given. */
  readonly rangeBytes?: number;
  /** Also sum up the SSTable's normal form for this time, seconds since 1970. */
  readonly normalAt?: number;
  /** Also take the digests of the blocks, of which the physical digest is made. */
  readonly physical?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the bytes of Data.db done since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/** The rule by which `sstable` is cut; depends on its content alone. */
export async function treeRule(sstable: SSTable): Promise<RunRule> {
  const { statistics, dataLength } = sstable;
  const { stats } = statistics;
  const partitions = Number(stats.estimatedPartitionSize.buckets.reduce((a, b) => a + b, 0n));
  const leaves = Number(stats.totalRows) + partitions;
  const ordered = isTokenOrdered(statistics.partitioner);
  return chooseRule(dataLength, leaves, ordered, ordered ? await ringShare(sstable) : 1);
}

/** The runs of the whole SSTable, range by range in worker tasks. */
async function runsByTasks(
  sstable: SSTable,
  rule: RunRule,
  { executor, signal, onBytes, rangeBytes, physical = false, ...options }: BuildTreeOptions,
): Promise<Runs> {
  const normalAt = options.normalAt ?? null;
  const { dataPath } = sstable.files;
  const share = sstable.dataSize / sstable.dataLength;
  const tables: RunTable[] = [];
  const owns: OwnSum[] = [];
  const blocks: Uint8Array[] = [];
  const wanted = Math.ceil(sstable.dataLength / LANE_BYTES);
  const lanes = Math.max(1, Math.min(executor.concurrency, wanted));
  const each = Math.round(sstable.dataLength / lanes / RANGES_PER_LANE);
  const bounded = Math.min(Math.max(each, RANGE_BYTES_MIN), RANGE_BYTES_MAX);
  const ranges = await sstable.ranges(rangeBytes ?? bounded);
  const results = mapOrdered(ranges, lanes, async ({ from, to }) => {
    const argument: TreeRangeArgument = { dataPath, from, to, rule, normalAt, physical };
    const run = signal === undefined ? {} : { signal };
    const result = await executor.run<TreeRangeResult>(TREE_RANGE_TASK, argument, run);
    onBytes?.(Math.round((to - from) * share));
    return result;
  });
  for await (const { count, buffer, own, blocks: digests } of results) {
    tables.push(new RunTable(count, buffer));
    if (own !== null) owns.push(own);
    if (digests !== null) blocks.push(new Uint8Array(digests));
  }
  const own = normalAt === null ? null : addOwn(owns);
  return { runs: concatRuns(rule, tables), own, blocks: physical ? Buffer.concat(blocks) : null };
}

export interface BuiltTree {
  readonly tree: SSTableTree;
  /** Null where it was not asked for. */
  readonly own: OwnSum | null;
  /** Digests of the blocks with rows (see physical.ts); null where they were not asked for. */
  readonly blocks: Uint8Array | null;
}

/** Reads all rows of `sstable` once. Errors are those of reading it. */
export async function buildTree(sstable: SSTable, options: BuildTreeOptions): Promise<BuiltTree> {
  const { dataLength, statistics } = sstable;
  const rule = await treeRule(sstable);
  let built: Runs;
  if (dataLength <= HERE_BYTES && options.rangeBytes === undefined) {
    const { signal, onBytes, physical = false } = options;
    const normalAt = options.normalAt ?? null;
    const whole = { from: 0, to: dataLength, rule, normalAt, physical };
    built = await runsOf(sstable, whole, signal);
    onBytes?.(sstable.dataSize);
  } else {
    built = await runsByTasks(sstable, rule, options);
  }
  const ordered = isTokenOrdered(statistics.partitioner);
  const { runs, own, blocks } = built;
  return { tree: new SSTableTree(rule, runs, dataLength, ordered), own, blocks };
}
