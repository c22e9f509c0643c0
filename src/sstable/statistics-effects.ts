/**
 * What Cassandra does with a wrong number in Statistics.db: it believes it, without a complaint
 * (format writing reference, 14.9).
 */
import type { StatsMetadata } from '../components/index.js';

type Field = keyof StatsMetadata;

const SIZES = 'only estimates of nodetool and of compaction go wrong';
/** A scrub that drops a partition midway keeps what it had counted of it. */
const SCRUBBED = `${SIZES}; nodetool scrub leaves it so where it dropped part of a partition`;
const HIDDEN = 'a read outside it does not look into this SSTable, so rows there are hidden';
const WIDE = 'reads look into this SSTable in vain';

/** By field: when the stored value is too small, and when it is too large. */
const EFFECTS: Readonly<Partial<Record<Field, readonly [small: string, large: string]>>> = {
  minTimestamp: [
    'compactions keep tombstones of other SSTables longer than they need',
    'a compaction may purge tombstones of other SSTables that cover rows here: these come back',
  ],
  maxTimestamp: [
    'a read may stop before this SSTable and give an older value',
    'reads look into this SSTable in vain, and it is not dropped when it has expired',
  ],
  minLocalDeletionTime: [
    'tombstones are looked for here too early',
    'a compaction takes its tombstones for younger than they are',
  ],
  maxLocalDeletionTime: [
    'a compaction may take the whole SSTable for expired and drop it unread',
    'it is not dropped as a whole when all of it has expired',
  ],
  minTTL: [SIZES, SIZES],
  totalColumnsSet: [SIZES, SCRUBBED],
  totalRows: [SIZES, SCRUBBED],
  maxTTL: ['single-SSTable tombstone compactions are not as frequent as they should be', SIZES],
};

/** The same for fields without an order. */
const PLAIN_EFFECTS: Readonly<Partial<Record<Field, string>>> = {
  estimatedPartitionSize: SIZES,
  estimatedCellCount: SIZES,
  estimatedTombstoneDropTime:
    'droppable tombstones are estimated wrongly: compactions of this SSTable alone come too often or not at all',
  compressionRatio: SIZES,
  hasLegacyCounterShards:
    'counters of before 2.1 are taken for current ones, or the other way round',
  commitLogLowerBound: 'after a crash the node replays other writes than it has to',
  commitLogUpperBound: 'after a crash the node replays other writes than it has to',
};

export const KEY_EFFECT =
  'a read outside the keys of this SSTable does not look into it, so partitions are hidden';
export const SKETCH_EFFECT =
  'the Bloom filter that the next compaction makes has another size than it should';
export const COVERED_EFFECTS = { narrow: HIDDEN, wide: WIDE } as const;

/** What follows from a stored value that is below (-1), above (1) or other (0) than the right one. */
export function effectOf(field: Field, side: number): string {
  if (field === 'hasPartitionLevelDeletions') {
    return side < 0
      ? 'a read by clustering skips this SSTable, and what its partition deletions delete comes back'
      : WIDE;
  }
  const both = EFFECTS[field];
  if (both !== undefined) return side < 0 ? both[0] : both[1];
  return PLAIN_EFFECTS[field] ?? SIZES;
}
