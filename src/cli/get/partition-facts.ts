/** A merged partition as plain objects: what holds, since when, and which SSTables say so. */
import { equalBytes } from '../../binary/index.js';
import {
  type Cell,
  type ColumnData,
  type ColumnDefinition,
  type DeletionTime,
  type Liveness,
  type Row,
  sameDeletion,
} from '../../components/index.js';
import { type CounterShard, counterShards } from '../../cql/index.js';
import {
  boundText,
  EXPIRED_LIVENESS_TTL,
  isLiveCell,
  isLiveLiveness,
  isOpening,
  isTombstone,
  type MergedColumns,
  type MergedMarker,
  pathText,
  type RowVersion,
} from '../../table/index.js';
import type { RawJson } from './raw-json.js';
import { cellJson, columnJson } from './values.js';

export type State = 'live' | 'expired' | 'deleted';

/** What is told of everything that has a write time. */
interface Said {
  readonly timestamp: bigint;
  /** Base names of the SSTables that say so. */
  readonly sstables: readonly string[];
}

export interface DeletionFacts extends Said {
  readonly localDeletionTime: number;
}

export interface RowDeletionFacts extends DeletionFacts {
  /** Present where the deletion ends with the next insert (materialised views). */
  readonly shadowable?: true;
}

export interface CollectionDeletion extends DeletionFacts {
  readonly column: string;
}

export interface LivenessFacts extends Said {
  readonly state: State;
  readonly ttl: number | null;
  /** When it expires; null when never. */
  readonly localDeletionTime: number | null;
}

export interface CellFacts extends Said {
  readonly column: string;
  /** Cells of collections and UDTs. */
  readonly path?: string;
  /** Null for a deleted cell. */
  readonly value: RawJson | null;
  readonly state: State;
  readonly ttl: number | null;
  readonly localDeletionTime: number | null;
  readonly shards?: readonly CounterShard[];
  /** Where it stands in the row, for other texts of its value. */
  readonly source: { readonly column: ColumnDefinition; readonly cell: Cell };
}

export interface RowFacts {
  readonly live: boolean;
  /** `live` depends on a schema that is not known. */
  readonly isGuess: boolean;
  readonly liveness: LivenessFacts | null;
  readonly deletion: RowDeletionFacts | null;
  /** By column. */
  readonly values: ReadonlyMap<string, RawJson>;
  readonly cells: readonly CellFacts[];
  readonly collectionDeletions: readonly CollectionDeletion[];
}

/** What the texts of facts depend on. */
export interface FactsContext {
  /** Base names of the SSTables that hold the partition. */
  readonly names: readonly string[];
  readonly columns: MergedColumns;
  /** Seconds since 1970. */
  readonly at: number;
  /** Rows without a live primary key are dead; null where the schema is not known. */
  readonly strictLiveness: boolean | null;
}

type Versions = readonly RowVersion[];

function namesWhere(
  { names }: FactsContext,
  versions: Versions,
  says: (row: Row) => boolean,
): string[] {
  const found = versions.filter(({ row }) => says(row)).map(({ source }) => names[source] ?? '');
  return [...new Set(found)];
}

export function deletionFacts(deletion: DeletionTime, sstables: readonly string[]): DeletionFacts {
  const { markedForDeleteAt: timestamp, localDeletionTime } = deletion;
  return { timestamp, localDeletionTime, sstables };
}

function sameLiveness(a: Liveness | null, b: Liveness): boolean {
  return a !== null && a.timestamp === b.timestamp && a.ttl === b.ttl;
}

function livenessFacts(context: FactsContext, liveness: Liveness, all: Versions): LivenessFacts {
  const { timestamp, ttl, localExpirationTime } = liveness;
  return {
    state: isLiveLiveness(liveness, context.at) ? 'live' : 'expired',
    timestamp,
    ttl: ttl === 0 ? null : ttl,
    localDeletionTime: ttl === 0 ? null : localExpirationTime,
    sstables: namesWhere(context, all, (row) => sameLiveness(row.liveness, liveness)),
  };
}

/** What a version of the row has of a merged column. */
function dataOf(row: Row, column: ColumnDefinition): ColumnData | undefined {
  return row.columns.find(
    (data) => data.column.complex === column.complex && equalBytes(data.column.name, column.name),
  );
}

function samePath(a: Cell, b: Cell): boolean {
  return a.path === null || b.path === null ? a.path === b.path : equalBytes(a.path, b.path);
}

/** Whether a version's cell went into the merged one: it is the same, or a counter's other shards. */
function tellsOf(isCounter: boolean, merged: Cell, cell: Cell): boolean {
  if (isCounter && !isTombstone(merged)) return !isTombstone(cell);
  return (
    cell.timestamp === merged.timestamp &&
    cell.ttl === merged.ttl &&
    cell.localDeletionTime === merged.localDeletionTime &&
    equalBytes(cell.value, merged.value)
  );
}

function cellFacts(
  context: FactsContext,
  column: ColumnDefinition,
  cell: Cell,
  all: Versions,
): CellFacts {
  const isCounter = column.type.kind === 'counter';
  const deleted = isTombstone(cell);
  const path = pathText(column, cell.path);
  return {
    column: column.text,
    ...(path === null ? {} : { path }),
    value: deleted ? null : cellJson(column, cell),
    state: deleted ? 'deleted' : isLiveCell(cell, context.at) ? 'live' : 'expired',
    timestamp: cell.timestamp,
    ttl: cell.ttl === 0 ? null : cell.ttl,
    localDeletionTime: cell.localDeletionTime,
    sstables: namesWhere(context, all, (row) => {
      const own = dataOf(row, column)?.cells.find((other) => samePath(other, cell));
      return own !== undefined && tellsOf(isCounter, cell, own);
    }),
    ...(isCounter && !deleted ? { shards: counterShards(column.type, cell.value) } : {}),
    source: { column, cell },
  };
}

/** A merged row with what it was merged from. */
export function rowFacts(context: FactsContext, row: Row, all: Versions): RowFacts {
  const { at, strictLiveness } = context;
  const values = new Map<string, RawJson>();
  const cells: CellFacts[] = [];
  const collectionDeletions: CollectionDeletion[] = [];
  for (const data of row.columns) {
    const { complexDeletion } = data;
    const column = context.columns.of(data.column).definition;
    const live = data.cells.filter((cell) => isLiveCell(cell, at));
    if (live.length > 0) values.set(column.text, columnJson({ ...data, column, cells: live }));
    if (complexDeletion !== null) {
      const names = namesWhere(context, all, (version) =>
        sameDeletion(dataOf(version, column)?.complexDeletion ?? null, complexDeletion),
      );
      collectionDeletions.push({ column: column.text, ...deletionFacts(complexDeletion, names) });
    }
    for (const cell of data.cells) cells.push(cellFacts(context, column, cell, all));
  }
  const { liveness, deletion } = row;
  const hasKey = liveness !== null && isLiveLiveness(liveness, at);
  // Only views have such a liveness; most have a column in their key that makes them strict.
  const isViewRow = liveness?.ttl === EXPIRED_LIVENESS_TTL;
  const needsKey = strictLiveness ?? isViewRow;
  const names = namesWhere(context, all, (version) => sameDeletion(version.deletion, deletion));
  return {
    live: hasKey || (!needsKey && values.size > 0),
    isGuess: strictLiveness === null && isViewRow && values.size > 0,
    liveness: liveness === null ? null : livenessFacts(context, liveness, all),
    deletion:
      deletion === null
        ? null
        : { ...deletionFacts(deletion, names), ...(row.shadowable ? { shadowable: true } : {}) },
    values,
    cells,
    collectionDeletions,
  };
}

export interface MarkerFacts {
  /** Which side of its clustering it stands on, as `diff` has it. */
  readonly bound: string;
  readonly ends: DeletionFacts | null;
  readonly begins: DeletionFacts | null;
}

export function markerFacts({ names }: FactsContext, merged: MergedMarker): MarkerFacts {
  const { marker, closedSource, openedSource } = merged;
  const { kind, deletion, openingDeletion } = marker;
  const told = (time: DeletionTime | null, source: number): DeletionFacts | null =>
    time === null ? null : deletionFacts(time, [names[source] ?? '']);
  const isBoundary = openingDeletion !== null;
  const begins = isBoundary ? openingDeletion : isOpening(kind) ? deletion : null;
  const ends = isBoundary || !isOpening(kind) ? deletion : null;
  return {
    bound: boundText(kind),
    ends: told(ends, closedSource),
    begins: told(begins, openedSource),
  };
}
