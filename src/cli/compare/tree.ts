/** Runs `tree`. */
import { SstashError } from '../../errors.js';
import { publish, statPathIfThere } from '../../io/index.js';
import { type LeafSum, rootDigest } from '../../merkle/index.js';
import { findTables, type TableFiles } from '../../sstable/index.js';
import {
  combinePhysical,
  type LoadedTree,
  loadTrees,
  mergedSum,
  serialiseTrees,
  type TableTrees,
  type TreeEntry,
  tableSum,
} from '../../table/index.js';
import type { TreeOptions } from '../commands/tree.js';
import type { CommandContext } from '../context.js';
import { eachTable, findWhatIsThere } from '../each-table.js';
import { formatBytes, formatCount } from '../format.js';
import { isTreeFileAt, treeOptions } from './side.js';

interface TreeReport {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
  readonly physical: string;
  readonly raw: string;
  /** Over the merged view in normal form. */
  readonly reconciled: string;
  /** Seconds since 1970: cells whose TTL was over then count as deleted in `reconciled`. */
  readonly at: number;
  readonly partitions: number;
  readonly leaves: number;
  readonly sstables: readonly SSTableReport[];
}

interface SSTableReport {
  readonly sstable: string;
  readonly physical: string | null;
  readonly raw: string;
  readonly partitions: number;
  readonly leaves: number;
  readonly runs: number;
  /** Native bytes, uncompressed. */
  readonly bytes: number;
}

function sstableReport({ name, physical, tree }: TreeEntry): SSTableReport {
  return {
    sstable: name,
    physical,
    raw: tree.root(),
    partitions: tree.partitionCount,
    leaves: tree.leafCount,
    runs: tree.runs.count,
    bytes: tree.dataLength,
  };
}

function report(
  files: TableFiles,
  entries: readonly TreeEntry[],
  merged: LeafSum,
  at: number,
): TreeReport {
  const { keyspace, table, directory } = files;
  const sum = tableSum(entries.map((entry) => entry.tree));
  return {
    keyspace,
    table,
    directory,
    physical: combinePhysical(entries.map((entry) => entry.physical ?? '')),
    raw: rootDigest(sum),
    reconciled: rootDigest(merged, 'reconciled'),
    at,
    partitions: entries.reduce((total, { tree }) => total + tree.partitionCount, 0),
    leaves: sum.leaves,
    sstables: entries.map(sstableReport),
  };
}

/** The trees of a table, and the sum over its merged view. */
async function treesOf(
  context: CommandContext,
  files: TableFiles,
  at: number,
): Promise<{ entries: TreeEntry[]; merged: LeafSum }> {
  const { progress, executor, signal } = context;
  const total = files.sstables.reduce(
    (sum, { components }) => sum + (components.get('Data.db')?.size ?? 0),
    0,
  );
  const name = `${files.keyspace}.${files.table}`;
  progress.begin(name, total);
  const trees: LoadedTree[] = [];
  const shared = treeOptions(context);
  const { cache } = shared;
  // Of several SSTables the merged view takes another look at them; of one it comes along.
  const normal = files.sstables.length === 1 ? { normalAt: at } : {};
  const options = { ...shared, ...normal, physical: true };
  for await (const tree of loadTrees(files, options)) trees.push(tree);
  progress.end();
  const native = trees.reduce((sum, { entry }) => sum + entry.tree.dataLength, 0);
  progress.begin(`${name}, merged`, native);
  const merged = await mergedSum(files, trees, {
    cache,
    executor,
    signal,
    times: { at, gcBefore: null },
    onBytes: (bytes) => progress.advance(bytes),
  });
  progress.end();
  return { entries: trees.map(({ entry }) => entry), merged };
}

async function printTable(context: CommandContext, table: TreeReport): Promise<void> {
  const { keyspace, directory, sstables } = table;
  const head = ['sstable', 'bytes', 'partitions', 'leaves', 'raw', 'physical'];
  const rows = sstables.map((each) => [
    each.sstable,
    formatBytes(each.bytes),
    formatCount(each.partitions),
    formatCount(each.leaves),
    each.raw,
    each.physical ?? '-',
  ]);
  await context.print(`${keyspace}.${table.table}  ${directory}`);
  await context.print(`raw ${table.raw}  reconciled ${table.reconciled}`);
  await context.print(`physical ${table.physical}`);
  await context.table(head, rows);
  await context.print('');
}

function notATreeFile(output: string): SstashError {
  return new SstashError('USAGE', 'this file is there already and is no tree file', {
    file: output,
    hint: 'Give --output a name that is free, or a tree file to replace.',
  });
}

/** Writes the tree file; what is there already is replaced only where it is a tree file itself. */
async function writeTrees(output: string, trees: readonly TableTrees[]): Promise<void> {
  const ifAbsent = !(await isTreeFileAt(output));
  const written = await publish(output, serialiseTrees(trees), { ifAbsent });
  if (!written) throw notATreeFile(output);
}

export async function tree(
  context: CommandContext,
  paths: readonly string[],
  options: TreeOptions,
): Promise<number> {
  const { output } = options;
  if (output !== undefined && (await statPathIfThere(output)) !== null) {
    // Before the work, not after it.
    if (!(await isTreeFileAt(output))) throw notATreeFile(output);
  }
  const at = options.at ?? Math.floor(Date.now() / 1000);
  const reports: TreeReport[] = [];
  const trees: TableTrees[] = [];
  const tables = await findTables(paths, findWhatIsThere(context));
  const failed = await eachTable(context, tables, async (files) => {
    const { entries: sstables, merged } = await treesOf(context, files, at);
    const done = report(files, sstables, merged, at);
    reports.push(done);
    if (output !== undefined) {
      trees.push({ keyspace: files.keyspace, table: files.table, sstables });
    }
    if (!context.json) await printTable(context, done);
  });
  if (output !== undefined && failed > 0) {
    // To diff, a table that is not in it would not be there.
    context.warn(`${output} was not written, because not every table could be read`);
  } else if (output !== undefined) {
    await writeTrees(output, trees);
  }
  if (context.json) await context.printJson({ tables: reports });
  return 0;
}
