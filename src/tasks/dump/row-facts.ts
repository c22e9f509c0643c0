/** Small questions about rows that every output format asks. */

import type { Cell, Marker, PartitionHead, Unfiltered } from '../../components/index.js';
import { SstashError } from '../../errors.js';

export interface Deletion {
  readonly markedForDeleteAt: bigint;
  readonly localDeletionTime: number;
}

/** Cassandra's mark for "no write time". */
export const NO_TIMESTAMP = -(2n ** 63n);

/** Position of what follows the key, the partition deletion and the static row. */
export function endOfHead(head: PartitionHead): number {
  return head.position + head.headerLength;
}

/** A deleted cell: it has a local deletion time without having expired. */
export function isTombstone(cell: Cell): cell is Cell & { localDeletionTime: number } {
  return cell.localDeletionTime !== null && cell.ttl === 0;
}

export interface MarkerBound {
  readonly side: 'start' | 'end';
  readonly inclusion: 'inclusive' | 'exclusive';
  readonly deletion: Deletion;
}

/** What a marker opens and closes; a boundary does both, its start comes first. */
export function markerBounds(marker: Marker): MarkerBound[] {
  const { deletion, openingDeletion } = marker;
  switch (marker.kind) {
    case 0:
      return [{ side: 'end', inclusion: 'exclusive', deletion }];
    case 1:
      return [{ side: 'start', inclusion: 'inclusive', deletion }];
    case 6:
      return [{ side: 'end', inclusion: 'inclusive', deletion }];
    case 7:
      return [{ side: 'start', inclusion: 'exclusive', deletion }];
  }
  if (openingDeletion === null) {
    throw new SstashError('SSTABLE_CORRUPT', 'a range tombstone boundary opens nothing', {
      uncompressedOffset: marker.position,
    });
  }
  const startsInclusive = marker.kind === 2;
  return [
    {
      side: 'start',
      inclusion: startsInclusive ? 'inclusive' : 'exclusive',
      deletion: openingDeletion,
    },
    { side: 'end', inclusion: startsInclusive ? 'exclusive' : 'inclusive', deletion },
  ];
}

/** Only what `item` deletes, or null when it deletes nothing. */
export function onlyTombstones<T extends Unfiltered>(item: T): T | null {
  if (item.type === 'marker') return item;
  const columns = item.columns
    .map((data) => ({ ...data, cells: data.cells.filter(isTombstone) }))
    .filter((data) => data.complexDeletion !== null || data.cells.length > 0);
  if (item.deletion === null && columns.length === 0) return null;
  return { ...item, columns };
}
