/** `sstash verify`: is the repository sound? */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import type { VerifyCommandOptions } from '../keep/verify.js';

const EXAMPLES = `
Examples:
  sstash verify --repo /backup/sstash               every backup can be reached
  sstash verify --read-data --repo /backup/sstash   and every stored byte is right
  sstash verify latest --read-data                  only what one backup needs

Damage is listed with the backups it touches. Nothing is deleted: damaged objects are put in
quarantine, and the next backup that still has their content stores them anew. Exit code 1 when
there is damage.
`;

export function registerVerify(program: Command, run: CommandRunner): void {
  program
    .command('verify')
    .summary('is the repository sound?')
    .description('Checks a repository against itself, without Cassandra.')
    .argument('[ids...]', 'backups: starts of their ids, or latest (default: all)')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .option(
      '--node <name>',
      'the backups are of this node: needed for latest where there are several',
    )
    .option('--read-data', 'read every pack and check each object in it')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: VerifyCommandOptions) =>
      run(async (context) => {
        const { runVerify } = await import('../keep/verify.js');
        return runVerify(context, ids, options);
      }),
    );
}
