/** The tables of a backup, to be compared or looked into: trees as stored, rows only where asked for. */
import { SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { type Manifest, Repository } from '../repository/index.js';
import { openStore } from '../store/index.js';
import type { ComparedTable, OpenedTable } from '../table/index.js';
import { BackupReader } from './backup-reader.js';
import { readSSTables, readTable } from './parent.js';
import { readRecipe } from './read-data.js';
import { readStreamWhole } from './read-stream.js';
import type { SSTableRecord, TableEntry } from './records.js';
import { selectTables } from './restore-plan.js';
import type { TableFilter } from './sources.js';
import { StoredSource } from './stored-source.js';
import { type KeptSSTable, keptSSTables } from './unknown-sstables.js';

export interface OpenBackupOptions {
  /** SSTASH_REPO stands for the repository of `::ID`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Node whose backup it is: needed for `latest` where there are several. */
  readonly node?: string;
  readonly signal?: AbortSignal;
  /**
   * Told of each SSTable that is kept as files because nothing is known of its version; without it
   * the first one is thrown.
   */
  readonly onUnknown?: (unknown: KeptSSTable) => void;
}

/** `REPO::ID` or `::ID`, narrowed to a table by `:keyspace.table` behind it. */
export interface BackupName {
  readonly location: string;
  readonly id: string;
  readonly table: string | null;
}

/** Throws USAGE. */
export function parseBackupName(text: string, env: OpenBackupOptions['env']): BackupName {
  const { SSTASH_REPO: fromEnvironment = '' } = env;
  const at = text.lastIndexOf('::');
  const [id = '', ...table] = text.slice(at + 2).split(':');
  const location = text.slice(0, Math.max(0, at)) || fromEnvironment;
  if (at < 0 || id === '' || table.length > 1 || table[0] === '') {
    throw new SstashError('USAGE', `${text} does not name a backup`, {
      expected: 'REPO::ID or REPO::ID:keyspace.table',
    });
  }
  if (location === '') {
    throw new SstashError('USAGE', `${text} names no repository`, {
      hint: 'Put it before the colons, or set SSTASH_REPO.',
    });
  }
  return { location, id, table: table[0] ?? null };
}

export interface BackupTable extends ComparedTable {
  /** A file beside the SSTables, null where there is none of that name. */
  sideFile(name: string): Promise<Uint8Array | null>;
  /** For single partitions; null where the table has no SSTables. Errors are those of reading. */
  reader(): Promise<BackupReader | null>;
  /** SSTables that are kept as files: nothing else here has their rows. */
  kept(): Promise<KeptSSTable[]>;
}

/**
 * Errors are those of opening the repository and finding the backup, SSTABLE_UNSUPPORTED_VERSION
 * unless `onUnknown` was given; reading rows and trees comes later.
 */
export async function openBackupTables(
  text: string,
  options: OpenBackupOptions,
): Promise<BackupTable[]> {
  const { location, id, table } = parseBackupName(text, options.env);
  const repository = await Repository.open(openStore(location));
  const manifest = await repository.findManifest(id, options.node);
  const filter = table === null ? {} : { tables: [table] };
  const tables = await backupTables(repository, manifest, filter);
  for (const each of tables) {
    for (const unknown of await each.kept()) {
      if (options.onUnknown === undefined) throw unknown.error;
      options.onUnknown(unknown);
    }
  }
  return tables;
}

/** The tables of a backup that the filter lets through, at least one. */
export async function backupTables(
  repository: Repository,
  manifest: Manifest,
  filter: TableFilter,
): Promise<BackupTable[]> {
  const entries = await selectTables(repository, manifest, filter);
  const found: BackupTable[] = [];
  for (const entry of entries) {
    const kept = entry.sstables === 0 ? await readKept(repository, entry) : [];
    // What could not be read when the backup was made is not told apart from what was not there.
    const isWhole = (manifest.summary as { readonly faults?: number }).faults === 0;
    const empty = entry.sstables === 0 && kept.length === 0 && isWhole;
    found.push({ ...backupTable(repository, manifest, entry), empty });
  }
  return found;
}

function backupTable(repository: Repository, manifest: Manifest, entry: TableEntry): BackupTable {
  const { location } = repository.store;
  return {
    keyspace: entry.keyspace,
    table: entry.table,
    location: `${location}::${manifest.id.slice(0, 12)}:${entry.keyspace}.${entry.table}`,
    open: () => openTable(repository, entry),
    sideFile: (name) => readSideFile(repository, entry, name),
    reader: () => BackupReader.open(repository, entry),
    kept: () => readKept(repository, entry),
  };
}

async function readKept(repository: Repository, entry: TableEntry): Promise<KeptSSTable[]> {
  return entry.files === 0 ? [] : keptSSTables(await readTable(repository, entry.record));
}

async function readSideFile(repository: Repository, entry: TableEntry, name: string) {
  const { files } = await readTable(repository, entry.record);
  const file = files.find((each) => each.name === name);
  if (file === undefined || file.bytes > LIMITS.sideFileBytesMax) return null;
  return readStreamWhole(repository, file.stream);
}

async function openTable(repository: Repository, entry: TableEntry): Promise<OpenedTable> {
  const record = await readTable(repository, entry.record);
  const sources: StoredSource[] = [];
  let treeBytesRead = 0;
  for (const sstable of await readSSTables(repository, record)) {
    const { source, treeBytes } = await openSource(repository, entry.path, sstable);
    sources.push(source);
    treeBytesRead += treeBytes;
  }
  return {
    trees: sources.map(({ tree }) => tree),
    sources,
    partitioners: [...new Set(sources.map(({ partitioner }) => partitioner))],
    treeBytesRead,
    bytesReadForTrees: 0,
    close: async () => {},
  };
}

async function openSource(
  repository: Repository,
  path: string,
  sstable: SSTableRecord,
): Promise<{ source: StoredSource; treeBytes: number }> {
  const name = `${path}/${sstable.base}`;
  if (sstable.recipe === null) throw notReadable(name, 'it has no Data.db');
  const recipe = await readRecipe(repository, sstable.recipe);
  const opened = await StoredSource.open(repository, name, recipe);
  if (opened !== null) return opened;
  throw notReadable(name, recipe.data.form === 'bytes' ? recipe.data.reason : 'it has no tree');
}

function notReadable(name: string, reason: string): SstashError {
  return new SstashError('REPOSITORY_UNSUPPORTED', `single rows of ${name} cannot be read`, {
    file: name,
    found: reason,
    hint: 'Restore the backup into a folder and read that.',
  });
}
