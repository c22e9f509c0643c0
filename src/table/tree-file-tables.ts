/** Tables of a tree file as a side of a comparison: trees without rows. */
import { readWholeFile } from '../io/index.js';
import { LIMITS } from '../limits.js';
import type { ComparedTable, OpenedTable } from './leaf-source.js';
import { parseTrees } from './tree-file.js';

/** Throws TREE_INVALID, PATH_NOT_FOUND or READ_FAILED. */
export async function openTreeFile(path: string): Promise<ComparedTable[]> {
  const bytes = await readWholeFile(path, LIMITS.treeBytesMax);
  return parseTrees(bytes, { file: path }).map(({ keyspace, table, sstables }, i) => {
    const opened: OpenedTable = {
      trees: sstables.map((entry) => entry.tree),
      sources: null,
      partitioners: [...new Set(sstables.map((entry) => entry.partitioner))],
      // The file is read whole, once.
      treeBytesRead: i === 0 ? bytes.length : 0,
      bytesReadForTrees: 0,
      close: async () => undefined,
    };
    return { keyspace, table, location: path, open: async () => opened };
  });
}
