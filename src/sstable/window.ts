/** The next piece of a range of the stream, behind what is left of the one before. */
import { SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { SSTable } from './sstable.js';

/** What one await fetches, as a rule. */
export const WINDOW_BYTES = 1024 * 1024;

/**
 * How many bytes to add to a window of `wanted` bytes that holds `held` already and whose next byte is
 * `position`, so that the next read begins at a block; `end` is where the range ends.
 */
export function readLength(
  sstable: SSTable,
  position: number,
  held: number,
  wanted: number,
  end: number,
): number {
  const { blockLength } = sstable;
  const least = position + Math.max(1, wanted - held);
  return Math.min(Math.ceil(least / blockLength) * blockLength, end) - position;
}

/** The window size to try when one of `size` bytes does not hold a single row. */
export function largerWindow(sstable: SSTable, size: number, position: number): number {
  if (size < 2 * LIMITS.rowBytesMax) return size * 2;
  throw new SstashError('LIMIT_EXCEEDED', `a row is above the limit rowBytesMax`, {
    file: sstable.files.dataPath,
    component: 'Data.db',
    uncompressedOffset: position,
    expected: `at most ${LIMITS.rowBytesMax} bytes`,
  });
}
