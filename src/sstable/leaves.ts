/** Canonical leaves of a range of an SSTable: the loop around the leaf walker. */
import { LeafWalker, type LeafWindow } from '../canonical/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { StoredDigests } from './blocks.js';
import { dataError } from './events.js';
import type { StreamRange } from './ranges.js';
import type { SSTable } from './sstable.js';
import { largerWindow, readLength, WINDOW_BYTES } from './window.js';

export interface LeafOptions {
  /** 192 bytes that key the leaf digests. */
  readonly digestSecret?: Uint8Array;
  readonly windowBytes?: number;
  /** See SSTable.readData. */
  readonly digests?: StoredDigests;
  readonly signal?: AbortSignal;
}

/** One step of the walk. Its arrays are views, valid until the next one is asked for. */
export interface PlacedLeaves extends LeafWindow {
  /** Position in the stream of the window's first byte, which `leafStarts` count from. */
  readonly position: number;
}

/**
 * Leaves of `range`, which must be one of whole partitions. Errors: as `readData`, and SSTABLE_CORRUPT
 * or SSTABLE_TRUNCATED where the bytes are no rows, LIMIT_EXCEEDED for a giant row.
 */
export async function* scanLeaves(
  sstable: SSTable,
  range: StreamRange,
  options: LeafOptions = {},
): AsyncGenerator<PlacedLeaves, void, undefined> {
  const { header, version, statistics } = sstable;
  const { liveComplexDeletionTime } = statistics;
  const { digestSecret, windowBytes = WINDOW_BYTES } = options;
  const keyed = digestSecret === undefined ? {} : { digestSecret };
  const walker = new LeafWalker({ header, version, liveComplexDeletionTime, ...keyed });
  try {
    /** Next byte to read, and size to bring the window to. */
    let position = range.from;
    let wanted = windowBytes;
    while (position < range.to || walker.pending > 0) {
      throwIfInterrupted(options.signal);
      const { pending } = walker;
      const base = position - pending;
      const wants = position < range.to && pending < wanted;
      const length = wants ? readLength(sstable, position, pending, wanted, range.to) : 0;
      const window = walker.window(pending + length);
      if (length > 0) {
        await sstable.readData(position, length, window.subarray(pending), options.digests);
      }
      position += length;
      const last = position === range.to;
      const leaves = await step(sstable, () => walker.walk(pending + length, last, base));
      const stuck = leaves.consumed === 0;
      wanted = stuck
        ? largerWindow(sstable, Math.max(wanted, pending + length), base)
        : windowBytes;
      if (!stuck) yield { ...leaves, position: base };
    }
  } finally {
    walker.close();
  }
}

async function step(sstable: SSTable, walk: () => LeafWindow): Promise<LeafWindow> {
  try {
    return walk();
  } catch (error) {
    throw await dataError(sstable, error);
  }
}
