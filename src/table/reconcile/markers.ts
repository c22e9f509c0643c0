/** Range tombstones of several SSTables as one sequence (RangeTombstoneMarker.Merger of Cassandra). */
import {
  compareDeletions,
  type DeletionTime,
  type Marker,
  sameDeletion,
} from '../../components/index.js';
import { ClusteringKind } from '../../cql/index.js';

/** Whether a range tombstone is open behind the bound or boundary. */
export function isOpening(kind: number): boolean {
  return kind !== ClusteringKind.exclEnd && kind !== ClusteringKind.inclEnd;
}

/** The deletion that is in effect behind `marker`; null where none is. */
export function openedBy({ kind, deletion, openingDeletion }: Marker): DeletionTime | null {
  return isOpening(kind) ? (openingDeletion ?? deletion) : null;
}

/** Where the marker stands: in front of the rows with its clustering, or behind them. */
function isBefore(kind: number): boolean {
  return kind <= ClusteringKind.exclEndInclStart;
}

function markerKind(before: boolean, closes: boolean, opens: boolean): number {
  if (closes && opens) {
    return before ? ClusteringKind.exclEndInclStart : ClusteringKind.inclEndExclStart;
  }
  if (opens) return before ? ClusteringKind.inclStart : ClusteringKind.exclStart;
  return before ? ClusteringKind.exclEnd : ClusteringKind.inclEnd;
}

/** `place` as the marker that ends `closed` and starts `opened`, one of them at least. */
export function markerAt(
  place: Marker,
  closed: DeletionTime | null,
  opened: DeletionTime | null,
): Marker | null {
  const deletion = closed ?? opened;
  if (deletion === null) return null;
  const kind = markerKind(isBefore(place.kind), closed !== null, opened !== null);
  return { ...place, kind, deletion, openingDeletion: closed === null ? null : opened };
}

export class MarkerMerger {
  readonly #partition: DeletionTime | null;
  /** What is open in each SSTable. */
  readonly #open: (DeletionTime | null)[];
  #current: DeletionTime | null = null;

  constructor(sources: number, partitionDeletion: DeletionTime | null) {
    this.#open = new Array<DeletionTime | null>(sources).fill(null);
    this.#partition = partitionDeletion;
  }

  /** The deletion that covers what follows: a range's or the partition's. */
  get active(): DeletionTime | null {
    return this.#current ?? this.#partition;
  }

  /** The range deletion that is open; null when none is, or the partition's is later. */
  get openRange(): DeletionTime | null {
    return this.#current;
  }

  /** The SSTable of the range that is open, -1 when none is. */
  get openSource(): number {
    return this.#current === null ? -1 : this.#open.indexOf(this.#current);
  }

  /** A range of `source` that was opened before the first marker that is added. */
  open(source: number, deletion: DeletionTime | null): void {
    this.#open[source] = deletion;
    this.#current = this.#widest();
  }

  /** All markers of one place, with their SSTables; null where nothing changes there. */
  merge(markers: readonly { readonly source: number; readonly marker: Marker }[]): Marker | null {
    const before = this.#current;
    for (const { source, marker } of markers) this.#open[source] = openedBy(marker);
    const after = this.#widest();
    this.#current = after;
    const [place] = markers;
    if (place === undefined || sameDeletion(before, after)) return null;
    return markerAt(place.marker, before, after);
  }

  /** The latest deletion that is open anywhere, unless the partition's is later. */
  #widest(): DeletionTime | null {
    let widest: DeletionTime | null = null;
    for (const open of this.#open) if (compareDeletions(open, widest) > 0) widest = open;
    return compareDeletions(this.#partition, widest) > 0 ? null : widest;
  }
}
