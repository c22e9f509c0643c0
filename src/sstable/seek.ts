/** Finds one partition through Summary.db and Index.db, or through Partitions.db. */
import { equalBytes } from '../binary/index.js';
import { type IndexEntry, parseSummary, type Summary } from '../components/index.js';
import { SstashError } from '../errors.js';
import { contradiction, scanIndex } from './index-scan.js';
import type { IndexedPlace } from './partition-index.js';
import { readKeyAt } from './read-key.js';
import { seekInTrie, withoutIndex } from './seek-trie.js';
import type { SSTable } from './sstable.js';

/** A key that is no value of its type has no place; KEY_INVALID. */
function checkKey(sstable: SSTable, key: Uint8Array): void {
  try {
    sstable.partitioner.compareKeys(key, key);
  } catch (error) {
    if (!(error instanceof SstashError)) throw error;
    throw new SstashError('KEY_INVALID', `the key is ${error.message}`, { cause: error });
  }
}

/** Part of Index.db between two samples, where the key must be if it is there. */
interface Bracket {
  readonly from: number;
  /** End of the file when undefined. */
  readonly to: number | undefined;
  /** Key that Index.db must have at `from`. */
  readonly first: Uint8Array | null;
}

/**
 * See SSTable.seek. The answer is checked rather than believed, because neither Summary.db nor
 * Index.db nor Filter.db has a checksum: what is found must be the key in Data.db; where nothing is
 * found, the neighbours in Index.db must be what Data.db has, or the key may be one that a damaged
 * byte hides. Filter.db is therefore not asked: its "no" cannot be checked more cheaply.
 */
export async function seekKey(sstable: SSTable, key: Uint8Array): Promise<number | null> {
  const found = sstable.version.format === 'bti' ? seekPlace : seekEntry;
  return (await found(sstable, key))?.dataPosition ?? null;
}

/** The same of a BTI SSTable, with what its index says about the partition. */
export function seekPlace(sstable: SSTable, key: Uint8Array): Promise<IndexedPlace | null> {
  checkKey(sstable, key);
  return seekInTrie(sstable, key);
}

/** The same of a BIG SSTable: the entry of Index.db. */
export async function seekEntry(sstable: SSTable, key: Uint8Array): Promise<IndexEntry | null> {
  checkKey(sstable, key);
  if (!sstable.components.has('Index.db')) throw withoutIndex(sstable, 'Index.db');
  const bracket = await findBracket(sstable, key);
  let first = true;
  let before: IndexEntry | null = null;
  for await (const batch of scanIndex(sstable, bounds(bracket))) {
    for (const entry of batch) {
      if (first && bracket.first !== null && !equalBytes(entry.key, bracket.first)) {
        throw contradiction(sstable, 'Summary.db', 'a sample has another key than Index.db');
      }
      first = false;
      const order = sstable.partitioner.compareKeys(entry.key, key);
      if (order === 0) {
        await verified(sstable, entry);
        return entry;
      }
      if (order > 0) {
        if (before !== null) await verified(sstable, before);
        await verified(sstable, entry);
        return null;
      }
      before = entry;
    }
  }
  if (before === null) {
    // No entry at all: every SSTable has one, and a sample points at one.
    throw contradiction(
      sstable,
      bracket.first === null ? 'Index.db' : 'Summary.db',
      'it has no entry',
    );
  }
  await verified(sstable, before);
  return null;
}

function bounds({ from, to }: Bracket): { from: number; to?: number } {
  return to === undefined ? { from } : { from, to };
}

async function findBracket(sstable: SSTable, key: Uint8Array): Promise<Bracket> {
  const all: Bracket = { from: 0, to: undefined, first: null };
  if (!sstable.components.has('Summary.db')) return all;
  const where = { file: sstable.componentPath('Summary.db'), component: 'Summary.db' };
  const summary = parseSummary(await sstable.readComponent('Summary.db'), where);
  if (summary.count === 0) return all;
  const at = lastNotAbove(sstable, summary, key);
  if (at < 0) {
    // Below the first sample there is nothing, if that sample is the first partition.
    return { from: 0, to: nextPosition(summary, 0), first: summary.key(0) };
  }
  return { from: summary.indexPosition(at), to: nextPosition(summary, at), first: summary.key(at) };
}

/**
 * End of the bracket of sample `at`: behind the next sample's entry, so that a key that is missing
 * has its neighbours on both sides; the scan stops there anyway.
 */
function nextPosition(summary: Summary, at: number): number | undefined {
  return at + 2 < summary.count ? summary.indexPosition(at + 2) : undefined;
}

function lastNotAbove(sstable: SSTable, summary: Summary, key: Uint8Array): number {
  let low = -1;
  let high = summary.count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sstable.partitioner.compareKeys(summary.key(middle), key) <= 0) low = middle;
    else high = middle;
  }
  return low;
}

async function verified(sstable: SSTable, entry: IndexEntry): Promise<void> {
  const { dataPosition, indexPosition } = entry;
  if (dataPosition >= sstable.dataLength) {
    throw contradiction(sstable, 'Index.db', `${dataPosition} is behind Data.db`, indexPosition);
  }
  if (!equalBytes(entry.key, await readKeyAt(sstable, dataPosition))) {
    throw contradiction(
      sstable,
      'Index.db',
      `there is another key at ${dataPosition} of Data.db`,
      indexPosition,
    );
  }
}
