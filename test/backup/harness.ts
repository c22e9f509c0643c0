/** Backing up and restoring in this process, and comparing files with what came back. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type ChunkList, decodeChunkList } from '../../src/backup/chunk-list.js';
import {
  type BackupReport,
  backup,
  type RestoreReport,
  restore,
  sourceTables,
  type TableFilter,
  type VerifyReport,
  verify,
} from '../../src/backup/index.js';
import { readRoot, readSSTables, readTable } from '../../src/backup/parent.js';
import { readRecipe } from '../../src/backup/read-data.js';
import { idOf } from '../../src/backup/records.js';
import { type FileSystem, nodeFileSystem } from '../../src/io/index.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { type NewRepositoryOptions, Repository } from '../../src/repository/index.js';
import { findTables } from '../../src/sstable/index.js';
import { LocalStore } from '../../src/store/index.js';
import { tasks } from '../../src/tasks/index.js';

/** The real file system without its waits: what is synced matters to the crash tests alone. */
export const quickFileSystem: FileSystem = {
  ...nodeFileSystem,
  async open(path, mode) {
    return { ...(await nodeFileSystem.open(path, mode)), sync: async () => {} };
  },
  syncDirectory: async () => {},
};

export const executor = inlineExecutor(tasks);

export const LEDGER = '.sstash-restore.jsonl';

/** Folder of the real SSTables that are not part of the project, or null. */
export const golden = ['../shared/corpus/golden'].find((path) => existsSync(path)) ?? null;

export async function newRepository(
  directory: string,
  options: NewRepositoryOptions = {},
): Promise<Repository> {
  return Repository.create(new LocalStore(directory, quickFileSystem), options);
}

export function openRepository(
  directory: string,
  fs: FileSystem = quickFileSystem,
): Promise<Repository> {
  return Repository.open(new LocalStore(directory, fs));
}

export async function runBackup(
  repository: Repository,
  paths: readonly string[],
  options: Partial<Parameters<typeof backup>[0]> & { readonly filter?: TableFilter } = {},
): Promise<BackupReport> {
  const tables = sourceTables(await findTables(paths), options.filter ?? {});
  const { filter: _, ...more } = options;
  return backup({ repository, executor, tables, node: 'n1', ...more });
}

export async function runRestore(
  repository: Repository,
  id: string,
  target: string,
  options: Partial<Parameters<typeof restore>[0]> = {},
): Promise<RestoreReport> {
  const manifest = await repository.findManifest(id);
  return restore({ repository, executor, manifest, target, fs: quickFileSystem, ...options });
}

export async function runVerify(directory: string, readData = true): Promise<VerifyReport> {
  return verify({ repository: await openRepository(directory), ids: [], readData });
}

/** A copy of a table at `to`, with a component that is written past the page cache. */
export function withLargeFile(table: string, to: string): string {
  cpSync(table, to, { recursive: true });
  const base = readdirSync(to)
    .find((name) => name.endsWith('-Data.db'))
    ?.replace(/Data\.db$/, '');
  const words = new Uint32Array(320 * 1024 + 1).map((_, i) => Math.imul(i, 0x9e3779b1) ^ (i >> 3));
  writeFileSync(join(to, `${base}SAI+aa+by_name+Meta.db`), words);
  return to;
}

/** The chunk lists of all rows in a backup. */
export async function* listsOf(
  repository: Repository,
  id: string,
): AsyncGenerator<ChunkList, void, undefined> {
  const { tables } = await readRoot(repository, await repository.findManifest(id));
  for (const { record } of tables) {
    for (const { recipe } of await readSSTables(repository, await readTable(repository, record))) {
      const data = recipe === null ? null : (await readRecipe(repository, recipe)).data;
      if (data?.form !== 'rows') continue;
      for (const list of data.ranges.lists) {
        yield decodeChunkList(await repository.read(idOf(list)));
      }
    }
  }
}

/** Files below a folder that belong to a table, by their path in it. */
export function tableFiles(root: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        if (!['expected', 'oracle', 'snapshots', 'backups'].includes(entry.name)) {
          walk(join(folder, entry.name), `${path}/`);
        }
      } else if (/-(big|bti)-|^(schema\.cql|manifest\.json)$/.test(entry.name)) {
        files.set(path, readFileSync(join(folder, entry.name)));
      }
    }
  };
  walk(root, '');
  return files;
}

/** Fails unless both maps hold the same files with the same bytes. */
export function sameFiles(
  t: Test,
  found: ReadonlyMap<string, Buffer>,
  wanted: ReadonlyMap<string, Buffer>,
  label: string,
): void {
  const names = (map: ReadonlyMap<string, Buffer>): string[] => [...map.keys()].sort();
  t.same(names(found), names(wanted), `${label}: the same files`);
  const different = names(wanted).filter((name) => {
    const a = found.get(name);
    const b = wanted.get(name);
    return a === undefined || b === undefined || !a.equals(b);
  });
  t.same(different, [], `${label}: the same bytes`);
}

/** A copy of a table's folder that a test may damage: `<root>/ks/<name>`. */
export function copyTable(directory: string, root: string, name: string): string {
  const target = join(root, 'ks', name);
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isFile()) cpSync(join(directory, entry.name), join(target, entry.name));
  }
  return target;
}

/** Changes one byte of a file. */
export function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  const at = offset < 0 ? bytes.length + offset : offset;
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}
