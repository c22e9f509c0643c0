/** `sstash diff`: what differs between two tables, or two sets of them. */
import { type Command, Option } from 'commander';
import type { CommandRunner } from '../context.js';
import { parseCount, parseDuration, parseTime } from '../options.js';

const EXAMPLES = `
Examples:
  sstash diff data/ks/t-5a1c/snapshots/monday data/ks/t-5a1c/snapshots/tuesday
  sstash diff /node1/data /node2/data --level table      which tables differ
  sstash diff before after --key 42                      one partition
  sstash diff data /backup/sstash::latest                live data and a backup
  sstash diff node1/ks/t node2/ks/t --reconciled         replicas, whatever their compactions did
  sstash diff --json a b | jq '.differences[] | [.key, .column, .a.value, .b.value]'

Descends Merkle trees from their roots and reads rows only where they differ. Exit code 0 same,
1 different. A tree file has no rows: differences from it are ranges of tokens, and --key needs rows.
SSTables that both sides have are left out first, so the leaves of a range are those of the others.
With --reconciled both sides are merged by Cassandra's rules first: what is hidden, superseded or
expired makes no difference, and a compaction neither, unless it dropped old tombstones; --purge-at
drops them on both sides.
`;

const LEVELS = ['table', 'range', 'partition', 'row', 'cell'] as const;

export interface DiffOptions {
  readonly level: (typeof LEVELS)[number];
  readonly key?: string;
  readonly keyHex?: string;
  readonly limit?: number;
  readonly reconciled?: boolean;
  readonly at?: number;
  readonly purgeAt?: number;
  readonly gcGrace?: number;
  readonly schema?: string;
  readonly node?: string;
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
    .option('--key-hex <hex>', 'the same, its key as bytes')
    .option('--limit <n>', 'stop after so many differences', parseCount)
    .option('--reconciled', 'compare what the SSTables of each side say once they are merged')
    .option(
      '--at <time>',
      'with --reconciled: judge TTLs as of this time (default: now)',
      parseTime,
    )
    .option(
      '--purge-at <time>',
      'with --reconciled: leave out what a compaction at this time may drop',
      parseTime,
    )
    .option(
      '--gc-grace <time>',
      'age from which that drops tombstones (default: 10d)',
      parseDuration,
    )
    .option('--schema <file>', 'with --reconciled: leave out cells of columns that it drops')
    .option('--node <name>', 'backups are of this node: needed for ::latest of several')
    .addHelpText('after', EXAMPLES)
    .action((a: string, b: string, options: DiffOptions) =>
      run(async (context) => {
        const { diff } = await import('../compare/diff.js');
        return diff(context, a, b, options);
      }),
    );
}
