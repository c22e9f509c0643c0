/** What the commands that print one partition have in common. */
import type { Command } from 'commander';
import { parseTime } from './options.js';

/** What `get` and `cat` answer with. */
export const ANSWER = `Exit code 0: a SELECT would return rows. 1: it would not, the partition is not there, deleted or
expired (--json: "found": false; "sstables" says which SSTables hold anything of it).

JSON, stable:
  keyspace, table, key, keyHex, keyColumns[] {name, type, value}, clusteringColumns[]
  {name, type} (name null without a schema), token, at, searched
  sstables[]  {sstable, path, position}: those that hold the partition (position null in a backup)
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

export interface PartitionOptions {
  readonly key?: string;
  readonly keyHex?: string;
  readonly clustering?: string[];
  readonly at?: number;
  readonly schema?: string;
}

export function partitionOptions(command: Command): Command {
  return command
    .option('--key <key>', 'the partition key, as a dump shows it (parts joined by :)')
    .option('--key-hex <hex>', 'the partition key as bytes')
    .option('--clustering <values...>', 'only rows whose clustering begins with these values')
    .option('--at <time>', 'judge TTLs as of this time (default: now)', parseTime)
    .option('--schema <file>', 'CQL schema with the names of key columns and dropped columns');
}
