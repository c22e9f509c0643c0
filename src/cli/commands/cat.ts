/** `sstash cat`: one partition out of a backup. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import type { CatOptions } from '../get/cat.js';
import { ANSWER, partitionOptions } from '../partition-options.js';

const EXAMPLES = `
Examples:
  sstash cat latest shop.orders --key 42 --repo /backup/sstash
  sstash cat 3f09ab shop.orders --key 42 --clustering 7       rows whose first clustering value is 7
  sstash cat --json latest shop.orders --key-hex 0000002a | jq '.rows[] | select(.live) | .values'

Names of columns come from the schema.cql that was backed up with the table.

${ANSWER}`;

export function registerCat(program: Command, run: CommandRunner): void {
  const command = program.command('cat');
  partitionOptions(command)
    .summary('one partition out of a backup')
    .description(
      'Prints one partition straight from the repository, its SSTables merged as `get` does. ' +
        'Nothing is restored: trees of the table and the few chunks with that partition are read.',
    )
    .argument('<id>', 'a backup: the start of its id, or latest')
    .argument('<table>', 'the table, as keyspace.table')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .option(
      '--node <name>',
      'the backup is one of this node: needed for latest where there are several',
    )
    .addHelpText('after', EXAMPLES)
    .action((id: string, table: string, options: CatOptions) =>
      run(async (context) => {
        const { cat } = await import('../get/cat.js');
        return cat(context, id, table, options);
      }),
    );
}
