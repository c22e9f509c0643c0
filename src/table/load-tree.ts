/** The tree of an SSTable on disk: from the cache, else built and kept there. */
import type { SerializationHeader } from '../components/index.js';
import type { Executor } from '../parallel/index.js';
import { SSTable } from '../sstable/index.js';
import { buildTree } from './build-tree.js';
import { physicalDigest } from './physical.js';
import { identityOf, readCachedTree, stateOf, writeCachedTree } from './tree-cache.js';
import type { TreeEntry } from './tree-file.js';

export interface LoadTreeOptions {
  readonly executor: Executor;
  readonly signal?: AbortSignal;
  /** Directory of the cache, null for none. */
  readonly cache: string | null;
  /** Whether the physical digest is wanted too, which reads every component. */
  readonly physical?: boolean;
  /** The time for which the SSTable's own normal form is wanted, if it costs no further reading. */
  readonly normalAt?: number;
  /** Called with the bytes of Data.db that were done since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

export interface LoadedTree {
  readonly entry: TreeEntry;
  readonly header: SerializationHeader;
  /** See `identityOf`; empty without a cache. */
  readonly identity: string;
  /** Bytes of the cache file the tree came from, 0 when it was built. */
  readonly treeBytesRead: number;
  /** Bytes of files that were read to build it, 0 when it came from the cache. */
  readonly bytesReadForTrees: number;
}

/** Errors are those of reading the SSTable. */
export async function loadTree(dataPath: string, options: LoadTreeOptions): Promise<LoadedTree> {
  const sstable = await SSTable.open(dataPath);
  try {
    return await loadTreeOf(sstable, options);
  } finally {
    await sstable.close();
  }
}

async function loadTreeOf(sstable: SSTable, options: LoadTreeOptions): Promise<LoadedTree> {
  const { cache, signal, onBytes } = options;
  const { header, statistics, descriptor } = sstable;
  const identity = cache === null ? '' : await identityOf(sstable);
  const cached = cache === null ? null : await readCachedTree(cache, identity, sstable);
  const isWhole = cached !== null && (cached.entry.physical !== null || !options.physical);
  if (isWhole) {
    onBytes?.(sstable.dataSize);
    const { entry, bytes } = cached;
    return { entry, header, identity, treeBytesRead: bytes, bytesReadForTrees: 0 };
  }
  const built = cached === null ? await buildTree(sstable, options) : null;
  const tree = built?.tree ?? cached?.entry.tree;
  if (tree === undefined) throw new TypeError('neither built nor kept');
  const own = built?.own ?? cached?.entry.own;
  const blocks = built?.blocks ?? null;
  const physical = options.physical
    ? await physicalDigest(sstable, {
        ...(signal === undefined ? {} : { signal }),
        ...(blocks === null ? {} : { blocks }),
      })
    : null;
  const { partitioner } = statistics;
  const state = physical === null ? null : stateOf(sstable);
  const known = { name: descriptor.base, physical, state, partitioner, tree };
  const entry: TreeEntry = own === undefined ? known : { ...known, own };
  if (cache !== null) await writeCachedTree(cache, identity, sstable, entry);
  const treeBytesRead = cached?.bytes ?? 0;
  const read = built === null ? 0 : sstable.dataSize;
  return { entry, header, identity, treeBytesRead, bytesReadForTrees: read };
}
