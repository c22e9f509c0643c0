import { isAbsolute, relative, resolve, sep } from 'node:path';
import {
  isSelected,
  type OtherSSTables,
  type RestoreLayout,
  type RestoreReport,
  readRoot,
  restore,
  unmatched,
} from '../../backup/index.js';
import { SstashError } from '../../errors.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { keepHeapsSteady, openRepository, plural, splitList, warnUnmatched } from './open.js';

export interface RestoreCommandOptions {
  readonly repo?: string;
  readonly node?: string;
  readonly to: string;
  readonly keyspace?: readonly string[];
  readonly table?: readonly string[];
  readonly layout?: RestoreLayout;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly overwrite?: boolean;
}

export async function runRestore(
  context: CommandContext,
  id: string,
  options: RestoreCommandOptions,
): Promise<number> {
  keepHeapsSteady();
  const repository = await openRepository(context, options.repo);
  checkOutside(repository.store.location, options.to);
  const manifest = await repository.findManifest(id, options.node);
  const filter = { keyspaces: splitList(options.keyspace), tables: splitList(options.table) };
  const { tables } = await readRoot(repository, manifest);
  const isSome = tables.some((table) => isSelected(filter, table));
  if (isSome) warnUnmatched(context, unmatched(filter, tables));
  context.progress.begin('restore', null);
  const others: OtherSSTables[] = [];
  let report: RestoreReport;
  try {
    report = await restore({
      repository,
      executor: context.executor,
      manifest,
      target: options.to,
      filter,
      layout: options.layout ?? 'cassandra',
      overwrite: options.overwrite === true,
      dryRun: options.dryRun === true,
      verify: options.verify === true,
      signal: context.signal,
      onOtherSSTables: (found) => others.push(found),
      onProgress: ({ table, bytes }) => {
        context.progress.label(table);
        context.progress.advance(bytes);
      },
    });
  } finally {
    context.progress.end();
    for (const found of others) context.warn(otherText(found));
  }
  if (context.json) await context.printJson(report);
  else await context.print(describe(report));
  return EXIT.done;
}

/** Files of another kind inside a repository help nobody. Throws USAGE. */
function checkOutside(repository: string, target: string): void {
  const path = relative(repository, resolve(target));
  if (path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)) return;
  throw new SstashError('USAGE', `${target} is inside the repository`, {
    file: target,
    hint: 'Restore into a folder of its own.',
  });
}

function otherText({ sstables, folder }: OtherSSTables): string {
  const are = sstables.length === 1 ? 'is' : 'are';
  return (
    `${plural(sstables.length, 'SSTable')} in ${folder} ${are} not of this backup: together they ` +
    'say something else than the backup. Restore into an empty folder.'
  );
}

/** Files of an earlier restore are not read again. */
const BY_SIZE = ' (those of an earlier restore by size and time; --verify reads all)';

function describe(report: RestoreReport): string {
  const { files, filesWritten, bytesWritten, bytesAlreadyThere, target } = report;
  const there = `${formatBytes(bytesAlreadyThere)} were there already`;
  const verified = report.verified ? '; every file was read again and is right' : '';
  if (report.dryRun) {
    return `dry run: ${plural(filesWritten, 'file')} of ${files} would be written, ${formatBytes(bytesWritten)}; ${there}`;
  }
  if (filesWritten === 0) {
    return `nothing to do: all ${plural(files, 'file')} are in ${target}, 0 bytes written${verified || BY_SIZE}`;
  }
  return `restored ${plural(filesWritten, 'file')} of ${files} to ${target}: ${formatBytes(bytesWritten)} written, ${there}${verified}`;
}
