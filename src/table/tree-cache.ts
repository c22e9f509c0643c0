/**
 * Trees kept between runs, one tree file per SSTable, named by the SSTable's identity. Nothing here
 * is ever an error: what cannot be read, does not check out or cannot be written is built again.
 */
import { join } from 'node:path';
import { toHex } from '../binary/index.js';
import { xxh3_128 } from '../codec/index.js';
import { isSstashError } from '../errors.js';
import { makeDirectory, publish, readWholeFile } from '../io/index.js';
import { LIMITS } from '../limits.js';
import { CANONICAL_VERSION, RUN_BYTES, TREE_FORMAT_VERSION } from '../merkle/index.js';
import type { SSTable } from '../sstable/index.js';
import { parseTrees, serialiseTrees, TREE_FILE_VERSION, type TreeEntry } from './tree-file.js';

/** The cache directory that the environment asks for, null when there is no home for it. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string | null {
  const { SSTASH_CACHE_DIR: own, XDG_CACHE_HOME: xdg, HOME: home } = env;
  if (own !== undefined && own !== '') return own;
  if (xdg !== undefined && xdg !== '') return join(xdg, 'sstash');
  return home === undefined || home === '' ? null : join(home, '.cache', 'sstash');
}

/**
 * What an SSTable is, wherever it lies: 32 hex digits over its base name, the sizes and
 * modification times of its components, Digest.crc32 and Statistics.db, and the versions of
 * everything that a tree depends on.
 */
export async function identityOf(sstable: SSTable): Promise<string> {
  const versions = [TREE_FILE_VERSION, TREE_FORMAT_VERSION, CANONICAL_VERSION, RUN_BYTES];
  const facts: string[] = [versions.join('.'), sstable.descriptor.base];
  // Summary.db and TOC.txt may be written anew while the rows stay; no tree depends on them.
  const passing = new Set(['Summary.db', 'TOC.txt']);
  for (const [name, { size, mtimeNs }] of [...sstable.components].sort(byName)) {
    if (!passing.has(name)) facts.push(`${name} ${size} ${mtimeNs}`);
  }
  for (const name of ['Digest.crc32', 'Statistics.db']) {
    if (!sstable.components.has(name)) continue;
    facts.push(`${name} ${toHex(xxh3_128(await sstable.readComponent(name)))}`);
  }
  return toHex(xxh3_128(new TextEncoder().encode(facts.join('\n'))));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pathOf(directory: string, identity: string): string {
  return join(directory, 'trees', identity.slice(0, 2), `${identity}.tree`);
}

export interface CachedTree {
  readonly entry: TreeEntry;
  /** Bytes of the cache file. */
  readonly bytes: number;
}

/** The tree kept for `identity`, or null. */
export async function readCachedTree(
  directory: string,
  identity: string,
  sstable: SSTable,
): Promise<CachedTree | null> {
  try {
    const bytes = await readWholeFile(pathOf(directory, identity), LIMITS.treeBytesMax);
    const [table] = parseTrees(bytes);
    const entry = table?.sstables[0];
    if (entry?.name !== sstable.descriptor.base) return null;
    return entry.tree.dataLength === sstable.dataLength ? { entry, bytes: bytes.length } : null;
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

/** Keeps `entry`; false when the cache could not be written. */
export async function writeCachedTree(
  directory: string,
  identity: string,
  sstable: SSTable,
  entry: TreeEntry,
): Promise<boolean> {
  const path = pathOf(directory, identity);
  const { keyspace, table } = sstable;
  try {
    await makeDirectory(join(path, '..'));
    await publish(path, serialiseTrees([{ keyspace, table, sstables: [entry] }]));
    return true;
  } catch (error) {
    if (isSstashError(error)) return false;
    throw error;
  }
}
