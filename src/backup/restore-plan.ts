/** What a restore has to bring about: every file of a backup, with its place below the target. */
import { isSstashError, SstashError } from '../errors.js';
import type { Manifest, Repository } from '../repository/index.js';
import { readRoot, readSSTables, readTable } from './parent.js';
import { readRecipe } from './read-data.js';
import {
  checkName,
  checkPath,
  type Recipe,
  type SSTableRecord,
  type StreamRef,
  type TableEntry,
} from './records.js';
import { isSelected, type TableFilter } from './sources.js';

/** How files are laid out below the target: as in a data directory, or without its folders. */
export type RestoreLayout = 'cassandra' | 'flat';

export interface PlannedFile {
  /** Below the target, with '/'. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What rebuilds it; an error where the repository does not know any more. */
  readonly source: StreamRef | Recipe | SstashError;
}

/** The files that belong together: an SSTable's, or those beside the SSTables of a table. */
export interface PlannedGroup {
  readonly table: string;
  readonly files: readonly PlannedFile[];
  readonly bytes: number;
}

/** The tables of a backup that the filter lets through. Throws USAGE when it lets none through. */
export async function selectTables(
  repository: Repository,
  manifest: Manifest,
  filter: TableFilter,
): Promise<TableEntry[]> {
  const root = await readRoot(repository, manifest);
  const tables = root.tables.filter((table) => isSelected(filter, table));
  if (tables.length > 0 || root.tables.length === 0) return tables;
  const names = root.tables.map(({ keyspace, table }) => `${keyspace}.${table}`);
  throw new SstashError('USAGE', 'the backup has no such table', {
    expected: names.slice(0, 20).join(', '),
    hint: `sstash show ${manifest.id.slice(0, 12)} lists its tables`,
  });
}

/** Group by group, so that a backup of any size is planned in little memory. */
export async function* planRestore(
  repository: Repository,
  tables: readonly TableEntry[],
  layout: RestoreLayout,
): AsyncGenerator<PlannedGroup, void, undefined> {
  const single = new Set(tables.map(({ path }) => path.split('/').slice(0, 2).join('/'))).size < 2;
  for (const entry of tables) {
    const record = await readTable(repository, entry.record);
    checkPath(record.path);
    const folder = layout === 'cassandra' ? record.path : flatFolder(record.path, single);
    const table = `${record.keyspace}.${record.table}`;
    const place = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
    if (record.files.length > 0) {
      const files = record.files.map(({ name, bytes, stream }) => {
        checkName(name);
        return { path: place(name), bytes, sha256: stream.sha256, source: stream };
      });
      yield { table, files, bytes: sum(files) };
    }
    for (const sstable of await readSSTables(repository, record)) {
      const files = await planSSTable(repository, sstable, place);
      yield { table, files, bytes: sum(files) };
    }
  }
}

/** `keyspace.table`, and for a secondary index its folder; nothing where there is one table only. */
function flatFolder(path: string, single: boolean): string {
  const [keyspace = '', table = '', ...index] = path.split('/');
  const base = `${keyspace}.${table.replace(/-[0-9a-f]{32}$/, '')}`;
  return [...(single ? [] : [base]), ...index].join('/');
}

async function planSSTable(
  repository: Repository,
  sstable: SSTableRecord,
  place: (name: string) => string,
): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for (const { name, bytes, stream } of sstable.components) {
    const path = place(`${sstable.base}-${name}`);
    if (stream !== null) {
      files.push({ path, bytes, sha256: stream.sha256, source: stream });
      continue;
    }
    if (sstable.recipe === null) {
      throw new SstashError('REPOSITORY_CORRUPT', `${path} has neither chunks nor a recipe`);
    }
    const recipe = await readRecipe(repository, sstable.recipe).catch(lost);
    if (recipe instanceof SstashError) {
      files.push({ path, bytes, sha256: '', source: recipe });
      continue;
    }
    const sha256 = recipe.data.form === 'rows' ? recipe.data.sha256 : recipe.data.stream.sha256;
    // Another SSTable with the same Data.db may have given the recipe: the name is this one's.
    files.push({ path, bytes, sha256, source: { ...recipe, sstable: sstable.base } });
  }
  return files;
}

function lost(error: unknown): SstashError {
  if (isSstashError(error, 'REPOSITORY_CORRUPT', 'STORE_NOT_FOUND')) return error;
  throw error;
}

function sum(files: readonly PlannedFile[]): number {
  return files.reduce((total, file) => total + file.bytes, 0);
}
