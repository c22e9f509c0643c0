/** Runs `info`. */
import { useBlockingReads } from '../../io/index.js';
import { throwIfInterrupted } from '../../parallel/index.js';
import { findTables } from '../../sstable/index.js';
import type { CommandContext } from '../context.js';
import { eachTable, findWhatIsThere } from '../each-table.js';
import { readDetails } from './details.js';
import { readFacts } from './facts.js';
import { infoText } from './info-text.js';

export async function info(context: CommandContext, paths: readonly string[]): Promise<number> {
  useBlockingReads();
  const now = Math.floor(Date.now() / 1000);
  const documents: unknown[] = [];
  const tables = await findTables(paths, findWhatIsThere(context));
  await eachTable(context, tables, async (table) => {
    for (const files of table.sstables) {
      throwIfInterrupted(context.signal);
      const details = await readDetails(files, await readFacts(files), now);
      const { keyspace, table: name } = table;
      if (context.json) documents.push({ keyspace, table: name, ...details });
      else await context.stdout.write(await infoText(`${keyspace}.${name}`, details));
    }
  });
  if (context.json) await context.printJson({ sstables: documents });
  return 0;
}
