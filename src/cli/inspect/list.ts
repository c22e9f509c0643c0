/** Runs `ls`. */
import { useBlockingReads } from '../../io/index.js';
import { throwIfInterrupted } from '../../parallel/index.js';
import { findTables, type TableFiles } from '../../sstable/index.js';
import type { CommandContext } from '../context.js';
import { findWhatIsThere } from '../each-table.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes, formatCount, formatMicros, formatMillis } from '../format.js';
import { type RowFacts, readFacts, rowFacts, type SSTableFacts, versionOf } from './facts.js';

interface ListedTable {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
  readonly sstables: readonly SSTableFacts[];
}

export async function list(context: CommandContext, paths: readonly string[]): Promise<number> {
  useBlockingReads();
  const tables: ListedTable[] = [];
  for (const table of await findTables(paths, findWhatIsThere(context))) {
    throwIfInterrupted(context.signal);
    tables.push(await readTable(table));
  }
  if (context.json) {
    await context.printJson({ tables: tables.map(tableJson) });
  } else {
    for (const table of tables) await printTable(context, table);
  }
  const errors = tables.flatMap(({ sstables }) => sstables.map(({ error }) => error));
  const first = errors.find((error) => error !== null);
  // Everything that could be read is printed; the error decides the exit code.
  if (first !== undefined && first !== null) context.unread({ error: first });
  return EXIT.done;
}

async function readTable(table: TableFiles): Promise<ListedTable> {
  const sstables: SSTableFacts[] = [];
  for (const files of table.sstables) sstables.push(await readFacts(files));
  const { keyspace, table: name, directory } = table;
  return { keyspace, table: name, directory, sstables };
}

function bytesOf(table: ListedTable): number {
  return table.sstables.reduce((sum, { bytes }) => sum + bytes, 0);
}

function tableJson(table: ListedTable): unknown {
  const { keyspace, table: name, directory, sstables } = table;
  return {
    keyspace,
    table: name,
    directory,
    bytes: bytesOf(table),
    sstables: sstables.map(sstableJson),
  };
}

function sstableJson(facts: SSTableFacts): unknown {
  const { statistics, error, created, ...rest } = facts;
  const rows = statistics === null ? null : rowFacts(statistics, versionOf(facts));
  return {
    ...rest,
    ...(created === null ? {} : { created: formatMillis(BigInt(created)) }),
    ...(rows === null ? {} : rows),
    ...(error === null ? {} : { error: { code: error.code, message: error.message } }),
  };
}

function repairText({ repairedAt, pendingRepair, isTransient }: RowFacts): string {
  const transient = isTransient ? ' transient' : '';
  if (pendingRepair !== null) return `pending ${pendingRepair}${transient}`;
  return `${repairedAt === 0n ? 'no' : formatMillis(repairedAt)}${transient}`;
}

function row(facts: SSTableFacts): string[] {
  const { statistics, error } = facts;
  const rows = statistics === null ? null : rowFacts(statistics, versionOf(facts));
  const notes = [
    ...facts.missing.map((name) => `missing ${name}`),
    ...facts.unexpected.map((name) => `unexpected ${name}`),
    ...(error === null ? [] : [`${error.code}: ${error.message}`]),
  ];
  const time = (micros: bigint | null | undefined): string =>
    micros === null || micros === undefined ? '-' : formatMicros(micros);
  return [
    facts.sstable,
    facts.version,
    facts.format,
    formatBytes(facts.bytes),
    ...[rows?.partitions, rows?.rows, rows?.tombstones].map((count) =>
      count === undefined ? '-' : formatCount(count),
    ),
    time(rows?.minTimestamp),
    time(rows?.maxTimestamp),
    rows === null ? '-' : repairText(rows),
    rows === null ? '-' : String(rows.level),
    notes.join(', '),
  ];
}

const HEAD = [
  'sstable',
  'version',
  'format',
  'bytes',
  'partitions',
  'rows',
  'tombstones',
  'first write',
  'last write',
  'repaired',
  'level',
  'notes',
];

async function printTable(context: CommandContext, table: ListedTable): Promise<void> {
  const { keyspace, table: name, directory, sstables } = table;
  const count = `${sstables.length} ${sstables.length === 1 ? 'SSTable' : 'SSTables'}`;
  await context.print(
    `${keyspace}.${name}  ${count}, ${formatBytes(bytesOf(table))}  ${directory}`,
  );
  await context.table(HEAD, sstables.map(row));
  await context.print('');
}
