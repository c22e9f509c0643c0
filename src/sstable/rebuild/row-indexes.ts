/** The row index of every partition, as Index.db or Rows.db has it. */
import { type IndexEntry, parsePromotedIndex } from '../../components/index.js';
import { scanIndex } from '../index-scan.js';
import type { IndexedPlace, PartitionIndex } from '../partition-index.js';
import type { SSTable } from '../sstable.js';

export interface IndexedRows {
  /** Of the partition in the uncompressed stream. */
  readonly position: number;
  /** Bytes of the partition. */
  readonly length: number;
  /** Of the blocks, from the partition's start; empty where it has no index. */
  readonly offsets: readonly number[];
  readonly widths: readonly number[];
}

/** Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED. */
export async function* rowIndexes(sstable: SSTable): AsyncGenerator<IndexedRows, void, undefined> {
  if (sstable.version.format === 'bti') {
    yield* trieRowIndexes(sstable);
    return;
  }
  if (!sstable.components.has('Index.db')) return;
  let before: IndexEntry | null = null;
  for await (const batch of scanIndex(sstable)) {
    for (const entry of batch) {
      if (before !== null) yield rowsOf(sstable, before, entry.dataPosition);
      before = entry;
    }
  }
  if (before !== null) yield rowsOf(sstable, before, sstable.dataLength);
}

async function* trieRowIndexes(sstable: SSTable): AsyncGenerator<IndexedRows, void, undefined> {
  const index = await sstable.partitionIndex();
  let before: IndexedPlace | null = null;
  for await (const place of index.places()) {
    if (before !== null) yield await trieRows(index, before, place.dataPosition);
    before = place;
  }
  if (before !== null) yield await trieRows(index, before, sstable.dataLength);
}

async function trieRows(
  index: PartitionIndex,
  { dataPosition: position, rows }: IndexedPlace,
  end: number,
): Promise<IndexedRows> {
  const length = end - position;
  if (rows === null) return { position, length, offsets: [], widths: [] };
  const blocks = await index.rowBlocks(rows);
  const last = blocks.length - 1;
  const offsets = blocks.slice(0, last).map(({ offset }) => offset);
  const widths = offsets.map((offset, i) => {
    // As in Index.db, the last block has the end-of-partition byte.
    return (blocks[i + 1]?.offset ?? 0) - offset + (i === last - 1 ? 1 : 0);
  });
  return { position, length, offsets, widths };
}

function rowsOf(sstable: SSTable, entry: IndexEntry, end: number): IndexedRows {
  const { dataPosition: position, promoted, promotedPosition } = entry;
  const length = end - position;
  if (promoted === null) return { position, length, offsets: [], widths: [] };
  const { header, version } = sstable;
  const { blocks } = parsePromotedIndex(promoted, header, version, promotedPosition);
  return {
    position,
    length,
    offsets: blocks.map(({ offset }) => offset),
    widths: blocks.map(({ width }) => width),
  };
}
