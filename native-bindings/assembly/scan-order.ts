/**
 * The clusterings of the rows and markers of a partition, one behind the other: they must ascend, and
 * the first and the last of a partition may be the smallest and the largest of the SSTable.
 */
import {
  clusteringCount,
  clusteringTable,
  ENTRY,
  keepAt,
  keepBytes,
  PLACE,
  placesAt,
} from './scan-state';

/** As ORDERS in src/sstable/scan-plan.ts. */
export const UNSIGNED: u32 = 1;
export const SIGNED: u32 = 2;
export const TIMEUUID: u32 = 3;
export const UUID: u32 = 4;
export const HOST: u32 = 0;

/** Order of two values of type number `type`. */
@external("env", "scanCompare")
declare function scanCompare(type: i32, a: usize, aLength: usize, b: usize, bLength: usize): i32;

const NULL: i32 = -1;
const ROW: u32 = 4;

/** Place tables and what is in them; `at` is 0 where there is nothing. */
export let currentAt: usize = 0;
export let currentKind: u32 = 0;
export let currentCount: i32 = 0;
export let previousAt: usize = 0;
export let previousKind: u32 = 0;
export let previousCount: i32 = 0;
export let hasPrevious: bool = false;
/** The clustering before the previous one, after `advance`. */
let smallestAt: usize = 0;
export let scanSmallestKind: u32 = 0;
export let scanSmallestCount: i32 = -1;
let largestAt: usize = 0;
export let scanLargestKind: u32 = 0;
export let scanLargestCount: i32 = -1;

export function resetOrder(): void {
  const table = <usize>max(clusteringCount, 1) * PLACE;
  currentAt = placesAt;
  previousAt = placesAt + table;
  smallestAt = placesAt + 2 * table;
  largestAt = placesAt + 3 * table;
  hasPrevious = false;
  previousCount = 0;
  scanSmallestCount = -1;
  scanLargestCount = -1;
}

@inline
export function startOrder(): void {
  hasPrevious = false;
  previousCount = 0;
}

@inline
export function beginClustering(kind: u32, count: i32): void {
  currentKind = kind;
  currentCount = count;
}

@inline
export function setPlace(column: i32, at: usize, length: i32): void {
  const place = currentAt + <usize>column * PLACE;
  store<u32>(place, <u32>at);
  store<i32>(place, length, 4);
}

/** False where the current clustering may not follow the previous one, which it becomes. */
export function advance(): bool {
  const ascends = !hasPrevious || follows();
  const spare = previousAt;
  previousAt = currentAt;
  currentAt = spare;
  const kind = previousKind;
  const count = previousCount;
  previousKind = currentKind;
  previousCount = currentCount;
  currentKind = kind;
  currentCount = count;
  hasPrevious = true;
  return ascends;
}

/** Bounds at the same place may follow each other: an end, then a start. */
function follows(): bool {
  const order = compare(
    previousAt,
    previousKind,
    previousCount,
    currentAt,
    currentKind,
    currentCount,
  );
  if (order != 0) return order < 0;
  const ends = previousKind == 0 || previousKind == 6;
  const starts = currentKind == 1 || currentKind == 7;
  return ends && starts;
}

function rank(kind: u32): i32 {
  if (kind < 3) return 0;
  return kind < 5 ? <i32>kind - 2 : 3;
}

function side(kind: u32): i32 {
  return rank(kind) < 2 ? -1 : rank(kind) > 2 ? 1 : 0;
}

function compare(a: usize, aKind: u32, aCount: i32, b: usize, bKind: u32, bCount: i32): i32 {
  const shared = min(aCount, bCount);
  for (let i = 0; i < shared; i++) {
    const left = a + <usize>i * PLACE;
    const right = b + <usize>i * PLACE;
    const order = compareValues(i, load<u32>(left), load<i32>(left, 4), load<u32>(right), load<i32>(right, 4));
    if (order != 0) return order;
  }
  if (aCount == bCount) return rank(aKind) - rank(bKind);
  return aCount < bCount ? side(aKind) : -side(bKind);
}

/** Null, then empty, then values; in descending columns empty comes after values. */
function compareValues(column: i32, a: usize, aLength: i32, b: usize, bLength: i32): i32 {
  if (aLength < 0 || bLength < 0) return min(0, aLength) - min(0, bLength);
  const entry = clusteringTable + <usize>column * ENTRY;
  let order: i32;
  if (aLength == 0 || bLength == 0) order = min(1, aLength) - min(1, bLength);
  else order = compareIn(load<u32>(entry, 8), load<i32>(entry, 4), a, aLength, b, bLength);
  return load<u32>(entry, 12) != 0 ? -order : order;
}

/** Ascending order of two values that are not empty. */
export function compareIn(
  order: u32,
  type: i32,
  a: usize,
  aLength: usize,
  b: usize,
  bLength: usize,
): i32 {
  switch (order) {
    case UNSIGNED:
      return compareBytes(a, aLength, b, bLength);
    case SIGNED: {
      if (aLength == 8 && bLength == 8) {
        const left = <i64>bswap<u64>(load<u64>(a));
        const right = <i64>bswap<u64>(load<u64>(b));
        return left < right ? -1 : left > right ? 1 : 0;
      }
      const first = <i32>load<i8>(a) - <i32>load<i8>(b);
      return first != 0 ? first : compareBytes(a, aLength, b, bLength);
    }
    case TIMEUUID:
      if (aLength == 16 && bLength == 16) return compareTimeUuids(a, b);
      return compareBytes(a, aLength, b, bLength);
    case UUID:
      if (aLength == 16 && bLength == 16) return compareUuids(a, b);
      return compareBytes(a, aLength, b, bLength);
    default:
      return scanCompare(type, a, aLength, b, bLength);
  }
}

export function compareBytes(a: usize, aLength: usize, b: usize, bLength: usize): i32 {
  const shared = min(aLength, bLength);
  let i: usize = 0;
  while (i + 8 <= shared) {
    const left = load<u64>(a + i);
    const right = load<u64>(b + i);
    if (left != right) return bswap<u64>(left) < bswap<u64>(right) ? -1 : 1;
    i += 8;
  }
  for (; i < shared; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return aLength < bLength ? -1 : aLength > bLength ? 1 : 0;
}

/** Time of a version 1 UUID from its most significant part on, version bits included. */
@inline
function uuidTime(at: usize): u64 {
  const bits = bswap<u64>(load<u64>(at));
  return ((bits & 0xffff) << 48) | ((bits & 0xffff0000) << 16) | (bits >> 32);
}

/** By time, then the last eight bytes, each signed. */
function compareTimeUuids(a: usize, b: usize): i32 {
  const left = <i64>uuidTime(a);
  const right = <i64>uuidTime(b);
  if (left != right) return left < right ? -1 : 1;
  const signs: u64 = 0x8080808080808080;
  const leftRest = bswap<u64>(load<u64>(a, 8)) ^ signs;
  const rightRest = bswap<u64>(load<u64>(b, 8)) ^ signs;
  return leftRest < rightRest ? -1 : leftRest > rightRest ? 1 : 0;
}

/** By version, those of version 1 by time, then all bytes unsigned. */
function compareUuids(a: usize, b: usize): i32 {
  const version = <i32>(load<u8>(a, 6) >> 4);
  const versions = version - <i32>(load<u8>(b, 6) >> 4);
  if (versions != 0) return versions;
  if (version != 1) return compareBytes(a, 16, b, 16);
  const left = uuidTime(a);
  const right = uuidTime(b);
  if (left != right) return left < right ? -1 : 1;
  return compareBytes(a + 8, 8, b + 8, 8);
}

/** Length of the kept name: of the first row or marker of the block at hand, as in Data.db. */
export let scanNameLength: usize = 0;

/** Keeps the bytes of a name; false when it is too large. */
export function keepName(from: usize, to: usize): bool {
  scanNameLength = to - from;
  if (to - from > keepBytes) return false;
  memory.copy(keepAt + 3 * keepBytes, from, to - from);
  return true;
}

/** Copies the previous clustering out of a window that goes; false when it is too large. */
export function keepPrevious(): bool {
  return keep(previousAt, previousCount, previousAt, keepAt);
}

/** Takes the clustering at hand as the first of its partition. False when it is too large. */
export function addSmallest(): bool {
  if (
    scanSmallestCount >= 0 &&
    compare(currentAt, currentKind, currentCount, smallestAt, scanSmallestKind, scanSmallestCount) >= 0
  ) {
    return true;
  }
  scanSmallestKind = currentKind;
  scanSmallestCount = currentCount;
  return keep(currentAt, currentCount, smallestAt, keepAt + keepBytes);
}

/** Takes the previous clustering as the last of its partition. False when it is too large. */
export function addLargest(): bool {
  if (
    scanLargestCount >= 0 &&
    compare(previousAt, previousKind, previousCount, largestAt, scanLargestKind, scanLargestCount) <= 0
  ) {
    return true;
  }
  scanLargestKind = previousKind;
  scanLargestCount = previousCount;
  return keep(previousAt, previousCount, largestAt, keepAt + 2 * keepBytes);
}

/** Copies the values of a place table to `region` and the places to the table `to`. */
function keep(from: usize, count: i32, to: usize, region: usize): bool {
  let at = region;
  for (let i = 0; i < count; i++) {
    const place = from + <usize>i * PLACE;
    const length = load<i32>(place, 4);
    const bytes = <usize>max(length, 0);
    if (at + bytes > region + keepBytes) return false;
    const value = <usize>load<u32>(place);
    // What was kept before lies in ascending order, so it never is overwritten before it is moved.
    if (value != at) memory.copy(at, value, bytes);
    store<u32>(to + <usize>i * PLACE, <u32>at);
    store<i32>(to + <usize>i * PLACE, length, 4);
    at += bytes;
  }
  return true;
}

/** Place tables for the host: the previous clustering, the one before it, smallest and largest. */
export function scanPlaces(which: i32): usize {
  if (which == 0) return previousAt;
  if (which == 1) return currentAt;
  return which == 2 ? smallestAt : largestAt;
}

export { ROW };
