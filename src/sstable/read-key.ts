/** Single places of Data.db that an index points at. */
import { PartitionScanner } from '../components/index.js';
import type { SSTable } from './sstable.js';
import { WINDOW_BYTES } from './window.js';

const FIRST_WINDOW_BYTES = 16 * 1024;

/** The partition key that stands at `position` of the stream; bytes of a key if there is none. */
export async function readKeyAt(sstable: SSTable, position: number): Promise<Uint8Array> {
  const { dataLength } = sstable;
  const head = await sstable.readData(position, Math.min(2, dataLength - position));
  const length = ((head[0] ?? 0) << 8) | (head[1] ?? 0);
  return sstable.readData(position + 2, Math.min(length, Math.max(0, dataLength - position - 2)));
}

/**
 * Where the partition that begins at `position` ends: behind its end-of-partition byte. Rows are passed
 * over by their sizes. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED.
 */
export async function partitionEnd(sstable: SSTable, position: number): Promise<number> {
  const { header, version, dataLength } = sstable;
  const scanner = new PartitionScanner({ header, version, columnIndexSize: Infinity, position });
  let length = FIRST_WINDOW_BYTES;
  for (let at = position; at < dataLength; length = Math.min(2 * length, WINDOW_BYTES)) {
    const bytes = await sstable.readData(at, Math.min(length, dataLength - at));
    scanner.push(bytes);
    if (scanner.firstEnd !== null) return scanner.firstEnd;
    at += bytes.length;
  }
  scanner.end();
  return dataLength;
}
