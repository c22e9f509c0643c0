/** The row index of every partition, as Index.db has it. */
import { type IndexEntry, parsePromotedIndex } from '../../components/index.js';
import { scanIndex } from '../index-scan.js';
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
