/** `sstash partitions`: which partitions are large, full of tombstones, or written at odd times. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandRunner } from '../context.js';
import { parseCount, parseDuration, parseTime } from '../options.js';

const EXAMPLES = `
Examples:
  sstash partitions data/ks/orders-5a1c                     the ten largest
  sstash partitions data/ks/orders-5a1c --sort tombstones --top 50
  sstash partitions data/ks/orders-5a1c --at 2026-03-01 --gc-grace 1d
  sstash partitions --json ks/t | jq -r '.partitions[] | [.key, .bytes] | @tsv'

Sizes are bytes of uncompressed rows. A partition is told once, with the sum over the SSTables and its
share in each: rows that stand in two SSTables count twice. Tombstones are deleted cells, rows,
collections, ranges and partitions; droppable are those older than gc_grace, with expired cells, which a
compaction may drop if no other SSTable has something older for them to hide.
Write times: in the future are those more than a minute after --at; milliseconds are those from 1973 on
as milliseconds, which as microseconds lie in the first years after 1970; reversed are partitions of which
an SSTable that was written later has only older writes: late writes or hints, timestamps of clients, or
clocks that differ. What was written later is told by the places in the commit log, which an SSTable keeps
when it is compacted; generations do not tell it. Of SSTables without places (streamed, made by a tool, or
of version ma) nothing is said.

JSON, stable: keyspace, table, at, gcGraceSeconds, sort, sstables[] {sstable, path}, totals {partitions,
shared, bytes, rows, cells, tombstones, droppable, expired, expiring, expiringSoon}, partitions[] {key,
keyHex, token, bytes, largestRow, rows … expiringSoon, minTimestamp, maxTimestamp, sstables[] {sstable,
position, bytes, …}}, skew {future, millis, reversed: {partitions, examples[]}}. Of several
tables: {tables[]}.
`;

export interface PartitionsOptions {
  readonly top: number;
  readonly sort: 'bytes' | 'rows' | 'tombstones' | 'row-bytes';
  readonly at?: number;
  readonly gcGrace?: number;
  readonly soon: number;
  readonly schema?: string;
}

function parseTop(text: string): number {
  const count = parseCount(text);
  if (count > 100_000) throw new InvalidArgumentError('At most 100000.');
  return count;
}

export function registerPartitions(program: Command, run: CommandRunner): void {
  program
    .command('partitions')
    .summary('largest partitions, tombstones, write-time skew')
    .description(
      'Reads all rows of a table in worker threads and tells its largest partitions, over all ' +
        'SSTables together, with their tombstones, expiring cells and write times.',
    )
    .argument('<paths...>', 'SSTables, table, snapshot, keyspace or data folders')
    .option('--top <n>', 'partitions of each table to tell', parseTop, 10)
    .addOption(
      new Option('--sort <by>', 'what makes a partition large')
        .choices(['bytes', 'rows', 'tombstones', 'row-bytes'])
        .default('bytes'),
    )
    .option('--at <time>', 'judge tombstones and TTLs as of this time (default: now)', parseTime)
    .option(
      '--gc-grace <time>',
      'age from which a tombstone is droppable (default: of the schema, or 10d)',
      parseDuration,
    )
    .option('--soon <time>', 'what expires within this time is near', parseDuration, 86400)
    .option('--schema <file>', 'CQL schema with gc_grace and the names of key columns')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: PartitionsOptions) =>
      run(async (context) => {
        const { partitions } = await import('../partitions/partitions.js');
        return partitions(context, paths, options);
      }),
    );
}
