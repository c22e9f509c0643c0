/** `sstash restore`: a backup back to files. */
import { type Command, Option } from 'commander';
import type { CommandRunner } from '../context.js';
import type { RestoreCommandOptions } from '../keep/restore.js';
import { collect } from '../options.js';

const EXAMPLES = `
Examples:
  sstash restore latest --to /restore --repo /backup/sstash
  sstash restore 3f09ab --to /restore --table shop.orders
  sstash restore latest --to /restore/orders --table shop.orders --layout flat

Every component comes back byte for byte. Run it again after it was stopped and it finishes what is
missing; run it once more and it writes nothing. Files that differ are never replaced without
--overwrite: then nothing at all is written and the exit code is 1.

Nothing is ever deleted. SSTables of the tables that lie in DIR and are not of the backup stay there:
together they say something else than the backup, which a warning tells. Restore into an empty folder.

Layouts: cassandra  DIR/keyspace/table-id/…, as in a data directory
         flat       DIR/keyspace.table/…, or straight into DIR where there is one table only
`;

export function registerRestore(program: Command, run: CommandRunner): void {
  program
    .command('restore')
    .summary('a backup back to files')
    .description('Restores the SSTables of a backup byte for byte, with every component.')
    .argument('<id>', 'a backup: the start of its id, or latest')
    .requiredOption('--to <dir>', 'the folder to restore into')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .option(
      '--node <name>',
      'the backup is one of this node: needed for latest where there are several',
    )
    .option('--keyspace <name>', 'only this keyspace; may be repeated', collect)
    .option('--table <name>', 'only this table, as table or keyspace.table; repeatable', collect)
    .addOption(
      new Option('--layout <layout>', 'folders below DIR (default: cassandra)').choices([
        'cassandra',
        'flat',
      ]),
    )
    .option('--dry-run', 'say what would be written')
    .option('--verify', 'read everything again afterwards')
    .option('--overwrite', 'replace files that differ')
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: RestoreCommandOptions) =>
      run(async (context) => {
        const { runRestore } = await import('../keep/restore.js');
        return runRestore(context, id, options);
      }),
    );
}
