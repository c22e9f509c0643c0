/** The differences of two tables at the level of detail that was asked for. */
import { equalBytes } from '../binary/index.js';
import { parseKeyText } from '../cql/index.js';
import { SstashError } from '../errors.js';
import { type LeafSum, rootDigest, type Side, type Zone } from '../merkle/index.js';
import {
  comparePartition,
  compareTables,
  orderOf,
  type PlaceBatches,
  tableSum,
} from './compare-tables.js';
import {
  type Difference,
  differencesOf,
  type LeavesText,
  type Naming,
  placeNames,
  type TokenRange,
} from './difference.js';
import type { OpenedTable } from './leaf-source.js';
import type { Tables } from './merge-places.js';
import type { Change, PlaceDifference } from './place-difference.js';

export const DIFF_LEVELS = ['table', 'range', 'partition', 'row', 'cell'] as const;

/** How far down differences are told. */
export type DiffLevel = (typeof DIFF_LEVELS)[number];

export interface DiffOptions {
  readonly keyspace: string;
  readonly table: string;
  readonly level: DiffLevel;
  /** Text of one partition key; null for the whole tables. */
  readonly key: string | null;
  /** Bytes of one partition key, in place of its text. */
  readonly keyBytes?: Uint8Array;
  /** Told once, with `key` or `keyBytes`: which sides have the partition. */
  readonly onKey?: (found: ReadonlySet<Side>) => void;
  /** The tables are merged views: their roots are told as such. */
  readonly reconciled?: boolean;
  readonly signal?: AbortSignal;
}

function leavesText(sum: LeafSum, { reconciled }: DiffOptions): LeavesText {
  return { leaves: sum.leaves, root: rootDigest(sum, reconciled ? 'reconciled' : 'leaves') };
}

/** The tokens of a zone. */
function rangeOf({ depth, ringHigh }: Zone): TokenRange {
  const from = (BigInt(ringHigh) << 32n) - (1n << 63n);
  const to = from + (1n << BigInt(64 - depth)) - 1n;
  return { from: from.toString(), to: to.toString() };
}

function namingOf(tables: Tables, options: DiffOptions): Naming {
  const { keyspace, table } = options;
  const header = (tables.a.sources?.[0] ?? tables.b.sources?.[0])?.header;
  if (header === undefined) throw new TypeError('no rows to name');
  return { keyspace, table, header, partitioner: orderOf(tables).partitioner };
}

/** Some differences at a time. */
export type DifferenceBatches = AsyncGenerator<readonly Difference[], void>;

/**
 * What differs in two tables, in their order; ranges where a side has trees alone, whatever the
 * level. USAGE for a key where a side has no rows to look at; other errors are those of reading.
 */
export async function* diffTables(tables: Tables, options: DiffOptions): DifferenceBatches {
  const { level, key, keyBytes, signal, keyspace, table } = options;
  if (key !== null || keyBytes !== undefined) {
    checkRows(tables);
    if (!hasRows(tables.a) && !hasRows(tables.b)) return;
    const naming = namingOf(tables, options);
    const bytes = keyBytes ?? parseKeyText(naming.header.keyType, key ?? '');
    const wanted = { key: bytes, found: new Set<Side>() };
    yield* atLevel(level, naming, comparePartition(tables, wanted, signal));
    options.onKey?.(wanted.found);
    return;
  }
  for await (const { zone, places } of compareTables(tables, signal)) {
    const range = rangeOf(zone);
    const sides = { a: leavesText(zone.sums.a, options), b: leavesText(zone.sums.b, options) };
    if (places === null) {
      if (level !== 'table') {
        yield [{ kind: 'range', change: 'changed', keyspace, table, range, ...sides }];
        continue;
      }
    } else if (level === 'table' || level === 'range') {
      const first = await places.next();
      await places.return();
      if (first.done === true) continue;
    }
    if (level === 'table') {
      yield [tableDifference(tables, options)];
      return;
    }
    if (level === 'range') {
      yield [{ kind: 'range', change: 'changed', keyspace, table, range, ...sides }];
    } else if (places !== null) yield* atLevel(level, namingOf(tables, options), places);
  }
}

/** Refuses trees without rows: they tell ranges of tokens, no partition. */
function checkRows({ a, b }: Tables): void {
  if (a.sources !== null && b.sources !== null) return;
  throw new SstashError('USAGE', 'a tree file has no rows in which to look for a key', {
    hint: 'Give the SSTables or the backup instead of the tree file, or leave out --key.',
  });
}

function hasRows({ sources }: OpenedTable): boolean {
  return sources !== null && sources.length > 0;
}

function tableDifference(tables: Tables, options: DiffOptions): Difference {
  const { keyspace, table } = options;
  const a = leavesText(tableSum(tables.a.trees), options);
  const b = leavesText(tableSum(tables.b.trees), options);
  return { kind: 'table', change: 'changed', keyspace, table, a, b };
}

async function* atLevel(
  level: DiffLevel,
  naming: Naming,
  batches: PlaceBatches,
): DifferenceBatches {
  if (level === 'partition') {
    yield* byPartition(naming, batches);
    return;
  }
  for await (const places of batches) {
    if (level === 'row') yield places.map((place) => rowDifference(naming, place));
    else yield places.flatMap((place) => differencesOf(naming, place));
  }
}

function rowDifference(naming: Naming, place: PlaceDifference): Difference {
  const { type } = place.placed.record;
  const kind = type === 'marker' ? 'range-tombstone' : type;
  return { kind, change: place.change, ...placeNames(naming, place) };
}

/** Two changes of one partition as one. */
function joined(a: Change, b: Change): Change {
  return a === b ? a : 'changed';
}

async function* byPartition(naming: Naming, batches: PlaceBatches): DifferenceBatches {
  let open: { place: PlaceDifference; change: Change } | null = null;
  const told = ({ place, change }: NonNullable<typeof open>): Difference => {
    const { keyspace, table, key, token } = placeNames(naming, place);
    return { kind: 'partition', change, keyspace, table, key, token };
  };
  for await (const places of batches) {
    const ended: Difference[] = [];
    for (const place of places) {
      const isHead = place.placed.record.type === 'partition';
      // A row that one side lacks is a change of a partition that both have.
      const change = isHead || place.change === 'versions' ? place.change : 'changed';
      const { key } = place.placed.partition;
      if (open !== null && equalBytes(open.place.placed.partition.key, key)) {
        const isWhole = open.change === 'onlyA' || open.change === 'onlyB';
        if (!isWhole) open.change = joined(open.change, change);
        continue;
      }
      if (open !== null) ended.push(told(open));
      open = { place, change };
    }
    if (ended.length > 0) yield ended;
  }
  if (open !== null) yield [told(open)];
}
