/** `sstash ls`: which tables and SSTables are there. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';

const EXAMPLES = `
Examples:
  sstash ls /var/lib/cassandra/data               every table of a node
  sstash ls /var/lib/cassandra/data/ks            one keyspace
  sstash ls data/ks/table-5a1c39d0/snapshots/s1   a snapshot
  sstash ls --json data | jq '.tables[].sstables[] | select(.missing != [])'

Partitions, rows and tombstones are what Statistics.db says; tombstones include expiring cells, not what
releases of 3.0 count among them without a deletion time.
`;

export function registerLs(program: Command, run: CommandRunner): void {
  program
    .command('ls')
    .summary('tables and SSTables found')
    .description('Lists tables and their SSTables from the names of the files and Statistics.db.')
    .argument('<paths...>', 'data, keyspace, table or snapshot folders, or component files')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[]) =>
      run(async (context) => {
        const { list } = await import('../inspect/list.js');
        return list(context, paths);
      }),
    );
}
