/**
 * Which of the header's columns a row has (format reference, 7.6):
 *
 *   fewer than 64 columns   uvint bitmap of the missing ones
 *   64 and more             uvint number of missing ones m; present p = N - m; if p < N div 2 the
 *                           indexes of the present ones, else of the missing ones
 */
import type { ByteReader, ByteWriter } from '../../binary/index.js';
import type { ColumnDefinition } from '../serialization-header.js';

/** Subsets of up to this many columns fit a number, and the ones seen are kept. */
const NUMBER_BITS = 49;
const KEPT_MAX = 256;

/** Reads the subsets of one list of columns. */
export class ColumnSubsetReader {
  readonly columns: readonly ColumnDefinition[];
  /** Columns present by the bitmap of the missing ones: few subsets come again and again. */
  readonly #kept = new Map<number, readonly ColumnDefinition[]>();

  constructor(columns: readonly ColumnDefinition[]) {
    this.columns = columns;
  }

  /** The columns present, in order; SSTABLE_CORRUPT for bits or indexes above the columns. */
  read(r: ByteReader): readonly ColumnDefinition[] {
    const { columns } = this;
    if (columns.length >= 64) return readLargeSubset(r, columns);
    const start = r.position;
    if (columns.length > NUMBER_BITS) return presentOf(r, columns, r.uvintBig(), start);
    const missing = r.uvint('column subset');
    const kept = this.#kept.get(missing);
    if (kept !== undefined) return kept;
    const present = presentOf(r, columns, BigInt(missing), start);
    if (this.#kept.size < KEPT_MAX) this.#kept.set(missing, present);
    return present;
  }
}

function presentOf(
  r: ByteReader,
  columns: readonly ColumnDefinition[],
  missing: bigint,
  start: number,
): readonly ColumnDefinition[] {
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
