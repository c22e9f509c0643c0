/** The schema of a table from a file in CQL: one that is given, or `schema.cql` beside its SSTables. */
import { basename, dirname, join } from 'node:path';
import type { ColumnDefinition, SerializationHeader } from '../components/index.js';
import { type CqlType, parseSchema, type TableSchema } from '../cql/index.js';
import { SstashError } from '../errors.js';
import { listDirectory, readWholeFile, statPathIfThere } from '../io/index.js';
import { LIMITS } from '../limits.js';
import type { TableFiles } from '../sstable/index.js';
import type { DroppedAt } from './reconcile/columns.js';

type TableNames = Pick<TableFiles, 'keyspace' | 'table' | 'directories'>;

async function readTables(path: string): Promise<TableSchema[]> {
  return schemasIn(await readWholeFile(path, LIMITS.sideFileBytesMax));
}

function schemasIn(bytes: Uint8Array): TableSchema[] {
  return parseSchema(new TextDecoder().decode(bytes));
}

/** The table of that name; a file of one table is of that table whatever it is called there. */
function select(
  schemas: readonly TableSchema[],
  names: Pick<TableFiles, 'keyspace' | 'table'>,
): TableSchema | null {
  const named = schemas.filter(({ table }) => table === names.table);
  const exact = named.find(({ keyspace }) => keyspace === names.keyspace) ?? named[0];
  return exact ?? (schemas.length === 1 ? (schemas[0] ?? null) : null);
}

export interface FoundSchema {
  readonly schema: TableSchema;
  /** All that the same file describes. */
  readonly others: readonly TableSchema[];
}

/**
 * What `file`, or else `schema.cql` beside the SSTables, says of the table; null where there is no
 * such file. Throws USAGE where `file` does not describe the table, READ_FAILED, PATH_NOT_FOUND.
 */
export async function readSchema(names: TableNames, file?: string): Promise<FoundSchema | null> {
  if (file !== undefined) {
    const all = await readTables(file);
    const schema = select(all, names);
    if (schema !== null) return { schema, others: all };
    throw new SstashError(
      'USAGE',
      `the schema does not describe ${names.keyspace}.${names.table}`,
      {
        file,
        expected: `CREATE TABLE ${names.keyspace}.${names.table}`,
        found: all.map(({ keyspace, table }) => `${keyspace}.${table}`).join(', ') || 'no table',
        hint: 'Give the schema.cql of the table, or the output of DESCRIBE KEYSPACE.',
      },
    );
  }
  for (const directory of names.directories) {
    const all = await readBeside(directory);
    const schema = select(all, names);
    if (schema === null) continue;
    const { base } = schema;
    const bases = base === null ? [] : await readBase(directory, schema.table, base);
    return { schema, others: [...all, ...bases] };
  }
  return null;
}

/**
 * What the files `schema.cql` of a backup say of a table: its own, and that of the base table where
 * it is a view. `read` gives the file of a table of the same keyspace, null where there is none.
 */
export async function storedSchema(
  names: Pick<TableFiles, 'keyspace' | 'table'>,
  read: (table: string) => Promise<Uint8Array | null>,
): Promise<FoundSchema | null> {
  const schemasOf = async (table: string): Promise<TableSchema[]> =>
    schemasIn((await read(table)) ?? new Uint8Array(0));
  const all = await schemasOf(names.table);
  const schema = select(all, names);
  if (schema === null) return null;
  const { base } = schema;
  return { schema, others: base === null ? all : [...all, ...(await schemasOf(base))] };
}

async function readBeside(directory: string): Promise<TableSchema[]> {
  const path = join(directory, 'schema.cql');
  return (await statPathIfThere(path))?.kind === 'file' ? readTables(path) : [];
}

/** What stands beside the view's base table: the folder of a view has the view alone. */
async function readBase(directory: string, view: string, base: string): Promise<TableSchema[]> {
  const isFolderOf = (name: string, table: string): boolean =>
    name === table || (name.startsWith(`${table}-`) && /-[0-9a-f]{32}$/.test(name));
  /** `snapshots/<tag>`, which is the same for the base table. */
  const inside: string[] = [];
  for (let folder = directory; inside.length < 3; folder = dirname(folder)) {
    if (isFolderOf(basename(folder), view)) {
      const keyspace = dirname(folder);
      for (const { name } of await listDirectory(keyspace)) {
        if (!isFolderOf(name, base)) continue;
        const found = await readBeside(join(keyspace, name, ...inside));
        if (found.length > 0) return found;
      }
      return [];
    }
    inside.unshift(basename(folder));
  }
  return [];
}

export interface KeyColumn {
  /** Null where no schema says it. */
  readonly name: string | null;
  readonly type: CqlType;
}

/** The columns of the primary key; a schema that does not fit the SSTables is not believed. */
export function keyColumns(
  header: SerializationHeader,
  schema: TableSchema | null,
): { readonly partitionKey: KeyColumn[]; readonly clustering: KeyColumn[] } {
  const { keyType, clusteringTypes } = header;
  const keyTypes = keyType.kind === 'composite' ? keyType.elements : [keyType];
  const named = (types: readonly CqlType[], names: readonly string[]): KeyColumn[] => {
    const fits = names.length === types.length;
    return types.map((type, i) => ({ type, name: fits ? (names[i] ?? null) : null }));
  };
  return {
    partitionKey: named(keyTypes, schema?.partitionKey ?? []),
    clustering: named(clusteringTypes, schema?.clustering ?? []),
  };
}

/** Which cells are of dropped columns. */
export function droppedColumns(schema: TableSchema | null): DroppedAt {
  return ({ text }: ColumnDefinition) => schema?.dropped.get(text) ?? null;
}

/**
 * Whether rows without a live primary key are dead although they have cells: so in a view whose
 * primary key has a column that is none of its base table's primary key. Null where the schema does
 * not tell, since the base table is not in it.
 */
export function hasStrictLiveness({ schema, others }: FoundSchema): boolean | null {
  if (schema.base === null) return false;
  const base = others.find(
    ({ keyspace, table }) => keyspace === schema.keyspace && table === schema.base,
  );
  if (base === undefined) return null;
  const own = new Set([...base.partitionKey, ...base.clustering]);
  return [...schema.partitionKey, ...schema.clustering].some((name) => !own.has(name));
}
