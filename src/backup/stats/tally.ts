/** What is counted of a table in a backup, of a backup, of a table in all of them, and of everything. */
import { nothingStored, type StoredBytes } from '../counts.js';

export interface Tally {
  sstables: number;
  /** Bytes of all files. */
  logicalBytes: number;
  /** Of those with contents that the table had in no backup before. */
  wholeFileBytes: number;
  /** Frames of objects that nothing before needed, by what they are for; how many, and what is in them. */
  readonly stored: StoredBytes;
  objects: number;
  rawBytes: number;
  /** Of Data.db files that no backup before had: leaves, those in chunks of their own, extents. */
  readonly leaves: { all: number; own: number; extents: number };
  /**
   * Frames that a restore reads: chunks of rows; of them, in proportion, the leaves that are taken; all
   * other objects.
   */
  readonly restore: { chunks: number; needed: number; other: number };
}

export function noTally(): Tally {
  return {
    sstables: 0,
    logicalBytes: 0,
    wholeFileBytes: 0,
    stored: nothingStored(),
    objects: 0,
    rawBytes: 0,
    leaves: { all: 0, own: 0, extents: 0 },
    restore: { chunks: 0, needed: 0, other: 0 },
  };
}

/** What is left of a tally when a later backup needs the same again. */
export function again({ sstables, logicalBytes, restore }: Tally): Tally {
  return { ...noTally(), sstables, logicalBytes, restore: { ...restore } };
}
