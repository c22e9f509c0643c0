/** Facts as plain objects whose texts people and scripts can read; no number is rounded. */

import { toHex } from '../binary/index.js';
import type { Cell, ColumnDefinition, DeletionTime } from '../components/index.js';
import { type CqlType, keyText, valueText } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import type { Fact } from './facts.js';

/** One version of a fact. Write times are microseconds, local times seconds, both since 1970. */
export interface FactText {
  /** CQL text of the value; null for a deletion. */
  readonly value: string | null;
  readonly timestamp: bigint;
  readonly deleted: boolean;
  /** Seconds; null when it does not expire. */
  readonly ttl: number | null;
  /** When the deletion was made or the cell expires; null when neither. */
  readonly localDeletionTime: number | null;
  /** Range tombstone boundaries: the deletion that begins there. */
  readonly opening?: FactText;
}

/** `value` of `type` as text; as hex where the bytes are not one. */
function textOf(type: CqlType, bytes: Uint8Array): string {
  try {
    return valueText(type, bytes);
  } catch (error) {
    if (isSstashError(error)) return `0x${toHex(bytes)}`;
    throw error;
  }
}

function fieldIndex(path: Uint8Array): number {
  return path.length === 2 ? ((path[0] as number) << 8) | (path[1] as number) : -1;
}

/** The type of one cell's value in `column`. */
export function cellType({ type, complex }: ColumnDefinition, path: Uint8Array | null): CqlType {
  if (!complex || path === null) return type;
  if (type.kind === 'map') return type.value;
  if (type.kind === 'list') return type.element;
  if (type.kind === 'set') return type.element;
  if (type.kind === 'udt') return type.fields[fieldIndex(path)]?.type ?? type;
  return type;
}

/** What names one cell in a collection or UDT: key, element, field; null for a simple column. */
export function pathText(column: ColumnDefinition, path: Uint8Array | null): string | null {
  if (path === null) return null;
  const { type } = column;
  try {
    if (type.kind === 'map') return keyText(type.key, path);
    if (type.kind === 'set') return keyText(type.element, path);
    if (type.kind === 'list') return uuid(path);
    if (type.kind === 'udt') return type.fields[fieldIndex(path)]?.name ?? `0x${toHex(path)}`;
  } catch (error) {
    if (!isSstashError(error)) throw error;
  }
  return `0x${toHex(path)}`;
}

/** Cells of lists are named by time uuids. */
function uuid(path: Uint8Array): string {
  return toHex(path).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The value of a cell for people. */
export function cellText(column: ColumnDefinition, cell: Cell): string {
  return textOf(cellType(column, cell.path), cell.value);
}

function cellFact(column: ColumnDefinition, cell: Cell): FactText {
  const deleted = cell.ttl === 0 && cell.localDeletionTime !== null;
  return {
    value: deleted ? null : cellText(column, cell),
    timestamp: cell.timestamp,
    deleted,
    ttl: cell.ttl === 0 ? null : cell.ttl,
    localDeletionTime: cell.localDeletionTime,
  };
}

function deletionText({ markedForDeleteAt, localDeletionTime }: DeletionTime): FactText {
  const timestamp = markedForDeleteAt;
  return { value: null, timestamp, deleted: true, ttl: null, localDeletionTime };
}

export function factText(fact: Fact): FactText {
  if (fact.kind === 'cell') return cellFact(fact.column, fact.cell);
  if (fact.kind === 'liveness') {
    const { timestamp, ttl, localExpirationTime } = fact.liveness;
    const localDeletionTime = ttl === 0 ? null : localExpirationTime;
    const text = { value: null, timestamp, deleted: false };
    return { ...text, ttl: ttl === 0 ? null : ttl, localDeletionTime };
  }
  const text = deletionText(fact.deletion);
  if (fact.kind !== 'range-tombstone' || fact.opening === null) return text;
  return { ...text, opening: deletionText(fact.opening) };
}
