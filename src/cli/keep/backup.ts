import { hostname } from 'node:os';
import {
  type BackupReport,
  backup,
  nothingSelected,
  type SourceTable,
  sourceTables,
  unmatched,
} from '../../backup/index.js';
import { findTables } from '../../sstable/index.js';
import { DiscardStore } from '../../store/index.js';
import { cacheDirectory } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { countedLines, keptApartLines } from './counted-text.js';
import { keepHeapsSteady, openRepository, plural, splitList, warnUnmatched } from './open.js';

export interface BackupCommandOptions {
  readonly repo?: string;
  readonly node?: string;
  readonly tag?: readonly string[];
  readonly keyspace?: readonly string[];
  readonly table?: readonly string[];
  readonly exclude?: readonly string[];
  readonly dryRun?: boolean;
  readonly limitRate?: number;
  readonly parent?: string;
}

export async function runBackup(
  context: CommandContext,
  paths: readonly string[],
  options: BackupCommandOptions,
): Promise<number> {
  keepHeapsSteady();
  const opened = await openRepository(context, options.repo);
  const dryRun = options.dryRun === true;
  const repository = dryRun ? opened.through(new DiscardStore(opened.store)) : opened;
  const excluded = splitList(options.exclude);
  const found = await findTables(paths, { onUnknown: () => undefined, emptyTables: true });
  const filter = {
    keyspaces: splitList(options.keyspace),
    tables: splitList(options.table),
    excluded,
  };
  const tables = sourceTables(found, filter);
  if (tables.length === 0) throw nothingSelected();
  warnUnmatched(context, unmatched(filter, found));
  context.progress.begin('backup', totalBytes(tables));
  let report: BackupReport;
  try {
    report = await backup({
      repository,
      executor: context.executor,
      tables,
      node: options.node ?? hostname(),
      tags: splitList(options.tag),
      excluded,
      dryRun,
      cacheDirectory: cacheDirectory(process.env),
      signal: context.signal,
      onProgress: ({ table, bytes }) => {
        context.progress.label(table);
        context.progress.advance(bytes);
      },
      ...(options.parent === undefined ? {} : { parent: options.parent }),
      ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
    });
  } finally {
    context.progress.end();
  }
  warn(context, report);
  if (context.json) await context.printJson(report);
  else await print(context, report);
  return report.faults.length === 0 ? EXIT.done : EXIT.no;
}

function totalBytes(tables: readonly SourceTable[]): number {
  let total = 0;
  for (const { files } of tables) {
    for (const { components } of files.sstables) {
      for (const { size } of components.values()) total += size;
    }
  }
  return total;
}

function warn(context: CommandContext, report: BackupReport): void {
  for (const { file, message } of report.notes) context.warn(`${file}: ${message}`);
  for (const { file, code, component, offset, message } of report.faults) {
    const at = offset === null ? '' : ` at ${offset}`;
    context.warn(`${file}: ${code}${component === null ? '' : ` ${component}`}${at}: ${message}`);
  }
}

async function print(context: CommandContext, report: BackupReport): Promise<void> {
  const rows = report.tables.map(({ keyspace, table, sstables, sstablesReused, bytes }) => [
    `${keyspace}.${table}`,
    sstablesReused === 0 ? String(sstables) : `${sstables} (${sstablesReused} unchanged)`,
    formatBytes(bytes.read),
    formatBytes(bytes.new),
    formatBytes(bytes.reused),
    formatBytes(bytes.derived),
    formatBytes(bytes.stored),
    formatBytes(bytes.wholeFile),
  ]);
  const head = ['table', 'sstables', 'read', 'new', 'reused', 'derived', 'stored', 'whole files'];
  await context.table(head, rows);
  const { bytes, chunks } = report;
  await context.print(
    `read ${formatBytes(bytes.read)}, new ${formatBytes(bytes.new)}, ` +
      `reused ${formatBytes(bytes.reused)}, derived ${formatBytes(bytes.derived)}, stored ${formatBytes(bytes.stored)} ` +
      `in ${plural(chunks.new, 'new chunk')}`,
  );
  for (const line of countedLines(report)) await context.print(line);
  for (const line of keptApartLines(report)) await context.print(line);
  if (report.faults.length > 0) {
    await context.print(`${plural(report.faults.length, 'fault')}: see the warnings`);
  }
  await context.print(report.dryRun ? 'dry run: nothing was written' : `backup ${report.id}`);
}
