/** Copies of fixture SSTables that a test may damage, and a check of them. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type FixtureSet, type FixtureTable, fixtureTable } from '../../fixtures/index.js';
import { nodeFileSystem } from '../../src/io/index.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { findSSTable } from '../../src/sstable/files.js';
import {
  type CheckMode,
  checkIndex,
  checkRange,
  checkScan,
  checkSSTable,
  type Fault,
  type SSTableFiles,
} from '../../src/sstable/index.js';

export const checkExecutor = inlineExecutor({
  'check-index': checkIndex,
  'check-range': checkRange,
  'check-scan': checkScan,
});

/** Copies the first SSTable of a fixture into `directory`/ks/table; returns its Data.db. */
export function copySSTable(table: FixtureTable, directory: string, which = 0): string {
  const sstable = table.sstables[which];
  if (sstable === undefined) throw new Error(`${table.table} has no SSTable ${which}`);
  const target = join(directory, table.keyspace, table.table);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(table.directory)) {
    if (!name.startsWith(`${sstable.base}-`)) continue;
    copyFileSync(join(table.directory, name), join(target, name));
  }
  return join(target, basename(sstable.dataPath));
}

export function copyFixture(set: FixtureSet, table: string, directory: string, which = 0): string {
  return copySSTable(fixtureTable(set, table), directory, which);
}

export async function sstableFiles(dataPath: string): Promise<SSTableFiles> {
  const files = await findSSTable(dataPath, nodeFileSystem);
  if (files === null) throw new Error(`no SSTable at ${dataPath}`);
  return files;
}

export async function faultsOf(dataPath: string, mode: CheckMode = 'full'): Promise<Fault[]> {
  const files = await sstableFiles(dataPath);
  const { faults } = await checkSSTable(files, { mode, executor: checkExecutor });
  return [...faults];
}

export function componentPath(dataPath: string, name: string): string {
  return dataPath.replace(/Data\.db$/, name);
}

/** Runs `use` while the bytes of a component are changed by `change`; then puts them back. */
export async function withChanged<R>(
  dataPath: string,
  name: string,
  change: (bytes: Buffer) => Uint8Array,
  use: () => Promise<R>,
): Promise<R> {
  const path = componentPath(dataPath, name);
  const original = readFileSync(path);
  writeFileSync(path, change(Buffer.from(original)));
  try {
    return await use();
  } finally {
    writeFileSync(path, original);
  }
}
