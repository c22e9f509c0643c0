/**
 * What a compaction does to merged rows besides merging (PurgeFunction, AbstractCell.purge of
 * Cassandra): expired cells become tombstones, tombstones of before a given time go.
 */
import {
  type Cell,
  type ColumnData,
  type DeletionTime,
  isBoundary,
  type Liveness,
  type Marker,
  type Row,
} from '../../components/index.js';
import { isLiveCell, isLiveLiveness } from './cells.js';
import { isOpening, markerAt } from './markers.js';

const NO_BYTES = new Uint8Array(0);

export interface PurgeTimes {
  /** Cells whose expiry is not later have expired; seconds since 1970. */
  readonly at: number;
  /** Tombstones with an earlier local deletion time go; null keeps all. */
  readonly gcBefore: number | null;
}

export class Purger {
  readonly #at: number;
  readonly #gcBefore: number;

  constructor({ at, gcBefore }: PurgeTimes) {
    this.#at = at;
    this.#gcBefore = gcBefore ?? Number.NEGATIVE_INFINITY;
  }

  /** Null where the deletion goes. */
  deletion(deletion: DeletionTime | null): DeletionTime | null {
    return deletion !== null && deletion.localDeletionTime < this.#gcBefore ? null : deletion;
  }

  /** Null where nothing is left of the row; itself where all is. */
  row(row: Row): Row | null {
    const liveness = this.#liveness(row.liveness);
    const deletion = this.deletion(row.deletion);
    const unchanged = row.columns.every((data) => this.#data(data) === data);
    const columns = unchanged ? row.columns : row.columns.flatMap((data) => this.#data(data) ?? []);
    if (liveness === null && deletion === null && columns.length === 0) return null;
    const same = columns === row.columns && liveness === row.liveness && deletion === row.deletion;
    if (same) return row;
    return { ...row, liveness, deletion, shadowable: deletion !== null && row.shadowable, columns };
  }

  /** Null where nothing begins or ends there any more. */
  marker(marker: Marker): Marker | null {
    const { kind, deletion, openingDeletion } = marker;
    if (isBoundary(kind)) {
      const [closed, opened] = [this.deletion(deletion), this.deletion(openingDeletion)];
      if (closed === deletion && opened === openingDeletion) return marker;
      return markerAt(marker, closed, opened);
    }
    const kept = this.deletion(deletion);
    if (kept === null) return null;
    return isOpening(kind) ? markerAt(marker, null, kept) : markerAt(marker, kept, null);
  }

  #liveness(liveness: Liveness | null): Liveness | null {
    if (liveness === null || isLiveLiveness(liveness, this.#at)) return liveness;
    return liveness.localExpirationTime < this.#gcBefore ? null : liveness;
  }

  #data(data: ColumnData): ColumnData | null {
    const complexDeletion = this.deletion(data.complexDeletion);
    const unchanged = data.cells.every((cell) => this.#cell(cell) === cell);
    if (unchanged && complexDeletion === data.complexDeletion) return data;
    const cells = data.cells.flatMap((cell) => this.#cell(cell) ?? []);
    if (cells.length === 0 && complexDeletion === null) return null;
    return { ...data, complexDeletion, cells };
  }

  #cell(cell: Cell): Cell | null {
    const { ttl, localDeletionTime } = cell;
    if (localDeletionTime === null || isLiveCell(cell, this.#at)) return cell;
    if (localDeletionTime < this.#gcBefore) return null;
    if (ttl === 0) return cell;
    const written = localDeletionTime - ttl;
    if (written < this.#gcBefore) return null;
    return { ...cell, ttl: 0, localDeletionTime: written, value: NO_BYTES };
  }
}
