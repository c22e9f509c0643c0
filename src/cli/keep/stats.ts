import {
  type BackupStats,
  type RepositoryStats,
  repositoryStats,
  type Stats,
} from '../../backup/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { partsText, recipeBytes, share } from './counted-text.js';
import { openRepository, plural } from './open.js';

export interface StatsOptions {
  readonly repo?: string;
}

export async function showStats(context: CommandContext, options: StatsOptions): Promise<number> {
  const repository = await openRepository(context, options.repo);
  let code: number = EXIT.done;
  context.progress.begin('stats', null);
  let stats: RepositoryStats;
  const unreadable: string[] = [];
  try {
    stats = await repositoryStats({
      repository,
      signal: context.signal,
      onUnreadable: ({ id }, error) => {
        unreadable.push(`backup ${id} cannot be read: ${error.code}: ${error.message}`);
      },
      onBackup: ({ node, created }) => context.progress.label(`${node} ${created}`),
      onProgress: (bytes) => context.progress.advance(bytes),
    });
  } finally {
    context.progress.end();
  }
  for (const { id, error } of stats.backups) {
    if (error === null) continue;
    unreadable.push(`backup ${id} is counted in part: ${error.code}: ${error.message}`);
  }
  for (const text of unreadable) {
    code = EXIT.no;
    context.warn(text);
  }
  if (context.json) await context.printJson(stats);
  else await print(context, stats);
  return code;
}

async function print(context: CommandContext, stats: RepositoryStats): Promise<void> {
  const { backups, tables, total, files, packs } = stats;
  if (backups.length > 0) {
    const head = ['backup', 'created', 'node', 'size', ...COLUMNS, 'so far'];
    const rows = backups.map((backup) => [...named(backup), formatBytes(backup.storedSoFar)]);
    await context.table(head, rows);
    await context.print('');
    const ofTables = tables.map((each) => [`${each.keyspace}.${each.table}`, ...cells(each)]);
    const all = ['all', ...cells(total)];
    await context.table(['table', 'size', ...COLUMNS], [...ofTables, all]);
    await context.print('');
    await context.print(
      `stored: ${partsText(total.stored)}, in ${plural(total.objects, 'object')}`,
    );
    const { dedup, compression } = total.ratios;
    const times = (ratio: number | null): string => `${(ratio ?? 0).toFixed(1)} times`;
    await context.print(
      `all backups hold ${times(dedup)} what is stored, objects are ${times(compression)} as long before compression`,
    );
  }
  await context.print(
    `packs: ${formatBytes(packs.needed)} needed, ${formatBytes(packs.notNeeded)} not needed, ` +
      `${formatBytes(packs.unindexed)} of stopped backups, ${formatBytes(packs.overhead)} for themselves`,
  );
  await context.print(
    `${stats.location}: ${formatBytes(files.all.bytes)} in ${plural(files.all.count, 'file')}: ` +
      `${plural(files.packs.count, 'pack')} ${formatBytes(files.packs.bytes)}, ` +
      `${plural(files.index.count, 'index', 'indexes')} ${formatBytes(files.index.bytes)}, ` +
      `${plural(backups.length, 'backup')} ${formatBytes(files.manifests.bytes)}`,
  );
}

const COLUMNS = ['whole files', 'stored', 'of whole files', 'rows', 'recipes', 'other'];

function named(backup: BackupStats): string[] {
  return [backup.id.slice(0, 12), backup.created, backup.node, ...cells(backup)];
}

function cells({ logicalBytes, wholeFileBytes, storedBytes, stored }: Stats): string[] {
  const recipes = recipeBytes(stored);
  return [
    formatBytes(logicalBytes),
    formatBytes(wholeFileBytes),
    formatBytes(storedBytes),
    share(storedBytes, wholeFileBytes),
    formatBytes(stored.leaves),
    formatBytes(recipes),
    formatBytes(storedBytes - stored.leaves - recipes),
  ];
}
