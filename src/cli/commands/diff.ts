/** `sstash diff`: what differs between two tables, or two sets of them. */
import { type Command, Option } from 'commander';
import type { CommandRunner } from '../context.js';
import { parseCount } from '../options.js';

const EXAMPLES = `
Examples:
  sstash diff data/ks/t-5a1c/snapshots/monday data/ks/t-5a1c/snapshots/tuesday
  sstash diff /node1/data /node2/data --level table      which tables differ
  sstash diff before after --key 42                      one partition
  sstash diff data /backup/sstash::latest                live data and a backup
  sstash diff --json a b | jq '.differences[] | [.key, .column, .a.value, .b.value]'

Descends Merkle trees from their roots and reads rows only where they differ. Exit code 0 same,
1 different. A tree file has no rows: differences from it are ranges of tokens, and --key needs rows.
`;

const LEVELS = ['table', 'range', 'partition', 'row', 'cell'] as const;

export interface DiffOptions {
  readonly level: (typeof LEVELS)[number];
  readonly key?: string;
  readonly limit?: number;
}

export function registerDiff(program: Command, run: CommandRunner): void {
  program
    .command('diff')
    .summary('what differs, down to the cell')
    .description(
      'Compares two tables, or the tables of two folders, pair by pair. Tables are paired by ' +
        'keyspace and name; two single tables are compared whatever they are called.',
    )
    .argument('<a>', 'path, tree file or REPO::ID[:keyspace.table]')
    .argument('<b>', 'what to compare it with')
    .addOption(
      new Option('--level <level>', 'how far down to tell differences')
        .choices(LEVELS)
        .default('cell'),
    )
    .option('--key <key>', 'one partition only, as a dump shows its key (parts joined by :)')
    .option('--limit <n>', 'stop after so many differences', parseCount)
    .addHelpText('after', EXAMPLES)
    .action((a: string, b: string, options: DiffOptions) =>
      run(async (context) => {
        const { diff } = await import('../compare/diff.js');
        return diff(context, a, b, options);
      }),
    );
}
