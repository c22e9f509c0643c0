/** `sstash check`: is every byte of SSTables sound? */
import { type Command, Option } from 'commander';
import type { CommandRunner } from '../context.js';

const EXAMPLES = `
Examples:
  sstash check nb-1-big-Data.db              one SSTable
  sstash check /var/lib/cassandra/data       a node (it may be running)
  sstash check --quick /backup/data          without reading Data.db
  sstash check --deep ks/users-5a1c39d0      every value against its type too
  sstash check --json data | jq '.faults[]'  every fault with file and offset

Exit code 1 when there is a fault, 3 when a file or folder could not be read (everything else is checked).
--quick reads no rows, and says so: in JSON rowsRead is false.
`;

export interface CheckOptions {
  readonly quick?: boolean;
  readonly deep?: boolean;
}

export function registerCheck(program: Command, run: CommandRunner): void {
  program
    .command('check')
    .summary('is every byte sound?')
    .description(
      'Checks SSTables without Cassandra: digests, checksums of blocks, the structure to the last ' +
        'row, order; indexes, summary, filter and Statistics.db against what the rows give. Lists ' +
        'every fault with file and offset, and what Cassandra would do with it.',
    )
    .argument('<paths...>', 'SSTables, table, snapshot, keyspace or data folders')
    .addOption(new Option('--quick', 'all components but the rows in Data.db').conflicts('deep'))
    .addOption(
      new Option('--deep', 'also every value against its type, every byte of Statistics.db'),
    )
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: CheckOptions) =>
      run(async (context) => {
        const { check } = await import('../inspect/check.js');
        return check(context, paths, options);
      }),
    );
}
