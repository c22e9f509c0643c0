/** Whether the blocks of Index.db leave out the end-of-partition byte, as one writer of 6.0 does. */
import { isNoDamage, isSstashError } from '../../errors.js';
import type { SSTable } from '../sstable.js';
import { rowIndexes } from './row-indexes.js';

/** The first partition whose last block was not closed by its size tells. */
export async function isEndOutside(sstable: SSTable, columnIndexSize: number): Promise<boolean> {
  const { format, hasCompressionDictionary: isOf6 } = sstable.version;
  if (format !== 'big' || !isOf6) return false;
  try {
    for await (const { length, offsets, widths } of rowIndexes(sstable)) {
      const [offset, width] = [offsets.at(-1), widths.at(-1)];
      if (offset === undefined || width === undefined) continue;
      if (offset + width === length) return false;
      if (width < columnIndexSize) return true;
    }
  } catch (error) {
    if (!isSstashError(error) || isNoDamage(error)) throw error;
  }
  return false;
}
