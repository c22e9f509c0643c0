/** Data.db as a sequence of heads, rows, markers and ends, read window by window. */
import { ByteReader, NeedMoreBytes } from '../binary/index.js';
import {
  type PartitionEnd,
  type PartitionHead,
  RowReader,
  type Unfiltered,
} from '../components/index.js';
import { SstashError } from '../errors.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { SSTable } from './sstable.js';
import { largerWindow, readLength, WINDOW_BYTES } from './window.js';

export type SSTableEvent = PartitionHead | Unfiltered | PartitionEnd;

export interface EventOptions {
  /** Start of a partition; 0 when not given. */
  readonly from?: number;
  /** End of a partition; the end of the stream when not given. */
  readonly to?: number;
  /** Check previous sizes too. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  /** Bytes per window. */
  readonly windowBytes?: number;
}

/**
 * Batches of events, one per window, none of them empty. Errors: as `readData`, and SSTABLE_CORRUPT
 * or SSTABLE_TRUNCATED where the bytes are no rows or the range ends inside a partition.
 */
export async function* readEvents(
  sstable: SSTable,
  options: EventOptions,
): AsyncGenerator<SSTableEvent[], void, undefined> {
  const { from = 0, to = sstable.dataLength, windowBytes = WINDOW_BYTES } = options;
  const parser = new EventParser(sstable, options.strict ?? false);
  let wanted = windowBytes;
  let rest: Uint8Array = new Uint8Array(0);
  let position = from;
  while (position < to) {
    throwIfInterrupted(options.signal);
    const length = readLength(sstable, position, rest.length, wanted, to);
    // A fresh array each time: events are views of it.
    const window = new Uint8Array(rest.length + length);
    window.set(rest);
    await sstable.readData(position, length, window.subarray(rest.length));
    const base = position - rest.length;
    position += length;
    const { events, consumed } = await parser.parse(window, base, to);
    rest = window.subarray(consumed);
    if (events.length > 0) yield events;
    wanted =
      consumed === 0 ? largerWindow(sstable, Math.max(wanted, window.length), base) : windowBytes;
  }
}

class EventParser {
  readonly #sstable: SSTable;
  readonly #rows: RowReader;
  #inside = false;

  constructor(sstable: SSTable, strict: boolean) {
    this.#sstable = sstable;
    this.#rows = new RowReader(sstable.header, sstable.version, { strict });
  }

  /** All whole events of a window; at `to` a partition must end. */
  async parse(
    window: Uint8Array,
    base: number,
    to: number,
  ): Promise<{ events: SSTableEvent[]; consumed: number }> {
    const behind = to - base - window.length;
    const last = behind === 0;
    const where = { file: this.#sstable.files.dataPath, component: 'Data.db' };
    const r = new ByteReader(window, { base, complete: last, where });
    const events: SSTableEvent[] = [];
    try {
      while (r.remaining > 0 || (last && this.#inside)) {
        events.push(this.#next(r));
      }
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw await dataError(this.#sstable, error);
      // A length that leads behind the end: not worth reading on for.
      if (error.bytes > behind) throw await dataError(this.#sstable, tooLong(r));
    }
    return { events, consumed: r.offset };
  }

  #next(r: ByteReader): SSTableEvent {
    if (!this.#inside) {
      const head = this.#rows.readHead(r);
      this.#inside = true;
      return head;
    }
    const next = this.#rows.readNext(r);
    if (next.type === 'end') this.#inside = false;
    return next;
  }
}

function tooLong(r: ByteReader): SstashError {
  return new SstashError('SSTABLE_TRUNCATED', 'an item ends behind the rows', {
    offset: r.position,
  });
}

/** An error at a position of the stream, with the place in the file added. */
export async function dataError(sstable: SSTable, error: unknown): Promise<unknown> {
  if (!(error instanceof SstashError)) return error;
  const position = error.uncompressedOffset ?? error.offset;
  if (position === undefined)
    return error.with({ file: sstable.files.dataPath, component: 'Data.db' });
  const blocks = await sstable.blocks();
  const { code, message, length, expected, found, hint } = error;
  return new SstashError(code, message, {
    file: sstable.files.dataPath,
    component: 'Data.db',
    offset: blocks.filePosition(position),
    uncompressedOffset: position,
    ...(length === undefined ? {} : { length }),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    hint: hint ?? 'Run `sstash check` on this SSTable to see everything that is wrong with it.',
    cause: error,
  });
}
