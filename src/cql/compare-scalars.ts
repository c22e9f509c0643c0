/**
 * Orders of scalar values, as Cassandra's types define them, for values of at least one byte each:
 * empty values come before all others (compare.ts).
 */
import { compareBytes } from '../binary/index.js';
import { compareBigInts, compareDecimals } from './decimal.js';
import type { ScalarKind } from './types.js';

export type Comparator = (a: Uint8Array, b: Uint8Array) => number;

/** Big-endian two's complement of equal lengths. */
const signed: Comparator = (a, b) => {
  const first = (((a[0] ?? 0) << 24) >> 24) - (((b[0] ?? 0) << 24) >> 24);
  return first !== 0 ? first : compareBytes(a, b);
};

/** False before true; every byte but 0 is true. */
const booleans: Comparator = (a, b) => Math.min(1, a[0] ?? 0) - Math.min(1, b[0] ?? 0);

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.length);

/** Java's order: -0 before 0, NaN after everything and equal to itself. */
function compareFloats(x: number, y: number): number {
  if (x < y) return -1;
  if (x > y) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return Number(Object.is(y, -0)) - Number(Object.is(x, -0));
}

const floats: Comparator = (a, b) =>
  compareFloats(viewOf(a).getFloat32(0), viewOf(b).getFloat32(0));
const doubles: Comparator = (a, b) =>
  compareFloats(viewOf(a).getFloat64(0), viewOf(b).getFloat64(0));

const compareNumbers = (x: bigint, y: bigint): number => (x < y ? -1 : x > y ? 1 : 0);

/** Version 1 UUID: its time, from the most significant part on, version bits included. */
function uuidTime(view: DataView): bigint {
  const version = BigInt(view.getUint16(6)) << 48n;
  return version | (BigInt(view.getUint16(4)) << 32n) | BigInt(view.getUint32(0));
}

/** UUIDType: by version, those of version 1 by time, then all bytes unsigned. */
const uuids: Comparator = (a, b) => {
  const left = viewOf(a);
  const right = viewOf(b);
  const version = left.getUint8(6) >> 4;
  const versions = version - (right.getUint8(6) >> 4);
  if (versions !== 0) return versions;
  if (version !== 1) return compareBytes(a, b);
  return (
    compareNumbers(uuidTime(left), uuidTime(right)) || compareBytes(a.subarray(8), b.subarray(8))
  );
};

/** TimeUUIDType: by time, then the last eight bytes, each signed. */
const timeUuids: Comparator = (a, b) => {
  const times = compareNumbers(
    BigInt.asIntN(64, uuidTime(viewOf(a))),
    BigInt.asIntN(64, uuidTime(viewOf(b))),
  );
  if (times !== 0) return times;
  for (let i = 8; i < 16; i++) {
    const difference = (((a[i] ?? 0) << 24) >> 24) - (((b[i] ?? 0) << 24) >> 24);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Two signed 64-bit halves, as java.util.UUID compares itself. */
const lexicalUuids: Comparator = (a, b) =>
  signed(a.subarray(0, 8), b.subarray(0, 8)) || signed(a.subarray(8), b.subarray(8));

const ORDERS: Record<ScalarKind, Comparator> = {
  ascii: compareBytes,
  text: compareBytes,
  blob: compareBytes,
  boolean: booleans,
  tinyint: signed,
  smallint: signed,
  int: signed,
  bigint: signed,
  varint: compareBigInts,
  decimal: compareDecimals,
  float: floats,
  double: doubles,
  timestamp: signed,
  'legacy-timestamp': compareBytes,
  date: compareBytes,
  time: compareBytes,
  duration: compareBytes,
  uuid: uuids,
  timeuuid: timeUuids,
  'legacy-timeuuid': timeUuids,
  'lexical-uuid': lexicalUuids,
  inet: compareBytes,
  counter: compareBytes,
  empty: () => 0,
};

/** Bytes that the order of a kind reads at least. */
const LEAST: Partial<Record<ScalarKind, number>> = {
  decimal: 4,
  float: 4,
  double: 8,
  uuid: 16,
  timeuuid: 16,
  'legacy-timeuuid': 16,
  'lexical-uuid': 16,
};

/** Values that are too short for their order (damage) are ordered by their bytes. */
export function scalarOrder(kind: ScalarKind): Comparator {
  const order = ORDERS[kind];
  const least = LEAST[kind] ?? 1;
  if (least === 1) return order;
  return (a, b) => (a.length < least || b.length < least ? compareBytes(a, b) : order(a, b));
}
