/**
 * SSTables that a thread has open: a worker gets many ranges of one SSTable, one after another, and
 * would otherwise parse its metadata for each of them.
 */
import { nodeFileSystem } from '../io/index.js';
import { findSSTable, type SSTableFiles } from './files.js';
import { SSTable } from './sstable.js';

interface Entry {
  readonly key: string;
  readonly sstable: Promise<SSTable>;
  users: number;
}

const KEEP = 4;
/** Least recently used first. */
let entries: Entry[] = [];

/**
 * Runs `use` with the SSTable that `dataPath` names. It stays open for the next call, unless its
 * files change meanwhile.
 */
export async function withSSTable<R>(
  dataPath: string,
  use: (sstable: SSTable) => Promise<R>,
): Promise<R> {
  const files = await findSSTable(dataPath, nodeFileSystem);
  const key = files === null ? dataPath : identity(files);
  let entry = entries.find((each) => each.key === key);
  if (entry === undefined) entry = { key, sstable: SSTable.open(files ?? dataPath), users: 0 };
  entry.users++;
  entries = [...entries.filter((each) => each !== entry), entry];
  try {
    return await use(await entry.sstable);
  } catch (error) {
    // Do not keep one that could not be opened.
    entry.sstable.catch(() => forget(entry));
    throw error;
  } finally {
    entry.users--;
    await closeUnused(KEEP);
  }
}

/** Closes those that nobody uses; a thread that goes on with other work may call it. */
export async function closeIdleSSTables(): Promise<void> {
  await closeUnused(0);
}

async function closeUnused(keep: number): Promise<void> {
  const surplus = entries.filter((each) => each.users === 0).slice(0, entries.length - keep);
  for (const entry of surplus) {
    forget(entry);
    const sstable = await entry.sstable.catch(() => null);
    await sstable?.close();
  }
}

function forget(entry: Entry): void {
  entries = entries.filter((each) => each !== entry);
}

function identity(files: SSTableFiles): string {
  const parts = [files.dataPath];
  for (const { name, size, mtimeNs, ino } of files.components.values()) {
    parts.push(`${name}:${size}:${mtimeNs}:${ino}`);
  }
  return parts.join('\n');
}
