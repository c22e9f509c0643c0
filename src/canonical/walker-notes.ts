/** What a leaf is noted for, found on the row model. */
import type { PartitionHead, Row, Unfiltered } from '../components/index.js';
import { LeafNote } from './walker-types.js';

function isMortal({ liveness, deletion, columns }: Row): boolean {
  if (deletion !== null || (liveness !== null && liveness.ttl !== 0)) return true;
  return columns.some(
    ({ complexDeletion, cells }) =>
      complexDeletion !== null || cells.some((cell) => cell.localDeletionTime !== null),
  );
}

/** Bits of LeafNote for a record that is not opaque. */
export function notesOf(record: PartitionHead | Unfiltered): number {
  if (record.type === 'marker') return LeafNote.covers | LeafNote.mortal;
  if (record.type === 'row') return isMortal(record) ? LeafNote.mortal : 0;
  const { deletion, staticRow } = record;
  if (deletion !== null) return LeafNote.covers | LeafNote.mortal;
  return staticRow !== null && isMortal(staticRow) ? LeafNote.mortal : 0;
}
