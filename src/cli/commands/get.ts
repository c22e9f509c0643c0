/** `sstash get`: one partition as a replica would answer it. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import { ANSWER, type PartitionOptions, partitionOptions } from '../partition-options.js';

const EXAMPLES = `
Examples:
  sstash get data/ks/orders-5a1c --key 42                  all SSTables of the table, merged
  sstash get data/ks/events-71e0 --key eu:2026-01-31       composite key, parts joined by ':'
  sstash get data/ks/orders-5a1c --key 42 --clustering 7   rows whose first clustering value is 7
  sstash get nb-7-big-Data.db --key-hex 0000002a           what one SSTable says
  sstash get --json ks/orders-5a1c --key 42 | jq '.rows[] | select(.live) | .values'

${ANSWER}`;

export function registerGet(program: Command, run: CommandRunner): void {
  const command = program.command('get');
  partitionOptions(command)
    .summary('one partition, all SSTables merged')
    .description(
      "Merges what the SSTables of a table say of one partition by Cassandra's rules, and tells " +
        'where each cell came from: SSTable, write time, TTL. Reads only that partition.',
    )
    .argument('[paths...]', 'folder of one table, a snapshot of it, or single SSTables')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: PartitionOptions) =>
      run(async (context) => {
        const { get } = await import('../get/get.js');
        return get(context, paths, options);
      }),
    );
}
