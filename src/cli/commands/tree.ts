/** `sstash tree`: Merkle trees of tables and their roots. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import { parseTime } from '../options.js';

const EXAMPLES = `
Examples:
  sstash tree /var/lib/cassandra/data/ks          roots of every table of a keyspace
  sstash tree ks/orders-5a1c39d0 --output o.tree  keep the trees in a file, for diff
  sstash tree --json data | jq -r '.tables[] | [.keyspace, .table, .raw] | @tsv'

Tables with equal physical roots consist of the same component files byte for byte, whatever generations they have.
Tables with equal raw roots hold the same rows in their SSTables, byte for byte of what the rows say,
whatever the format version and compression. Tables with equal reconciled roots hold the same once
their SSTables are merged: a compaction leaves it as it is, unless it drops old tombstones. A cell whose
TTL is over counts as deleted, so the root changes when one expires; --at takes the time instead of the
clock. Trees are kept in a cache ($SSTASH_CACHE_DIR).
`;

export interface TreeOptions {
  readonly output?: string;
  readonly at?: number;
}

export function registerTree(program: Command, run: CommandRunner): void {
  program
    .command('tree')
    .summary('Merkle trees and their roots')
    .description('Builds the Merkle trees of tables, or takes them from the cache; prints roots.')
    .argument('<paths...>', 'SSTables, table, snapshot, keyspace or data folders')
    .option(
      '--output <file>',
      'write the trees into a new file, or over a tree file; diff can read it',
    )
    .option(
      '--at <time>',
      'time by which TTLs are judged in the reconciled root (default: now)',
      parseTime,
    )
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: TreeOptions) =>
      run(async (context) => {
        const { tree } = await import('../compare/tree.js');
        return tree(context, paths, options);
      }),
    );
}
