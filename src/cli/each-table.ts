/** Several tables, one after another: one that cannot be read does not keep the others back. */
import { SstashError } from '../errors.js';
import type { FindOptions, TableFiles } from '../sstable/index.js';
import type { CommandContext } from './context.js';
import { EXIT, exitCodeOf } from './exit-codes.js';

/** What cannot be found out is told at the end, the rest is answered. */
export function findWhatIsThere({ unread }: CommandContext): FindOptions {
  return { onUnknown: unread, onUnread: unread };
}

/**
 * Answers for each table; errors of reading one are told at the end, with their exit code. The error
 * of the only table is thrown. Resolves to how many could not be read.
 */
export async function eachTable(
  context: CommandContext,
  tables: readonly TableFiles[],
  answer: (table: TableFiles) => Promise<void>,
): Promise<number> {
  let failed = 0;
  for (const table of tables) {
    try {
      await answer(table);
    } catch (error) {
      if (tables.length === 1 || !(error instanceof SstashError)) throw error;
      if (exitCodeOf(error) !== EXIT.input) throw error;
      context.progress.end();
      context.unread({ error: error.with({ file: table.directory }) });
      failed++;
    }
  }
  return failed;
}
