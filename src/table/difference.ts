/** The differences of a comparison as they are told: plain objects, one per thing that differs. */
import { toHex } from '../binary/index.js';
import type { PartitionHead, SerializationHeader, Unfiltered } from '../components/index.js';
import { keyText, type Partitioner, valueText } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import { type FactText, factText, pathText } from './fact-text.js';
import type { Fact } from './facts.js';
import type { Change, FactDifference, PlaceDifference, Said } from './place-difference.js';

export type DifferenceKind = 'table' | 'range' | 'partition' | 'row' | Fact['kind'];

/** What one side says: the version that wins, and older ones where it holds several. */
export interface SaidText extends FactText {
  readonly others?: readonly FactText[];
}

/** One thing of a row or partition that stands on one side only. */
export interface PartText extends FactText {
  readonly kind: Fact['kind'];
  readonly column: string | null;
  readonly path: string | null;
}

export interface Difference {
  readonly kind: DifferenceKind;
  readonly change: Change;
  readonly keyspace: string;
  readonly table: string;
  /** Text of the partition key as `--key` takes it. */
  readonly key?: string;
  readonly token?: string;
  /** Clustering values as text, null inside where a value is null; null outside rows. */
  readonly clustering?: readonly (string | null)[] | null;
  /** Range tombstones: which bound. */
  readonly bound?: string;
  readonly column?: string | null;
  readonly path?: string | null;
  /** Ranges: first and last token. */
  readonly range?: TokenRange;
  /** What each side says; null when it says nothing. */
  readonly a?: SaidText | PartsText | LeavesText | null;
  readonly b?: SaidText | PartsText | LeavesText | null;
}

/** Murmur3 tokens, both inclusive. */
export interface TokenRange {
  readonly from: string;
  readonly to: string;
}

/** How many leaves a side holds in a table or range, and their root digest. */
export interface LeavesText {
  readonly leaves: number;
  readonly root: string;
}

/** Everything that a row or partition head says, where it stands on one side only. */
export interface PartsText {
  readonly parts: readonly PartText[];
}

const BOUNDS: Readonly<Record<number, string>> = {
  0: 'exclusive end',
  1: 'inclusive start',
  2: 'exclusive end, inclusive start',
  5: 'inclusive end, exclusive start',
  6: 'inclusive end',
  7: 'exclusive start',
};

/** A kind of bound or boundary in words. */
export function boundText(kind: number): string {
  return BOUNDS[kind] ?? 'bound';
}

/** What names differences apart from the place: the table, and how to write its keys. */
export interface Naming {
  readonly keyspace: string;
  readonly table: string;
  readonly header: SerializationHeader;
  readonly partitioner: Partitioner;
}

function textOrHex(text: () => string, bytes: Uint8Array): string {
  try {
    return text();
  } catch (error) {
    if (isSstashError(error)) return `0x${toHex(bytes)}`;
    throw error;
  }
}

function clusteringText(
  { header }: Naming,
  record: PartitionHead | Unfiltered,
): (string | null)[] | null {
  if (record.type === 'partition') return null;
  return record.clustering.map((value, i) => {
    const type = header.clusteringTypes[i];
    if (value === null || type === undefined) return null;
    return textOrHex(() => valueText(type, value), value);
  });
}

/** The names of a place. */
export function placeNames(naming: Naming, { placed }: PlaceDifference) {
  const { key } = placed.partition;
  const { record } = placed;
  const bound = record.type === 'marker' ? { bound: boundText(record.kind) } : {};
  return {
    keyspace: naming.keyspace,
    table: naming.table,
    key: textOrHex(() => keyText(naming.header.keyType, key), key),
    token: naming.partitioner.tokenText(key),
    clustering: clusteringText(naming, record),
    ...bound,
  };
}

function columnNames(fact: Fact): { column: string | null; path: string | null } {
  const path = fact.kind === 'cell' ? pathText(fact.column, fact.cell.path) : null;
  return { column: 'column' in fact ? fact.column.text : null, path };
}

function saidText(said: Said | null): SaidText | null {
  if (said === null) return null;
  const text = factText(said.winner);
  return said.others.length === 0 ? text : { ...text, others: said.others.map(factText) };
}

function partsText(facts: readonly FactDifference[], side: 'a' | 'b'): PartsText {
  const parts = facts.flatMap((fact): PartText[] => {
    const winner = fact[side]?.winner;
    return winner === undefined
      ? []
      : [{ kind: winner.kind, ...columnNames(winner), ...factText(winner) }];
  });
  return { parts };
}

/**
 * A place's differences fact by fact. A row, marker or partition that one side lacks is one
 * difference with all that the other side says.
 */
export function differencesOf(naming: Naming, place: PlaceDifference): Difference[] {
  const names = placeNames(naming, place);
  const { change, facts } = place;
  if (change === 'onlyA' || change === 'onlyB') {
    const { type } = place.placed.record;
    const kind = type === 'marker' ? 'range-tombstone' : type;
    const a = change === 'onlyA' ? partsText(facts, 'a') : null;
    const b = change === 'onlyB' ? partsText(facts, 'b') : null;
    return [{ kind, change, ...names, column: null, path: null, a, b }];
  }
  return facts.map((fact): Difference => {
    const some = (fact.a ?? fact.b)?.winner;
    const columns = some === undefined ? { column: null, path: null } : columnNames(some);
    const [a, b] = [saidText(fact.a), saidText(fact.b)];
    return { kind: fact.kind, change: fact.change, ...names, ...columns, a, b };
  });
}
