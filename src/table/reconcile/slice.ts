/** The part of a merged partition whose clusterings begin with given values. */
import type { ClusteringValues, DeletionTime, Marker } from '../../components/index.js';
import { type ClusteringComparator, ClusteringKind } from '../../cql/index.js';
import { isOpening } from './markers.js';
import type { Merged, MergedMarker } from './merge-partition.js';
import { prefixOf } from './partition-cursor.js';

export interface OpenRange {
  readonly deletion: DeletionTime | null;
  readonly source: number;
}

/** What of `batches` stands at clusterings that begin with `values`. */
export interface SliceOptions {
  readonly values: ClusteringValues;
  readonly compare: ClusteringComparator;
  /** The range deletion that is open where `batches` begin. */
  readonly open: OpenRange;
}

function bound(kind: number, values: ClusteringValues, deletion: DeletionTime): Marker {
  const place = { type: 'marker', position: 0, size: 0, clustering: values } as const;
  return { ...place, kind, deletion, openingDeletion: null };
}

function rangeBehind({ marker, openedSource }: MergedMarker): OpenRange {
  if (!isOpening(marker.kind)) return { deletion: null, source: -1 };
  return { deletion: marker.openingDeletion ?? marker.deletion, source: openedSource };
}

/** Range deletions that reach out of the part are cut at its edges, as a query's slice does. */
export async function* sliceOf(
  batches: AsyncIterable<readonly Merged[]>,
  { values, compare, open: first }: SliceOptions,
): AsyncGenerator<readonly Merged[], void, undefined> {
  const start = { kind: ClusteringKind.inclStart, values };
  const end = { kind: ClusteringKind.inclEnd, values };
  let open = first;
  let inside = false;
  const enter = (): Merged[] => {
    inside = true;
    const { deletion, source } = open;
    if (deletion === null) return [];
    const marker = bound(ClusteringKind.inclStart, values, deletion);
    return [{ type: 'marker', marker, closedSource: -1, openedSource: source }];
  };
  const leave = (): Merged[] => {
    const { deletion, source } = open;
    if (deletion === null) return [];
    const marker = bound(ClusteringKind.inclEnd, values, deletion);
    return [{ type: 'marker', marker, closedSource: source, openedSource: -1 }];
  };
  for await (const batch of batches) {
    const part: Merged[] = [];
    for (const merged of batch) {
      const place = prefixOf(merged.type === 'row' ? merged.row : merged.marker);
      if (!inside && compare(place, start) > 0) part.push(...enter());
      if (compare(place, end) >= 0) {
        yield [...part, ...leave()];
        return;
      }
      if (inside) part.push(merged);
      if (merged.type === 'marker') open = rangeBehind(merged);
    }
    if (part.length > 0) yield part;
  }
  if (!inside) yield enter();
  yield leave();
}
