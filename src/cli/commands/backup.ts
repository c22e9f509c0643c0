/** `sstash backup`: SSTables into a repository. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import type { BackupCommandOptions } from '../keep/backup.js';
import { collect, parseSize } from '../options.js';

const EXAMPLES = `
Examples:
  sstash backup /var/lib/cassandra/data --repo /backup/sstash --node n1
  sstash backup data/*/*/snapshots/friday --repo /backup/sstash --tag friday
  sstash backup data --keyspace shop --exclude 'shop.cache_*' --dry-run

read     bytes read from SSTables; unchanged ones are not read
new      bytes of files, or their share in them, that the repository did not have
reused   bytes of those that it had, also where another SSTable or node brought them
derived  bytes of components that a restore makes again from the rows: Index.db and the like
stored   what was added to the repository: the new ones compressed, with indexes
whole files  what a store of whole files would have been sent

A dry run reads and counts exactly as the backup would, and writes nothing; show and stats tell the
counts of a backup later.

A --keyspace, --table or --exclude that matches nothing is named in a warning.

Run it again and nothing new is stored: unchanged SSTables are not even read. Damaged SSTables are
kept as they are, byte for byte, and reported; then the exit code is 1. Back up snapshots (nodetool
snapshot): live data folders change while they are read. Of an empty table the schema.cql is kept.
`;

/** `50MiB/s` or `50MiB`: bytes a second. */
function parseRate(text: string): number {
  return parseSize(text.replace(/\/s(ec)?$/i, ''));
}

export function registerBackup(program: Command, run: CommandRunner): void {
  program
    .command('backup')
    .summary('SSTables into a repository')
    .description('Backs up SSTables with every component; stores only what is new.')
    .argument('<paths...>', 'data, keyspace, table or snapshot folders, or SSTables')
    .option('--repo <repo>', 'the repository (default: SSTASH_REPO)')
    .option('--node <name>', 'whose data this is (default: the host name)')
    .option('--tag <tag>', 'a label that `backups` and `show` print; may be repeated', collect)
    .option('--keyspace <name>', 'only this keyspace; may be repeated', collect)
    .option('--table <name>', 'only this table, as table or keyspace.table; repeatable', collect)
    .option('--exclude <pattern>', 'not this keyspace or table; * is anything; repeatable', collect)
    .option('--parent <id>', 'compare with this backup (default: the latest of the node)')
    .option('--limit-rate <size/s>', 'read at most so many bytes a second', parseRate)
    .option('--dry-run', 'read and report, write nothing')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: BackupCommandOptions) =>
      run(async (context) => {
        const { runBackup } = await import('../keep/backup.js');
        return runBackup(context, paths, options);
      }),
    );
}
