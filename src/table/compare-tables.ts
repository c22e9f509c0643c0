/**
 * Two tables compared: down the trees to the zones that differ, and in those row by row. Places
 * come out in the table's order, in a bounded memory.
 */
import { equalBytes } from '../binary/index.js';
import { SstashError } from '../errors.js';
import {
  addSums,
  compareTrees,
  equalSums,
  type LeafSpan,
  type LeafSum,
  type Side,
  type SSTableTree,
  type Zone,
  type ZoneSpan,
} from '../merkle/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import { fragmentOf } from './fragment.js';
import type { LeafSource } from './leaf-source.js';
import { mergePlaces, sourceOf, type Tables, type Version } from './merge-places.js';
import { placeOf } from './place.js';
import { type PlaceDifference, placeDifference } from './place-difference.js';
import { candidateRuns, PlaceFinder } from './place-finder.js';
import { PlaceOrder } from './place-order.js';
import { primaryKeyText } from './primary-key.js';
import { sameRecord } from './same-record.js';

/** Differing places in the table's order, some at a time. */
export type PlaceBatches = AsyncGenerator<readonly PlaceDifference[], void>;

/** A stretch of the ring that differs, with what differs in it. */
export interface ZoneDifference {
  readonly zone: Zone;
  /** Null where a side has no rows to look at. */
  readonly places: PlaceBatches | null;
}

const SIDES = ['a', 'b'] as const;

/** Sum over all SSTables of a table. */
export function tableSum(trees: readonly SSTableTree[]): LeafSum {
  return addSums(trees.map((tree) => tree.sum()));
}

/** The order of the places of both tables; refuses tables of different partitioners. */
export function orderOf(tables: Tables): PlaceOrder {
  const names = new Set([...tables.a.partitioners, ...tables.b.partitioners]);
  if (names.size > 1) {
    const list = [...names].join(', ');
    throw new SstashError(
      'SSTABLE_UNSUPPORTED_PARTITIONER',
      `SSTables of different partitioners cannot be compared: ${list}`,
      { hint: 'Compare tables of one cluster.' },
    );
  }
  const sources = [...(tables.a.sources ?? []), ...(tables.b.sources ?? [])];
  const [first] = sources;
  const [name] = names;
  if (first === undefined || name === undefined) throw new TypeError('no rows to order');
  for (const source of sources) checkPrimaryKey(first, source);
  return new PlaceOrder(name, first.header.keyType, first.header.clusteringTypes);
}

/** Refuses SSTables whose rows cannot be put in one order. */
function checkPrimaryKey(a: LeafSource, b: LeafSource): void {
  const [expected, found] = [a, b].map(({ header }) => primaryKeyText(header));
  if (expected === undefined || found === undefined || expected === found) return;
  throw new SstashError('USAGE', 'tables with different primary keys cannot be compared', {
    file: b.name,
    expected,
    found,
    hint: `Compare copies of one table; ${a.name} has another primary key.`,
  });
}

/** The zones in which the tables differ; each one's places must be taken before the next zone. */
export async function* compareTables(
  tables: Tables,
  signal?: AbortSignal,
): AsyncGenerator<ZoneDifference, void> {
  const [a, b] = [tables.a.trees, tables.b.trees];
  if (equalSums(tableSum(a), tableSum(b))) return;
  const hasRows = tables.a.sources !== null && tables.b.sources !== null;
  if (!hasRows) {
    for await (const zone of compareTrees(a, b)) yield { zone, places: null };
    return;
  }
  const order = orderOf(tables);
  const refine = (side: Side, tree: number, span: LeafSpan, sum: LeafSum) =>
    fragmentOf(sourceOf(tables, side, tree), span, sum, signal);
  for await (const zone of compareTrees(a, b, { refine })) {
    throwIfInterrupted(signal);
    yield { zone, places: comparePlaces(tables, zone, order, signal) };
  }
}

/** One partition that is looked for, and where it was found. */
export interface WantedPartition {
  readonly key: Uint8Array;
  /** Gets the sides that have the partition. */
  readonly found: Set<Side>;
}

/** The places of one partition that differ, whatever the trees say. Both sides must have rows. */
export function comparePartition(
  tables: Tables,
  wanted: WantedPartition,
  signal?: AbortSignal,
): PlaceBatches {
  const order = orderOf(tables);
  const partition = placeOf(wanted.key);
  const spans = SIDES.flatMap((side) =>
    tables[side].trees.flatMap((tree, index): ZoneSpan[] => {
      const [from, to] = candidateRuns(tree, partition);
      return from < to ? [{ side, tree: index, ...tree.span(from, to) }] : [];
    }),
  );
  const sums = { a: tableSum(tables.a.trees), b: tableSum(tables.b.trees) };
  const zone: Zone = { depth: 0, ringHigh: 0, sums, spans };
  return comparePlaces(tables, zone, order, signal, wanted);
}

interface Owner {
  readonly side: Side;
  readonly source: number;
}

interface Finder {
  /** SSTables that all hold the same leaves: what one says, every one says. */
  readonly owners: Owner[];
  readonly finder: PlaceFinder;
}

/** One finder per SSTable, or one for all that are alike and of which nothing was merged. */
function findersOf(tables: Tables, zone: Zone, order: PlaceOrder, signal?: AbortSignal): Finder[] {
  const finders = new Map<string, Finder>();
  for (const side of SIDES) {
    for (const [source, leaves] of (tables[side].sources ?? []).entries()) {
      const merged = zone.spans.filter((span) => span.side === side && span.tree === source);
      const key = merged.length > 0 ? `${side} ${source}` : leaves.tree.root();
      const known = finders.get(key);
      if (known !== undefined) {
        known.owners.push({ side, source });
        continue;
      }
      const finder = new PlaceFinder(leaves, order, merged, signal);
      finders.set(key, { owners: [{ side, source }], finder });
    }
  }
  return [...finders.values()];
}

async function* comparePlaces(
  tables: Tables,
  zone: Zone,
  order: PlaceOrder,
  signal?: AbortSignal,
  wanted?: WantedPartition,
): PlaceBatches {
  const finders = findersOf(tables, zone, order, signal);
  const isWanted = (versions: readonly Version[]): boolean => {
    const [version] = versions;
    if (version === undefined) return false;
    if (wanted === undefined) return true;
    if (!equalBytes(version.placed.partition.key, wanted.key)) return false;
    for (const { side } of versions) wanted.found.add(side);
    return true;
  };
  try {
    for await (const places of mergePlaces(tables, zone.spans, order, signal)) {
      const found: PlaceDifference[] = [];
      for (const versions of places) {
        if (!isWanted(versions) || saySame(versions)) continue;
        const absent = absentIn(versions, finders);
        const all = absent.length === 0 ? versions : await complete(versions, absent);
        const difference = placeDifference(all);
        if (difference !== null) found.push(difference);
      }
      if (found.length > 0) yield found;
    }
  } finally {
    for (const { finder } of finders) await finder.close();
  }
}

/** Whether both sides have one version each, and the same. */
function saySame(versions: readonly Version[]): boolean {
  const [first, second, ...more] = versions;
  if (first === undefined || second === undefined || more.length > 0) return false;
  return first.side !== second.side && sameRecord(first.placed.record, second.placed.record);
}

/** The SSTables that may have the place in a run that was not merged. */
function absentIn(versions: readonly Version[], finders: readonly Finder[]): Finder[] {
  const [first] = versions;
  if (first === undefined) return [];
  const { partition } = first.placed;
  const isThere = ({ side, source }: Owner): boolean =>
    versions.some((version) => version.side === side && version.source === source);
  return finders.filter(({ owners, finder }) => !owners.some(isThere) && finder.mayHold(partition));
}

/** Adds what the SSTables say whose runs were not merged because both sides have them. */
async function complete(
  versions: readonly Version[],
  finders: readonly Finder[],
): Promise<readonly Version[]> {
  const [first] = versions;
  if (first === undefined) return versions;
  const all = [...versions];
  for (const { owners, finder } of finders) {
    const placed = await finder.find(first.placed);
    if (placed === null) continue;
    for (const { side, source } of owners) all.push({ side, source, placed });
  }
  return all;
}
