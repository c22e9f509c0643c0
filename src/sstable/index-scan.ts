/** Entries of Index.db, from any entry on, read window by window. */
import { ByteReader, NeedMoreBytes } from '../binary/index.js';
import { type IndexEntry, IndexEntryReader } from '../components/index.js';
import { SstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { checkLimit } from '../limits.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { SSTable } from './sstable.js';

const WINDOW_BYTES = 1024 * 1024;

export interface IndexScanOptions {
  /** Start of an entry; 0 when not given. */
  readonly from?: number;
  /** Where to stop: the end of the file when not given. */
  readonly to?: number;
  readonly windowBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Batches of entries; views of windows that are never used again. Throws SSTABLE_COMPONENT_MISSING,
 * SSTABLE_CORRUPT, SSTABLE_TRUNCATED.
 */
export async function* scanIndex(
  sstable: SSTable,
  options: IndexScanOptions = {},
): AsyncGenerator<IndexEntry[], void, undefined> {
  const file = await sstable.openComponent('Index.db');
  const { from = 0, to = file.size, windowBytes = WINDOW_BYTES } = options;
  let position = from;
  let wanted = windowBytes;
  let previous = -1;
  while (position < to) {
    throwIfInterrupted(options.signal);
    const length = Math.min(wanted, to - position);
    const window = await file.read(position, length);
    const r = readerOf(file, window, position, position + length === to);
    const entries = readEntries(new IndexEntryReader(r, previous));
    if (r.offset === 0) {
      checkLimit('indexEntryBytesMax', wanted, { ...r.where, offset: position });
      wanted *= 2;
      continue;
    }
    wanted = windowBytes;
    position += r.offset;
    previous = entries.at(-1)?.dataPosition ?? previous;
    yield entries;
  }
}

function readEntries(reader: IndexEntryReader): IndexEntry[] {
  const entries: IndexEntry[] = [];
  try {
    for (let entry = reader.next(); entry !== null; entry = reader.next()) entries.push(entry);
  } catch (error) {
    if (!(error instanceof NeedMoreBytes)) throw error;
  }
  return entries;
}

function readerOf(
  file: RandomAccessFile,
  bytes: Uint8Array,
  base: number,
  complete: boolean,
): ByteReader {
  const where = { file: file.path, component: 'Index.db' };
  return new ByteReader(bytes, { base, complete, where });
}

/** Key and data position of the entry at `position`. */
export async function readIndexEntry(
  sstable: SSTable,
  position: number,
): Promise<{ key: Uint8Array; dataPosition: number }> {
  const file = await sstable.openComponent('Index.db');
  // A key and its data position; the promoted index is not wanted.
  for (let length = 512; ; length = 66 * 1024) {
    const window = await file.readSome(position, length);
    const r = readerOf(file, window, position, position + window.length >= file.size);
    try {
      const key = r.shortBytes();
      return { key, dataPosition: r.uvint('data position') };
    } catch (error) {
      if (!(error instanceof NeedMoreBytes) || length > 512) throw error;
    }
  }
}

/** An SSTABLE_CORRUPT about a component other than Data.db. */
export function contradiction(
  sstable: SSTable,
  component: string,
  message: string,
  offset?: number,
): SstashError {
  return new SstashError('SSTABLE_CORRUPT', message, {
    file: sstable.componentPath(component),
    component,
    ...(offset === undefined ? {} : { offset }),
    hint: 'Run `sstash check` on this SSTable to see everything that is wrong with it.',
  });
}
