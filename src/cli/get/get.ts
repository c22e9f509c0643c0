/** Runs `get`. */
import { readSchema, TableReader } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { takePaths } from '../key-arguments.js';
import type { PartitionOptions } from '../partition-options.js';
import { answer } from './answer.js';
import { oneTable } from './one-table.js';

export async function get(
  context: CommandContext,
  paths: readonly string[],
  options: PartitionOptions,
): Promise<number> {
  const clustering = [...(options.clustering ?? [])];
  const taken = takePaths(paths, [clustering], 'get ks/table-5a1c --key 42');
  const files = await oneTable(taken, context.unread);
  const { keyspace, table, sstables } = files;
  const reader = new TableReader(sstables);
  try {
    const asked = {
      keyspace,
      table,
      key: await reader.key(),
      searched: sstables.length,
      schema: await readSchema(files, options.schema),
      partition: reader.partition.bind(reader),
    };
    return await answer(context, asked, { ...options, clustering });
  } finally {
    await reader.close();
  }
}
