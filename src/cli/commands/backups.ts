/** `sstash backups`: what a repository holds. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import type { BackupsOptions } from '../keep/backups.js';

const EXAMPLES = `
Examples:
  sstash backups --repo /backup/sstash
  sstash backups --node n1 --json | jq -r '.[-1].id'    the latest backup of a node

size    all files of the backup, as a restore writes them
new     files, and shares of files, that the repository did not have: what they have as files
stored  what the backup added to the repository for them: compressed, with indexes
`;

export function registerBackups(program: Command, run: CommandRunner): void {
  program
    .command('backups')
    .summary('list backups')
    .description('Lists the backups of a repository, oldest first.')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .option('--node <name>', 'only of this node')
    .option('--table <name>', 'only those with this table, as table or keyspace.table')
    .addHelpText('after', EXAMPLES)
    .action((options: BackupsOptions) =>
      run(async (context) => {
        const { listBackups } = await import('../keep/backups.js');
        return listBackups(context, options);
      }),
    );
}
