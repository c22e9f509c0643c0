/** Two tables as their merged views in normal form, ready to be compared like any two tables. */
import { SstashError } from '../../errors.js';
import { equalSums, type Side } from '../../merkle/index.js';
import type { Executor } from '../../parallel/index.js';
import { orderOf, tableSum } from '../compare-tables.js';
import type { OpenedTable } from '../leaf-source.js';
import type { Tables } from '../merge-places.js';
import type { PlaceOrder } from '../place-order.js';
import { mergedSums } from './merged-sums.js';
import { NormalSource } from './normal-source.js';
import { folded, type NormalSums, NormalSumsBuilder } from './normal-sums.js';
import { treeOfSums } from './normal-tree.js';
import { PartitionDigest } from './partition-digest.js';
import type { PurgeTimes } from './purge.js';

export interface NormalTablesOptions {
  readonly times: PurgeTimes;
  readonly executor: Executor;
  /** Directory of the cache, null for none. */
  readonly cache: string | null;
  readonly dropped?: ReadonlyMap<string, bigint>;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

const RING = 2 ** 32;
/** As in reconcile.ts. */
const DEPTH_MAX = 20;
const SIDES = ['a', 'b'] as const;

/**
 * Null where both tables hold the same leaves: then their merged views are the same too. Throws
 * USAGE where a side has trees alone, else what reading throws. Closing the tables stays to do.
 */
export async function normalTables(
  tables: Tables,
  options: NormalTablesOptions,
): Promise<Tables | null> {
  if (equalSums(tableSum(tables.a.trees), tableSum(tables.b.trees))) return null;
  for (const side of SIDES) {
    if (tables[side].sources !== null) continue;
    throw new SstashError('USAGE', 'a tree file has no rows that could be merged', {
      hint: 'Give the SSTables or the backup instead of the tree file, or leave out --reconciled.',
    });
  }
  const order = orderOf(tables);
  const a = await sumsOf(tables.a, order, options);
  const b = await sumsOf(tables.b, order, options);
  const depth = Math.min(a.depth, b.depth);
  const view = (side: Side, sums: NormalSums): OpenedTable => {
    return normalTable(tables[side], folded(sums, depth), order, options);
  };
  return { a: view('a', a), b: view('b', b) };
}

function normalTable(
  table: OpenedTable,
  sums: NormalSums,
  order: PlaceOrder,
  options: NormalTablesOptions,
): OpenedTable {
  const ordered = table.trees.every((tree) => tree.ordered);
  const tree = treeOfSums(sums, ordered);
  const sources = table.sources ?? [];
  if (sources.length === 0) return { ...table, trees: [tree], sources: [] };
  return { ...table, trees: [tree], sources: [sourceOf(table, tree, order, options)] };
}

function sourceOf(
  table: OpenedTable,
  tree: OpenedTable['trees'][number],
  order: PlaceOrder,
  { times, dropped }: NormalTablesOptions,
): NormalSource {
  const parts = { sources: table.sources ?? [], tree, order, times };
  return new NormalSource(dropped === undefined ? parts : { ...parts, dropped });
}

async function sumsOf(
  table: OpenedTable,
  order: PlaceOrder,
  options: NormalTablesOptions,
): Promise<NormalSums> {
  const { local, trees, sources } = table;
  if (local !== undefined) return mergedSums(local.files, local.loaded, options);
  const ordered = trees.every((tree) => tree.ordered);
  const deepest = Math.max(0, ...trees.map(({ rule }) => rule.depth));
  const sums = new NormalSumsBuilder(ordered ? Math.min(DEPTH_MAX, deepest) : 0);
  const none = { from: -Infinity, until: Infinity };
  if (sources === null || sources.length === 0) return sums.finish(none);
  const whole = treeOfSums(new NormalSumsBuilder(0).finish(none), ordered);
  await digestAll(sourceOf(table, whole, order, options), sums, options.signal);
  return sums.finish(none);
}

/** Adds all that `source` says to `sums`. */
export async function digestAll(
  source: NormalSource,
  sums: NormalSumsBuilder,
  signal?: AbortSignal,
): Promise<void> {
  const digest = new PartitionDigest(sums);
  let open = false;
  for await (const batch of source.readRing({ from: 0, to: RING }, signal)) {
    for (const { partition, record } of batch) {
      if (record.type !== 'partition') {
        digest.add(record);
        continue;
      }
      if (open && digest.end()) sums.partition();
      sums.enter(partition.ringHigh ^ 0x80000000);
      digest.begin(record);
      open = true;
    }
  }
  if (open && digest.end()) sums.partition();
}
