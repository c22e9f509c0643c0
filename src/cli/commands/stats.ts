/** `sstash stats`: what a repository holds, and what that costs. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import type { StatsOptions } from '../keep/stats.js';

const EXAMPLES = `
Examples:
  sstash stats --repo /backup/sstash
  sstash stats --json | jq '.backups[] | {created, node, storedBytes, wholeFileBytes}'
  sstash stats --json | jq '.tables[] | {keyspace, table, dedup: .ratios.dedup}'
  sstash stats --json | jq '.backups[-1].report.reused'    what compaction and replicas had

"size" is all files of a backup; "whole files" what a store of whole files would have been sent for
it; "stored" what it was the first to need, compressed. Only records and lists are read, no rows. The
exit code is 1 where a backup cannot be counted because of damage (sstash verify lists all of it).
`;

export function registerStats(program: Command, run: CommandRunner): void {
  program
    .command('stats')
    .summary('what a repository holds and saves')
    .description('Counts what is stored: by backup, by table, and by what it is for.')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .addHelpText('after', EXAMPLES)
    .action((options: StatsOptions) =>
      run(async (context) => {
        const { showStats } = await import('../keep/stats.js');
        return showStats(context, options);
      }),
    );
}
