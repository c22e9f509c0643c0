/** `sstash get`: one partition as a replica would answer it. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';
import { parseTime } from '../options.js';

const EXAMPLES = `
Examples:
  sstash get data/ks/orders-5a1c --key 42                  all SSTables of the table, merged
  sstash get data/ks/events-71e0 --key eu:2026-01-31       composite key, parts joined by ':'
  sstash get data/ks/orders-5a1c --key 42 --clustering 7   rows whose first clustering value is 7
  sstash get nb-7-big-Data.db --key-hex 0000002a           what one SSTable says
  sstash get --json ks/orders-5a1c --key 42 | jq '.rows[] | select(.live) | .values'

Exit code 0: a SELECT would return rows. 1: it would not, the partition is not there, deleted or
expired (--json: "found": false; "sstables" says which SSTables hold anything of it).

JSON, stable:
  keyspace, table, key, keyHex, keyColumns[] {name, type, value}, clusteringColumns[]
  {name, type} (name null without a schema), token, at, searched
  sstables[]  {sstable, path, position}: those that hold the partition
  deletion    of the partition: {timestamp, localDeletionTime, sstables}, or null
  static      {values, cells, collectionDeletions}, or null
  rows[]      in clustering order, either
              {type: "row", clustering[], live, liveness, deletion, values, cells[],
              collectionDeletions[]} or
              {type: "range_tombstone_bound", clustering[], bound, ends, begins}
  liveRows, found
values has each column's value as SELECT JSON prints it, live cells only. A cell is {column, path?,
value, state: "live" | "expired" | "deleted", timestamp, ttl, localDeletionTime, sstables}, counters
also {shards[] {id, kind, clock, count}}. Write times are microseconds as strings, the other times
seconds. sstables names the SSTables that say so, more than one where they agree.
`;

export interface GetOptions {
  readonly key?: string;
  readonly keyHex?: string;
  readonly clustering?: string[];
  readonly at?: number;
  readonly schema?: string;
}

export function registerGet(program: Command, run: CommandRunner): void {
  program
    .command('get')
    .summary('one partition, all SSTables merged')
    .description(
      "Merges what the SSTables of a table say of one partition by Cassandra's rules, and tells " +
        'where each cell came from: SSTable, write time, TTL. Reads only that partition.',
    )
    .argument('[paths...]', 'folder of one table, a snapshot of it, or single SSTables')
    .option('--key <key>', 'the partition key, as a dump shows it (parts joined by :)')
    .option('--key-hex <hex>', 'the partition key as bytes')
    .option('--clustering <values...>', 'only rows whose clustering begins with these values')
    .option('--at <time>', 'judge TTLs as of this time (default: now)', parseTime)
    .option('--schema <file>', 'CQL schema with the names of key columns and dropped columns')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: GetOptions) =>
      run(async (context) => {
        const { get } = await import('../get/get.js');
        return get(context, paths, options);
      }),
    );
}
