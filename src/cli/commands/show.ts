/** `sstash show`: what is in a backup. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import type { ShowOptions } from '../keep/show.js';

const EXAMPLES = `
Examples:
  sstash show latest --repo /backup/sstash
  sstash show 3f09ab --json | jq '.tables[].sstables[].base'
`;

export function registerShow(program: Command, run: CommandRunner): void {
  program
    .command('show')
    .summary('what is in a backup')
    .description('Shows a backup: node, tables, SSTables, sizes, damage that was found.')
    .argument('<id>', 'a backup: the start of its id, or latest')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .option(
      '--node <name>',
      'the backup is one of this node: needed for latest where there are several',
    )
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: ShowOptions) =>
      run(async (context) => {
        const { showBackup } = await import('../keep/show.js');
        return showBackup(context, id, options);
      }),
    );
}
