/**
 * What a dump knows about its SSTable, beside the encoding in table.ts. The host writes the tables into memory and names addresses.
 *
 * Text table: u32 address and u32 length of each text, in the order of TEXT_* in dump.ts.
 * Key table, 8 bytes per part: u32 kind of value, u32 number of the host's writer for it.
 * Clustering table, 12 bytes per column: i32 fixed length or -1, kind, writer.
 * Column table, 36 bytes per column: i32 fixed length or -1, u32 1 when complex, 2 when the
 * host prints it, kind and writer of
 * its values, kind and writer of its paths, u32 address of its cells' beginning, u32 length of that,
 * u32 length of that with the beginning of a value.
 */
export let texts: usize = 0;
export let keyTable: usize = 0;
/** Parts of a composite key, or 0 for a single one. */
export let keyParts: i32 = 0;
export let clusteringTable: usize = 0;
export let clusteringCount: i32 = 0;
export let columnTable: usize = 0;
export let columnCount: i32 = 0;
export let staticCount: i32 = 0;

/** Seconds since 1970 that decide what has expired. */
export let now: f64 = 0;
/** The position of a partition is that of what follows its key and deletion. */
export let behindHead: bool = false;

export const KEY_ENTRY: usize = 8;
export const CLUSTERING_ENTRY: usize = 12;
export const COLUMN_ENTRY: usize = 36;

export function dumpTables(
  textsAt: usize,
  keyAt: usize,
  keys: i32,
  clusteringAt: usize,
  clusterings: i32,
  columnsAt: usize,
  columns: i32,
  statics: i32,
): void {
  texts = textsAt;
  keyTable = keyAt;
  keyParts = keys;
  clusteringTable = clusteringAt;
  clusteringCount = clusterings;
  columnTable = columnsAt;
  columnCount = columns;
  staticCount = statics;
}

export function dumpStyle(seconds: f64, isBehindHead: bool): void {
  now = seconds;
  behindHead = isBehindHead;
}
