/** What a restore has to bring about: every file of a backup, with its place below the target. */
import type { DerivedParameters } from '../components/index.js';
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
  type TableRecord,
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
  readonly source: StreamRef | Recipe | DerivedSource | SstashError;
}

/** A component that follows from the rows of its SSTable. */
export interface DerivedSource {
  readonly component: string;
}

export function isDerived(source: PlannedFile['source']): source is DerivedSource {
  return !(source instanceof SstashError) && 'component' in source;
}

/** The rows and what it takes besides to make components of them. */
export interface GroupDerivation {
  readonly recipe: Recipe;
  readonly parameters: DerivedParameters;
  /** Names of all components. */
  readonly components: readonly string[];
}

/** The files that belong together: an SSTable's, or those beside the SSTables of a table. */
export interface PlannedGroup {
  readonly table: string;
  readonly files: readonly PlannedFile[];
  readonly bytes: number;
  /** What makes the components that follow from the rows. */
  readonly derivation?: GroupDerivation;
  /** A table, or a part of its SSTables, of which the repository cannot say what it held. */
  readonly lost?: { readonly path: string; readonly error: SstashError };
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
  throw new SstashError('USAGE', 'the backup has no table of that name', {
    expected: names.slice(0, 20).join(', '),
    hint: `\`sstash show ${manifest.id.slice(0, 12)}\` lists its tables.`,
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
    const table = `${entry.keyspace}.${entry.table}`;
    const lose = (error: SstashError): PlannedGroup => {
      return { table, files: [], bytes: 0, lost: { path: entry.path, error } };
    };
    const record = await readChecked(repository, entry.record).catch(lost);
    if (record instanceof SstashError) {
      yield lose(record);
      continue;
    }
    const folder = layout === 'cassandra' ? record.path : flatFolder(record.path, single);
    const place = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
    if (record.files.length > 0) {
      const files = record.files.map(({ name, bytes, stream }) => {
        return { path: place(name), bytes, sha256: stream.sha256, source: stream };
      });
      yield { table, files, bytes: sum(files) };
    }
    for (const part of record.parts) {
      const sstables = await readSSTables(repository, { ...record, parts: [part] }).catch(lost);
      if (sstables instanceof SstashError) {
        yield lose(sstables);
        continue;
      }
      for (const sstable of sstables) {
        yield { table, ...(await planSSTable(repository, sstable, place)) };
      }
    }
  }
}

/** A table record whose names lead nowhere else. */
async function readChecked(repository: Repository, id: string): Promise<TableRecord> {
  const record = await readTable(repository, id);
  checkPath(record.path);
  for (const { name } of record.files) checkName(name);
  return record;
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
): Promise<Omit<PlannedGroup, 'table'>> {
  const { base, components, derived: parameters } = sstable;
  const recipe = await recipeOf(repository, sstable).catch(lost);
  const files = components.map(({ name, bytes, stream, derived }): PlannedFile => {
    const path = place(`${base}-${name}`);
    if (stream !== null) return { path, bytes, sha256: stream.sha256, source: stream };
    if (recipe instanceof SstashError) return { path, bytes, sha256: '', source: recipe };
    if (derived !== undefined && parameters !== null) {
      return { path, bytes, sha256: derived, source: { component: name } };
    }
    const { data } = recipe;
    const sha256 = data.form === 'rows' ? data.sha256 : data.stream.sha256;
    return { path, bytes, sha256, source: recipe };
  });
  const plan = { files, bytes: sum(files) };
  if (parameters === null || recipe instanceof SstashError) return plan;
  const names = components.map(({ name }) => name);
  return { ...plan, derivation: { recipe, parameters, components: names } };
}

/** Another SSTable with the same Data.db may have given the recipe: the name is this one's. */
async function recipeOf(repository: Repository, { base, recipe }: SSTableRecord): Promise<Recipe> {
  if (recipe !== null) return { ...(await readRecipe(repository, recipe)), sstable: base };
  throw new SstashError('REPOSITORY_CORRUPT', `${base} has neither chunks nor a recipe`);
}

/** The error, where it is about one thing that cannot be had; throws what ends the restore. */
export function lost(error: unknown): SstashError {
  if (!isSstashError(error) || isSstashError(error, ...ENDING)) throw error;
  return error;
}

const ENDING = ['INTERRUPTED', 'WRITE_FAILED', 'DISK_FULL'] as const;

function sum(files: readonly PlannedFile[]): number {
  return files.reduce((total, file) => total + file.bytes, 0);
}
