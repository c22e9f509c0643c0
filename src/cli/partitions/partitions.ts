/** Runs `partitions`. */
import { basename } from 'node:path';
import { findTables, SSTable, type TableFiles } from '../../sstable/index.js';
import {
  type FoundSchema,
  type PartitionsReport,
  partitionsReport,
  readSchema,
  type TableKey,
} from '../../table/index.js';
import { createExecutor } from '../../tasks/index.js';
import type { PartitionsOptions } from '../commands/partitions.js';
import type { CommandContext } from '../context.js';
import { eachTable, findWhatIsThere } from '../each-table.js';
import { EXIT } from '../exit-codes.js';
import { reportJson } from './json.js';
import { printReport } from './text.js';

/** Cassandra's default. */
const GC_GRACE_SECONDS = 864000;
/** Clocks of clients differ a little. */
const FUTURE_SLACK_SECONDS = 60;
/** Below this many bytes a table is read faster than a thread starts. */
const INLINE_BYTES = 4 * 1024 * 1024;

/** What is told of one table. */
export interface TablePartitions {
  readonly files: TableFiles;
  readonly key: TableKey;
  readonly schema: FoundSchema | null;
  readonly at: number;
  readonly gcGraceSeconds: number;
  readonly sort: PartitionsOptions['sort'];
  readonly report: PartitionsReport;
}

function bytesOf({ sstables }: TableFiles): number {
  return sstables.reduce((sum, { components }) => sum + (components.get('Data.db')?.size ?? 0), 0);
}

async function keyOf({ sstables }: TableFiles): Promise<TableKey> {
  const [first] = sstables;
  if (first === undefined) throw new TypeError('a table without SSTables');
  const sstable = await SSTable.open(first);
  const { header, partitioner } = sstable;
  await sstable.close();
  return { header, partitioner };
}

async function inspect(
  context: CommandContext,
  files: TableFiles,
  options: PartitionsOptions,
): Promise<TablePartitions> {
  const { signal, progress } = context;
  const { top, sort } = options;
  const schema = await readSchema(files, options.schema);
  const at = options.at ?? Math.floor(Date.now() / 1000);
  const gcGraceSeconds = options.gcGrace ?? schema?.schema.gcGraceSeconds ?? GC_GRACE_SECONDS;
  const times = {
    at,
    gcBefore: at - gcGraceSeconds,
    soonUntil: at + options.soon,
    futureAfter: (at + FUTURE_SLACK_SECONDS) * 1e6,
  };
  const total = bytesOf(files);
  const inline = total < INLINE_BYTES ? await createExecutor(0) : null;
  progress.begin(`${files.keyspace}.${files.table}`, total);
  try {
    const report = await partitionsReport(files.sstables, {
      executor: inline ?? context.executor,
      times,
      top,
      sort,
      signal,
      onBytes: (bytes) => progress.advance(bytes),
    });
    const key = await keyOf(files);
    return { files, key, schema, at, gcGraceSeconds, sort, report };
  } finally {
    progress.end();
    await inline?.close();
  }
}

/** Tables of secondary indexes only where a path names them. */
async function tablesOf(paths: readonly string[], context: CommandContext): Promise<TableFiles[]> {
  const all = await findTables(paths, findWhatIsThere(context));
  const found = all.filter(({ sstables }) => sstables.length > 0);
  const tables = found.filter(({ directory }) => !basename(directory).startsWith('.'));
  return tables.length === 0 ? found : tables;
}

export async function partitions(
  context: CommandContext,
  paths: readonly string[],
  options: PartitionsOptions,
): Promise<number> {
  const tables = await tablesOf(paths, context);
  const reports: unknown[] = [];
  await eachTable(context, tables, async (files) => {
    const found = await inspect(context, files, options);
    if (context.json) reports.push(reportJson(found));
    else await printReport(context, found);
  });
  // One table is told as itself, several as a list.
  const [only] = reports;
  if (context.json) await context.printJson(tables.length === 1 ? only : { tables: reports });
  return EXIT.done;
}
