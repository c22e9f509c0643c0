/**
 * Partitions of one row of the commonest form, which have no row index: passed over by the size of the
 * row, for their entries of Index.db. PartitionScanner (src/components/facts) does the same, and all
 * that is less usual.
 */
import { ENTRY_BYTES, writeEntry } from './entries';
import { END_OF_PARTITION, IS_EXTENDED, IS_MARKER } from './flags';

const UNUSUAL: u32 = END_OF_PARTITION | IS_MARKER | IS_EXTENDED;

/** Where the last partition began and ended, counted from the window, and bytes of the entries. */
export let singleRowsLast: usize = 0;
export let singleRowsEnd: usize = 0;
export let singleRowsBytes: usize = 0;

/**
 * Passes over partitions of `[window, window + length)`, which stands at `position` of the stream, that
 * begin at `from` or behind and before `until`, up to the first that is not of one plain row. A
 * clustering has `clustering` bytes, and a live partition one byte of deletion where `short`. Writes the
 * entries, as far as they fit `entryBytes`, and where each begins, u32 counted from `firstStart`.
 * Returns their number, at most `most`.
 */
export function singleRows(
  window: usize,
  length: usize,
  from: usize,
  until: usize,
  position: f64,
  clustering: usize,
  short: bool,
  entries: usize,
  entryBytes: usize,
  starts: usize,
  most: u32,
  firstStart: u32,
): u32 {
  const base = <u64>position;
  const windowEnd = window + length;
  const entriesEnd = entries + entryBytes;
  const stop = window + until;
  let to = entries;
  let count: u32 = 0;
  let last = window + from;
  let p = last;
  while (count < most && p < stop && p + 2 < windowEnd) {
    const keyLength = <usize>bswap<u16>(load<u16>(p));
    const keyEnd = p + 2 + keyLength;
    // So much in front the size of the row is sure to be there.
    if (keyEnd + 12 + clustering + 3 > windowEnd) break;
    const row = keyEnd + (short && (load<u8>(keyEnd) & 0x80) != 0 ? 1 : 12);
    if (<u32>load<u8>(row) & UNUSUAL) break;
    if (clustering > 0 && load<u8>(row, 1) != 0) break;
    let end = row + 1 + clustering;
    const size = <u32>load<u8>(end);
    if (size >= 0xc0) break;
    if (size < 0x80) end += 1 + size;
    else end += 2 + (((size & 0x3f) << 8) | <u32>load<u8>(end, 1));
    if (end >= windowEnd || <u32>load<u8>(end) != END_OF_PARTITION) break;
    if (to + keyLength + ENTRY_BYTES > entriesEnd) break;
    store<u32>(starts + (<usize>count << 2), firstStart + <u32>(to - entries));
    to = writeEntry(to, p, keyLength, base + <u64>(p - window));
    last = p;
    p = end + 1;
    count++;
  }
  singleRowsLast = last - window;
  singleRowsEnd = p - window;
  singleRowsBytes = to - entries;
  return count;
}
