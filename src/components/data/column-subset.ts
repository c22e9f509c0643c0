/**
 * Which of the header's columns a row has (format reference, 7.6):
 *
 *   fewer than 64 columns   uvint bitmap of the missing ones
 *   64 and more             uvint number of missing ones m; present p = N - m; if p < N div 2 the
 *                           indexes of the present ones, else of the missing ones
 */
import type { ByteReader, ByteWriter } from '../../binary/index.js';
import type { ColumnDefinition } from '../serialization-header.js';

/** Reads a subset; the columns present, in order. */
export function readColumnSubset(
  r: ByteReader,
  columns: readonly ColumnDefinition[],
): readonly ColumnDefinition[] {
  const start = r.position;
  if (columns.length >= 64) return readLargeSubset(r, columns);
  const missing = r.uvintBig();
  if (missing >> BigInt(columns.length) !== 0n) {
    throw r.corrupt(`the column subset has bits above ${columns.length} columns`, start);
  }
  const low = Number(missing & 0xffffffffn);
  const high = Number(missing >> 32n);
  return columns.filter((_, i) => ((i < 32 ? low >>> i : high >>> (i - 32)) & 1) === 0);
}

function readLargeSubset(
  r: ByteReader,
  columns: readonly ColumnDefinition[],
): readonly ColumnDefinition[] {
  const start = r.position;
  const missing = r.uvint('number of missing columns');
  if (missing > columns.length) {
    throw r.corrupt(`${missing} of ${columns.length} columns are missing`, start);
  }
  const present = columns.length - missing;
  const listsPresent = present < columns.length >> 1;
  const listed = new Set<number>();
  let last = -1;
  for (let i = listsPresent ? present : missing; i > 0; i--) {
    const at = r.position;
    const index = r.uvint('column index');
    if (index <= last || index >= columns.length) throw r.corrupt(`column index ${index}`, at);
    listed.add(index);
    last = index;
  }
  return columns.filter((_, i) => listed.has(i) === listsPresent);
}

/** Writes the subset of `count` columns that has the ascending indexes `present`, not all. */
export function writeColumnSubset(w: ByteWriter, count: number, present: readonly number[]): void {
  const has = new Set(present);
  if (count < 64) {
    let bits = 0n;
    for (let i = 0; i < count; i++) if (!has.has(i)) bits |= 1n << BigInt(i);
    w.uvintBig(bits);
    return;
  }
  w.uvint(count - present.length);
  const listsPresent = present.length < count >> 1;
  for (let i = 0; i < count; i++) if (has.has(i) === listsPresent) w.uvint(i);
}
