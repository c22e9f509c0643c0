/** Tables on disk as a side of a comparison. */
import { mapOrdered } from '../parallel/index.js';
import { type FindOptions, findTables, type TableFiles } from '../sstable/index.js';
import type { ComparedTable, OpenedTable } from './leaf-source.js';
import { type LoadedTree, type LoadTreeOptions, loadTree } from './load-tree.js';
import { LocalLeafSource, SSTablePool } from './local-source.js';

/** Trees of all SSTables of a table, a few at a time, in the order of `files`. */
export async function* loadTrees(
  files: TableFiles,
  options: LoadTreeOptions,
): AsyncGenerator<LoadedTree, void> {
  const paths = files.sstables.map((sstable) => sstable.dataPath);
  yield* mapOrdered(paths, options.executor.concurrency, (path) => loadTree(path, options));
}

async function openTable(files: TableFiles, options: LoadTreeOptions): Promise<OpenedTable> {
  const loaded: LoadedTree[] = [];
  for await (const tree of loadTrees(files, options)) loaded.push(tree);
  const pool = new SSTablePool();
  const sources = loaded.map(({ entry, header }, i): LocalLeafSource => {
    const name = files.sstables[i]?.dataPath ?? entry.name;
    return new LocalLeafSource({ name, pool, entry, header });
  });
  const total = (bytes: (tree: LoadedTree) => number): number =>
    loaded.reduce((sum, tree) => sum + bytes(tree), 0);
  return {
    trees: loaded.map(({ entry }) => entry.tree),
    sources,
    local: { files, loaded },
    partitioners: [...new Set(loaded.map(({ entry }) => entry.partitioner))],
    treeBytesRead: total((tree) => tree.treeBytesRead),
    bytesReadForTrees: total((tree) => tree.bytesReadForTrees),
    close: () => pool.close(),
  };
}

/**
 * The tables under `paths`; each is opened, and missing trees are built, when its turn comes.
 * Throws what `findTables` throws.
 */
export async function openLocalTables(
  paths: readonly string[],
  options: LoadTreeOptions,
  find: FindOptions = {},
): Promise<ComparedTable[]> {
  const tables = await findTables(paths, find);
  return tables.map((files): ComparedTable => {
    const { keyspace, table, directory, sstables, unknown } = files;
    const empty = sstables.length === 0 && unknown.length === 0;
    const open = (): Promise<OpenedTable> => openTable(files, options);
    return { keyspace, table, location: directory, empty, open };
  });
}
