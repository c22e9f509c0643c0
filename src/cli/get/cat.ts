/** Runs `cat`. */
import { type BackupTable, backupTables } from '../../backup/index.js';
import { SstashError } from '../../errors.js';
import { readSchema, storedSchema } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { openRepository } from '../keep/open.js';
import type { PartitionOptions } from '../partition-options.js';
import { answer, checkOneKey } from './answer.js';

export interface CatOptions extends PartitionOptions {
  readonly repo?: string;
  readonly node?: string;
}

/** The one table of that name. Throws USAGE where the backup has none, or several. */
function named(tables: readonly BackupTable[], name: string): BackupTable {
  const isNamed = (table: BackupTable): boolean =>
    name === table.table || name === `${table.keyspace}.${table.table}`;
  const [found, other] = tables.filter(isNamed);
  if (found !== undefined && other === undefined) return found;
  const list = tables.map(({ location }) => location.slice(location.lastIndexOf(':') + 1));
  throw new SstashError(
    'USAGE',
    `the backup has ${found ? 'several tables' : 'no table'} ${name}`,
    {
      expected: found ? 'the name of one table, as keyspace.table' : list.join(', '),
      ...(found ? { found: list.join(', ') } : {}),
    },
  );
}

export async function cat(
  context: CommandContext,
  id: string,
  name: string,
  options: CatOptions,
): Promise<number> {
  const repository = await openRepository(context, options.repo);
  const manifest = await repository.findManifest(id, options.node);
  const stored = named(await backupTables(repository, manifest, { tables: [name] }), name);
  const { keyspace, table } = stored;
  const kept = await stored.kept();
  const reader = await stored.reader();
  if (reader === null && stored.empty === true) return answerEmpty(context, stored, options);
  if (reader === null) throw kept[0]?.error ?? withoutSSTables(stored);
  for (const unknown of kept) context.unread(unknown);
  try {
    const schemaOf = async (of: string): Promise<Uint8Array | null> => {
      if (of === table) return stored.sideFile('schema.cql');
      const others = await backupTables(repository, manifest, { keyspaces: [keyspace] });
      return others.find((other) => other.table === of)?.sideFile('schema.cql') ?? null;
    };
    const schema =
      options.schema === undefined
        ? await storedSchema({ keyspace, table }, schemaOf)
        : await readSchema({ keyspace, table, directories: [] }, options.schema);
    const partition = reader.partition.bind(reader);
    const { key, searched } = reader;
    return await answer(context, { keyspace, table, key, searched, schema, partition }, options);
  } finally {
    await reader.close();
  }
}

/** A table without SSTables has no partition; nothing in it says what a key is made of. */
async function answerEmpty(
  context: CommandContext,
  { keyspace, table }: BackupTable,
  options: CatOptions,
): Promise<number> {
  checkOneKey(options);
  const { key = null, keyHex = null, at = Math.floor(Date.now() / 1000) } = options;
  if (context.json) {
    await context.printJson({
      keyspace,
      table,
      key,
      keyHex,
      keyColumns: [],
      clusteringColumns: [],
      token: null,
      at,
      searched: 0,
      sstables: [],
      deletion: null,
      static: null,
      rows: [],
      liveRows: 0,
      found: false,
    });
  } else {
    await context.print(`${keyspace}.${table}  key ${key ?? `0x${keyHex}`}`);
    await context.print('in 0 of 0 SSTables: the table was empty, a SELECT returns nothing');
  }
  return EXIT.no;
}

function withoutSSTables({ location }: BackupTable): SstashError {
  return new SstashError('USAGE', 'the table has no SSTables in this backup', { file: location });
}
