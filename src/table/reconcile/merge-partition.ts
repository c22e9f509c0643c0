/**
 * One partition of several SSTables as one (UnfilteredRowIterators.merge of Cassandra), row by row:
 * memory is one window per SSTable, however large the partition is.
 */
import {
  type DeletionTime,
  laterDeletion,
  type Marker,
  type PartitionHead,
  type Row,
  sameDeletion,
  type Unfiltered,
} from '../../components/index.js';
import type { ClusteringComparator } from '../../cql/index.js';
import type { MergedColumns } from './columns.js';
import { MarkerMerger } from './markers.js';
import { type PartitionCursor, prefixOf } from './partition-cursor.js';
import { mergeRows } from './rows.js';

export interface RowVersion {
  /** Index of the SSTable. */
  readonly source: number;
  readonly row: Row;
}

export interface MergedRow {
  readonly type: 'row';
  readonly row: Row;
  /** What went into it, also what it hides. */
  readonly versions: readonly RowVersion[];
}

export interface MergedMarker {
  readonly type: 'marker';
  readonly marker: Marker;
  /** The SSTable of the range that ends here and of the one that begins; -1 for none. */
  readonly closedSource: number;
  readonly openedSource: number;
}

export type Merged = MergedRow | MergedMarker;

export interface MergedHead {
  readonly key: Uint8Array;
  readonly deletion: DeletionTime | null;
  /** Sources that have this deletion. */
  readonly deletionSources: readonly number[];
  readonly staticRow: Row | null;
  readonly staticVersions: readonly RowVersion[];
}

/** The heads of one partition as one; a source without the partition has null. */
export function mergeHeads(
  heads: readonly (PartitionHead | null)[],
  columns: MergedColumns,
): MergedHead {
  let deletion: DeletionTime | null = null;
  const staticVersions: RowVersion[] = [];
  for (const [source, head] of heads.entries()) {
    if (head === null) continue;
    deletion = laterDeletion(deletion, head.deletion);
    if (head.staticRow !== null && head.staticRow.columns.length > 0) {
      staticVersions.push({ source, row: head.staticRow });
    }
  }
  const key = heads.find((head) => head !== null)?.key;
  if (key === undefined) throw new TypeError('no heads to merge');
  const rows = staticVersions.map(({ row }) => row);
  const staticRow = rows.length === 0 ? null : mergeRows(rows, deletion, columns);
  const deletionSources = heads.flatMap((head, source) =>
    head !== null && deletion !== null && sameDeletion(head.deletion, deletion) ? [source] : [],
  );
  return { key, deletion, deletionSources, staticRow, staticVersions };
}

/** Merges what stands at one place after the other. */
export class PartitionMerger {
  readonly #columns: MergedColumns;
  readonly #markers: MarkerMerger;

  constructor(sources: number, partitionDeletion: DeletionTime | null, columns: MergedColumns) {
    this.#columns = columns;
    this.#markers = new MarkerMerger(sources, partitionDeletion);
  }

  /** The range deletion that is open in `source` where its rows begin. */
  open(source: number, deletion: DeletionTime | null): void {
    this.#markers.open(source, deletion);
  }

  /** The deletion that covers what comes next: a range's or the partition's. */
  get active(): DeletionTime | null {
    return this.#markers.active;
  }

  /** The range deletion that covers what comes next, and its SSTable (-1 for none). */
  get openRange(): { readonly deletion: DeletionTime | null; readonly source: number } {
    return { deletion: this.#markers.openRange, source: this.#markers.openSource };
  }

  rows(versions: readonly RowVersion[]): MergedRow | null {
    const rows = versions.map(({ row }) => row);
    const row = mergeRows(rows, this.#markers.active, this.#columns);
    return row === null ? null : { type: 'row', row, versions };
  }

  markers(versions: readonly { source: number; marker: Marker }[]): MergedMarker | null {
    const closedSource = this.#markers.openSource;
    const marker = this.#markers.merge(versions);
    if (marker === null) return null;
    return { type: 'marker', marker, closedSource, openedSource: this.#markers.openSource };
  }
}

/** Merged items that are handed over together, and their native bytes. */
const BATCH_ITEMS = 256;
const BATCH_BYTES = 1024 * 1024;

/**
 * What follows the heads, in order; `cursors` stand behind them, by the index of their source. Each
 * place comes once. Errors are those of the cursors.
 */
export async function* mergeUnfiltereds(
  cursors: readonly (PartitionCursor | null)[],
  merger: PartitionMerger,
  compare: ClusteringComparator,
): AsyncGenerator<readonly Merged[], void, undefined> {
  let batch: Merged[] = [];
  let bytes = 0;
  for (;;) {
    const least = leastOf(cursors, compare);
    if (least === null) break;
    const rows: RowVersion[] = [];
    const markers: { source: number; marker: Marker }[] = [];
    for (const [source, cursor] of cursors.entries()) {
      const current = cursor?.current ?? null;
      if (cursor === null || current === null) continue;
      if (current !== least && compare(prefixOf(current), prefixOf(least)) !== 0) continue;
      bytes += current.size;
      if (current.type === 'row') rows.push({ source, row: current });
      else markers.push({ source, marker: current });
      if (!cursor.next()) await cursor.fill();
    }
    const merged = rows.length > 0 ? merger.rows(rows) : merger.markers(markers);
    if (merged !== null) batch.push(merged);
    if (batch.length < BATCH_ITEMS && bytes < BATCH_BYTES) continue;
    if (batch.length > 0) yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function leastOf(
  cursors: readonly (PartitionCursor | null)[],
  compare: ClusteringComparator,
): Unfiltered | null {
  let least: Unfiltered | null = null;
  for (const cursor of cursors) {
    const current = cursor?.current ?? null;
    if (current === null) continue;
    if (least === null || compare(prefixOf(current), prefixOf(least)) < 0) least = current;
  }
  return least;
}
