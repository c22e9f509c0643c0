/** One partition of Data.db, read window by window as far as it goes and no further. */
import { ByteReader, NeedMoreBytes } from '../binary/index.js';
import { type PartitionHead, RowReader, type Unfiltered } from '../components/index.js';
import { SstashError } from '../errors.js';
import { throwIfInterrupted } from '../parallel/index.js';
import { dataError } from './events.js';
import type { SSTable } from './sstable.js';
import { largerWindow, readLength, WINDOW_BYTES } from './window.js';

/** Most partitions fit; the windows that follow grow. */
const FIRST_WINDOW_BYTES = 16 * 1024;

export interface PartitionPart {
  /** In the first part alone. */
  readonly head: PartitionHead | null;
  readonly unfiltereds: readonly Unfiltered[];
}

export interface ReadPartitionOptions {
  /**
   * Start of an unfiltered of the partition where reading begins, 0 when it begins with the head:
   * then no part has one.
   */
  readonly inside?: number;
  readonly signal?: AbortSignal;
}

interface Parsed extends PartitionPart {
  readonly consumed: number;
  readonly ended: boolean;
}

/**
 * The partition that begins at `position`, in parts; views of windows that are never used again.
 * Errors: as `SSTable.readData`, SSTABLE_CORRUPT and SSTABLE_TRUNCATED where it does not end.
 */
export async function* readPartition(
  sstable: SSTable,
  position: number,
  { inside = 0, signal }: ReadPartitionOptions = {},
): AsyncGenerator<PartitionPart, void, undefined> {
  const rows = new RowReader(sstable.header, sstable.version);
  if (inside > 0) rows.startInside();
  const end = sstable.dataLength;
  let wantsHead = inside === 0;
  let next = inside === 0 ? position : inside;
  let size = FIRST_WINDOW_BYTES;
  let wanted = size;
  let rest: Uint8Array = new Uint8Array(0);
  for (;;) {
    throwIfInterrupted(signal);
    const length = readLength(sstable, next, rest.length, wanted, end);
    const window = new Uint8Array(rest.length + length);
    window.set(rest);
    await sstable.readData(next, length, window.subarray(rest.length));
    const base = next - rest.length;
    next += length;
    const parsed = await parse(sstable, rows, window, base, wantsHead);
    if (parsed.head !== null || parsed.unfiltereds.length > 0) yield parsed;
    if (parsed.ended) return;
    wantsHead &&= parsed.head === null;
    rest = window.subarray(parsed.consumed);
    if (next >= end && rest.length === 0) throw await dataError(sstable, endless(end));
    size = Math.min(2 * size, WINDOW_BYTES);
    wanted =
      parsed.consumed === 0 ? largerWindow(sstable, Math.max(wanted, window.length), base) : size;
  }
}

function endless(offset: number): SstashError {
  return new SstashError('SSTABLE_TRUNCATED', 'the rows end inside a partition', { offset });
}

async function parse(
  sstable: SSTable,
  rows: RowReader,
  window: Uint8Array,
  base: number,
  wantsHead: boolean,
): Promise<Parsed> {
  const behind = sstable.dataLength - base - window.length;
  const where = { file: sstable.files.dataPath, component: 'Data.db' };
  const r = new ByteReader(window, { base, complete: behind === 0, where });
  const unfiltereds: Unfiltered[] = [];
  let head: PartitionHead | null = null;
  let ended = false;
  try {
    if (wantsHead) head = rows.readHead(r);
    while (!ended && r.remaining > 0) {
      const item = rows.readNext(r);
      if (item.type === 'end') ended = true;
      else unfiltereds.push(item);
    }
  } catch (error) {
    if (!(error instanceof NeedMoreBytes)) throw await dataError(sstable, error);
    // A length that leads behind the end: not worth reading on for.
    if (error.bytes > behind) throw await dataError(sstable, endless(r.position));
  }
  return { head, unfiltereds, consumed: r.offset, ended };
}
