/** Finds one partition of a BTI SSTable through Partitions.db and Rows.db. */
import { equalBytes } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { contradiction } from './index-scan.js';
import type { IndexedPlace, PartitionIndex } from './partition-index.js';
import { partitionEnd, readKeyAt } from './read-key.js';
import type { SSTable } from './sstable.js';

const PARTITIONS = 'Partitions.db';

/**
 * As SSTable.seek. The trie holds beginnings of keys alone, so the key that it leads to is read from
 * Data.db. Where that is another one, the partitions to both sides of the key must follow each other in
 * Data.db: otherwise one that lies between them is hidden by damage of the trie.
 */
export async function seekInTrie(sstable: SSTable, key: Uint8Array): Promise<IndexedPlace | null> {
  if (!sstable.components.has(PARTITIONS)) throw withoutIndex(sstable, PARTITIONS);
  const index = await sstable.partitionIndex();
  const { found, below, above, belowIsBehind } = await index.search(key);
  if (found !== null && belowIsBehind) {
    throw found.corrupt('a partition key is the beginning of another');
  }
  const place = found === null ? null : await index.place(found);
  const there = place === null ? null : await readKeyAt(sstable, place.dataPosition);
  if (place !== null && there !== null && equalBytes(there, key)) return place;
  const isAbove = there !== null && compareKeys(sstable, there, key) > 0;
  const neighbours = {
    before:
      place !== null && !isAbove ? place : below === null ? null : await index.end(below, 'last'),
    after: isAbove ? place : above === null ? null : await index.end(above, 'first'),
  };
  await verifyGap(sstable, index, key, neighbours);
  return null;
}

/** An SSTABLE_COMPONENT_MISSING for a search that needs an index. */
export function withoutIndex(sstable: SSTable, component: string): SstashError {
  return new SstashError('SSTABLE_COMPONENT_MISSING', `the SSTable has no ${component}`, {
    file: sstable.componentPath(component),
    component,
    hint: 'Dump the whole SSTable instead, which needs no index.',
  });
}

interface Neighbours {
  readonly before: IndexedPlace | null;
  readonly after: IndexedPlace | null;
}

/** Throws SSTABLE_CORRUPT unless `key` would have to stand between two neighbours of Data.db. */
async function verifyGap(
  sstable: SSTable,
  index: PartitionIndex,
  key: Uint8Array,
  { before, after }: Neighbours,
): Promise<void> {
  for (const [place, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    if (place === null) continue;
    const other = await readKeyAt(sstable, place.dataPosition);
    if (compareKeys(sstable, other, key) * sign > 0) continue;
    throw contradiction(
      sstable,
      PARTITIONS,
      `the partition at ${place.dataPosition} of Data.db is not where the trie has it`,
      place.nodePosition,
    );
  }
  const end = before === null ? 0 : await endOf(sstable, index, before);
  const start = after === null ? sstable.dataLength : after.dataPosition;
  if (end === start) return;
  const node = before ?? after;
  throw contradiction(
    sstable,
    PARTITIONS,
    `what stands from ${end} to ${start} of Data.db is not in the trie`,
    node?.nodePosition,
  );
}

/** Where a partition ends: by its row index if it has one, else by its rows, which are few then. */
async function endOf(sstable: SSTable, index: PartitionIndex, place: IndexedPlace) {
  const { dataPosition, rows } = place;
  if (rows === null) return partitionEnd(sstable, dataPosition);
  const at = dataPosition + (await index.endOffset(rows));
  const [byte] = at < sstable.dataLength ? await sstable.readData(at, 1) : [];
  if (byte === 1) return at + 1;
  throw contradiction(sstable, 'Rows.db', `no partition ends at ${at} of Data.db`, rows.position);
}

/** Bytes that are no key have no place. */
function compareKeys(sstable: SSTable, there: Uint8Array, key: Uint8Array): number {
  try {
    return sstable.partitioner.compareKeys(there, key);
  } catch (error) {
    if (!(error instanceof SstashError)) throw error;
    throw contradiction(sstable, PARTITIONS, 'it points at what is no partition key');
  }
}
