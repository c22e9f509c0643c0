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

/** Type of the part of Statistics.db that rows cannot be decoded without. */
const HEADER_PART = 3;

function digestOf(text: string): string {
  return toHex(xxh3_128(new TextEncoder().encode(text)));
}

/**
 * What the rows of an SSTable are, wherever it lies: 32 hex digits over its base name, size and
 * modification time of Data.db and CompressionInfo.db, Digest.crc32, the serialization header, and
 * the versions of everything that a tree depends on. Cassandra rewrites the rest of Statistics.db and
 * Summary.db while the rows stay.
 */
export async function identityOf(sstable: SSTable): Promise<string> {
  const { components, descriptor, statistics } = sstable;
  const versions = [TREE_FILE_VERSION, TREE_FORMAT_VERSION, CANONICAL_VERSION, RUN_BYTES];
  const facts: string[] = [versions.join('.'), descriptor.base];
  for (const name of ['Data.db', 'CompressionInfo.db']) {
    const file = components.get(name);
    facts.push(file === undefined ? name : `${name} ${file.size} ${file.mtimeNs}`);
  }
  if (components.has('Digest.crc32')) {
    facts.push(toHex(await sstable.readComponent('Digest.crc32')));
  }
  const bytes = await sstable.readComponent('Statistics.db');
  for (const { type, offset, length } of statistics.parts) {
    if (type === HEADER_PART) facts.push(toHex(xxh3_128(bytes.subarray(offset, offset + length))));
  }
  return digestOf(facts.join('\n'));
}

/** What the files of an SSTable were: 32 hex digits over their names, sizes, modification times. */
export function stateOf(sstable: SSTable): string {
  const files = [...sstable.components].sort(byName);
  return digestOf(files.map(([name, f]) => `${name} ${f.size} ${f.mtimeNs}`).join('\n'));
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
    if (entry === undefined || entry.name !== sstable.descriptor.base) return null;
    if (entry.tree.dataLength !== sstable.dataLength) return null;
    // The physical digest is over files that may have been rewritten meanwhile.
    const isCurrent = entry.state === stateOf(sstable);
    return { entry: isCurrent ? entry : { ...entry, physical: null }, bytes: bytes.length };
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
