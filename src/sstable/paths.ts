/**
 * What a person points at, resolved to tables and their SSTables: a component file, an SSTable, a
 * table or snapshot folder, a keyspace, a data directory, several of them.
 */
import { join, resolve } from 'node:path';
import { compareIds } from '../components/index.js';
import { isSstashError, SstashError } from '../errors.js';
import {
  type DirectoryEntry,
  type FileSystem,
  listDirectory,
  nodeFileSystem,
  statPathIfThere,
} from '../io/index.js';
import {
  type ComponentFile,
  findSSTable,
  locateTable,
  readFolder,
  type SSTableFiles,
  type TableLocation,
  type UnknownSSTable,
} from './files.js';

/** One table, or one of its snapshots, with what was found of it. */
export interface TableFiles extends TableLocation {
  /** The first of `directories`. */
  readonly directory: string;
  /** Several where data directories are spread over disks. */
  readonly directories: readonly string[];
  /** Oldest first. */
  readonly sstables: readonly SSTableFiles[];
  /** SSTables of versions that are not known; none unless `onUnknown` was given. */
  readonly unknown: readonly UnknownSSTable[];
  /** Files beside the SSTables: `schema.cql`, `manifest.json`. Empty for single SSTables. */
  readonly others: readonly ComponentFile[];
}

export interface FindOptions {
  readonly fs?: FileSystem;
  /**
   * Told of each SSTable that cannot be read because nothing is known of its version; without it the
   * first one is thrown.
   */
  readonly onUnknown?: (unknown: UnknownSSTable) => void;
  /**
   * Told of each folder that cannot be read (READ_FAILED): what is beside it is found all the same,
   * which may be nothing; without it the first one is thrown.
   */
  readonly onUnread?: (folder: UnreadFolder) => void;
  /** Also tables of which there is a `schema.cql` and no SSTable, as snapshots of empty ones are. */
  readonly emptyTables?: boolean;
}

export interface UnreadFolder {
  /** READ_FAILED, with the folder as `file` or something in it. */
  readonly error: SstashError;
}

/** Deeper folders are taken for a loop. */
const DEPTH_MAX = 16;

interface Found {
  readonly directory: string;
  readonly sstables: SSTableFiles[];
  readonly unknown: UnknownSSTable[];
  readonly others: ComponentFile[];
}

/**
 * Tables under `paths`, sorted by keyspace and table. Live data only: `snapshots` and `backups` are
 * entered when the path itself leads into them. Throws PATH_NOT_FOUND, PATH_NO_SSTABLE (for the
 * first path under which there is none), SSTABLE_UNSUPPORTED_VERSION, READ_FAILED.
 */
export async function findTables(
  paths: readonly string[],
  options: FindOptions = {},
): Promise<TableFiles[]> {
  const fs = options.fs ?? nodeFileSystem;
  const all: Found[] = [];
  for (const path of paths) {
    const { found: under, unread } = await findUnder(resolve(path), fs);
    const found = under.filter(isSomething);
    if (options.emptyTables === true) found.push(...emptyTables(under, resolve(path)));
    for (const folder of unread) {
      if (options.onUnread === undefined) throw folder.error;
      options.onUnread(folder);
    }
    if (found.length === 0 && unread.length === 0) throw await nothingThere(path, fs);
    all.push(...found);
  }
  const tables = group(all);
  for (const unknown of tables.flatMap((table) => table.unknown)) {
    if (options.onUnknown === undefined) throw unknown.error;
    options.onUnknown(unknown);
  }
  return tables;
}

function isSomething({ sstables, unknown }: Found): boolean {
  return sstables.length > 0 || unknown.length > 0;
}

/** Folders that are named as tables or snapshots of them are, or, where nothing else is, `path`. */
function emptyTables(under: readonly Found[], path: string): Found[] {
  const described = under.filter((found) => {
    return !isSomething(found) && found.others.some(({ name }) => name === 'schema.cql');
  });
  const tables = described.filter(({ directory }) => {
    const { id, snapshot } = locateTable(directory);
    return id !== null || snapshot !== null;
  });
  if (tables.length > 0 || under.some(isSomething)) return tables;
  return described.filter(({ directory }) => directory === path);
}

async function findUnder(
  path: string,
  fs: FileSystem,
): Promise<{ readonly found: readonly Found[]; readonly unread: readonly UnreadFolder[] }> {
  const status = await statPathIfThere(path, fs);
  if (status?.kind === 'directory') {
    const walk = new Walk(fs);
    await walk.enter(path, 0);
    return walk;
  }
  const single = await findSSTable(path, fs).catch((error: unknown) => {
    if (error instanceof SstashError && error.code === 'PATH_NOT_FOUND') return null;
    throw error;
  });
  if (single === null && status === null) {
    throw new SstashError('PATH_NOT_FOUND', 'there is no such file or directory', {
      file: path,
      hint: 'Give an SSTable file, or a table, snapshot, keyspace or data directory.',
    });
  }
  if (single === null) return { found: [], unread: [] };
  const { directory } = single.descriptor;
  return { found: [{ directory, sstables: [single], unknown: [], others: [] }], unread: [] };
}

/** Collects the folders that hold SSTables below one directory. */
class Walk {
  readonly found: Found[] = [];
  readonly unread: UnreadFolder[] = [];
  readonly #fs: FileSystem;
  readonly #seen = new Set<string>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  async enter(directory: string, depth: number): Promise<void> {
    try {
      await this.#read(directory, depth);
    } catch (error) {
      if (!isSstashError(error, 'READ_FAILED')) throw error;
      this.unread.push({ error });
    }
  }

  async #read(directory: string, depth: number): Promise<void> {
    if (depth > DEPTH_MAX || !(await this.#isNew(directory))) return;
    const files = await readFolder(directory, this.#fs);
    this.found.push({ directory, ...files });
    const isTable = isSomething({ directory, ...files }) || locateTable(directory).id !== null;
    for (const entry of await listDirectory(directory, this.#fs)) {
      if (isEntered(entry, isTable)) await this.enter(join(directory, entry.name), depth + 1);
    }
  }

  /** False for a folder that was entered before, by another link. */
  async #isNew(directory: string): Promise<boolean> {
    const status = await statPathIfThere(directory, this.#fs);
    if (status === null) return false;
    const key = `${status.device}:${status.ino}`;
    if (status.ino !== 0n && this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}

function isEntered(entry: DirectoryEntry, inTable: boolean): boolean {
  if (entry.kind !== 'directory') return false;
  // Folders of secondary indexes begin with a dot; elsewhere such folders are not Cassandra's.
  if (entry.name.startsWith('.')) return inTable;
  return !(entry.name === 'snapshots' || entry.name === 'backups') || !inTable;
}

async function nothingThere(path: string, fs: FileSystem): Promise<SstashError> {
  const snapshot = await findSnapshot(path, fs, 0);
  return new SstashError('PATH_NO_SSTABLE', 'there is no SSTable here', {
    file: path,
    hint:
      snapshot === null
        ? 'Give an SSTable file, or a table, snapshot, keyspace or data directory.'
        : `There are snapshots: give one of them, as \`${snapshot}\`.`,
  });
}

/** From a data directory: keyspace, table, snapshots. */
const SNAPSHOT_DEPTH = 2;

/** A snapshot of the table, of one of the tables of the keyspace, or of any in the data directory. */
async function findSnapshot(path: string, fs: FileSystem, depth: number): Promise<string | null> {
  const entries = await listDirectory(path, fs).catch(() => []);
  const folders = entries.filter(({ kind, name }) => kind === 'directory' && !name.startsWith('.'));
  if (folders.some(({ name }) => name === 'snapshots')) {
    const snapshots = join(path, 'snapshots');
    const tags = await listDirectory(snapshots, fs).catch(() => []);
    const tag = tags.find((entry) => entry.kind === 'directory');
    if (tag !== undefined) return join(snapshots, tag.name);
  }
  if (depth >= SNAPSHOT_DEPTH) return null;
  for (const { name } of folders) {
    const found = await findSnapshot(join(path, name), fs, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function group(all: readonly Found[]): TableFiles[] {
  const folders = new Map<string, Found>();
  for (const each of all) {
    const before = folders.get(each.directory);
    folders.set(each.directory, before === undefined ? each : union(before, each));
  }
  const tables: TableFiles[] = [];
  for (const { directory, sstables, unknown, others } of folders.values()) {
    const location = locateTable(directory);
    const at = tables.findIndex((table) => isSameTable(table, location, sstables));
    const before = tables[at];
    if (before === undefined) {
      tables.push({ ...location, directory, directories: [directory], sstables, unknown, others });
      continue;
    }
    tables[at] = {
      ...before,
      directories: [...before.directories, directory],
      sstables: [...before.sstables, ...sstables],
      unknown: [...before.unknown, ...unknown],
      others: [...before.others, ...others],
    };
  }
  for (const [i, table] of tables.entries()) {
    tables[i] = { ...table, sstables: [...table.sstables].sort(compareSSTables) };
  }
  return tables.sort(compareTables);
}

/** The same folder was given twice, or by several of its SSTables. */
function union(a: Found, b: Found): Found {
  const bases = new Set(a.sstables.map((sstable) => sstable.descriptor.base));
  const more = b.sstables.filter((sstable) => !bases.has(sstable.descriptor.base));
  const others = a.others.length > 0 ? a.others : b.others;
  const unknown = a.unknown.length > 0 ? a.unknown : b.unknown;
  return { directory: a.directory, sstables: [...a.sstables, ...more], unknown, others };
}

/**
 * Whether folders of one table id are parts of one table spread over several disks. Names that
 * occur in both show that they are two copies instead, of two nodes for example.
 */
function isSameTable(
  table: TableFiles,
  other: TableLocation,
  sstables: readonly SSTableFiles[],
): boolean {
  if (table.id === null || table.id !== other.id || table.table !== other.table) return false;
  if (table.keyspace !== other.keyspace) return false;
  if (table.snapshot !== other.snapshot || table.backups !== other.backups) return false;
  const bases = new Set(table.sstables.map((sstable) => sstable.descriptor.base));
  return !sstables.some((sstable) => bases.has(sstable.descriptor.base));
}

function compareSSTables(a: SSTableFiles, b: SSTableFiles): number {
  return compareIds(a.descriptor.id, b.descriptor.id) || compareText(a.dataPath, b.dataPath);
}

function compareTables(a: TableFiles, b: TableFiles): number {
  return (
    compareText(a.keyspace, b.keyspace) ||
    compareText(a.table, b.table) ||
    compareText(a.directory, b.directory)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
