/**
 * What a walk knows about its SSTable: the bases of the deltas and the columns. The host writes
 * the column tables into memory and names their addresses.
 *
 * Clustering table: i32 fixed length or -1, per clustering column.
 * Column table, 20 bytes per column: i32 fixed length or -1, u32 1 when complex, u32 address and
 * u32 length of the column's canonical name (vint length, then the name), u32 length of the head of a
 * plain cell or 0. The head begins with the name; behind it stand the flags of a live cell with the
 * write time of its row and, for a fixed length, the vint of it.
 */
export let minTimestamp: i64 = 0;
export let minDeletionTime: i32 = 0;
export let minTtl: i32 = 0;
/** Deletion times as in oa and da: unsigned, and one byte for a live partition. */
export let unsignedDeletion: bool = false;
/** Local deletion time of "none" in cells. */
export let noDeletionTime: u32 = 0;
/** Local deletion time that the writer puts into a live complex deletion. */
export let liveComplexDeletionTime: u32 = 0;
export let clusteringCount: i32 = 0;
export let clusteringTable: usize = 0;
export let staticCount: i32 = 0;
export let staticTable: usize = 0;
export let regularCount: i32 = 0;
export let regularTable: usize = 0;
/** Scratch: a u32 per column, the indexes of the columns that a row has. */
export let presentColumns: usize = 0;
/** 192 bytes, the secret of leaf digests. */
export let digestSecret: usize = 0;
/** Largest row or marker, in native bytes. */
export let rowBytesMax: u64 = 0;

export const COLUMN_ENTRY: usize = 20;
/** Longest head of a plain cell. */
export const HEAD_MAX: usize = 32;

/** Sets the encoding of the SSTable. */
export function setEncoding(
  timestamp: i64,
  deletionTime: i32,
  ttl: i32,
  unsigned: bool,
  liveComplex: u32,
  rowMax: u32,
): void {
  minTimestamp = timestamp;
  minDeletionTime = deletionTime;
  minTtl = ttl;
  unsignedDeletion = unsigned;
  noDeletionTime = unsigned ? 0xffffffff : 0x7fffffff;
  liveComplexDeletionTime = liveComplex;
  rowBytesMax = rowMax;
}

/** Sets counts and table addresses. */
export function setColumns(
  clusterings: i32,
  clusteringAt: usize,
  statics: i32,
  staticAt: usize,
  regulars: i32,
  regularAt: usize,
  presentAt: usize,
  secretAt: usize,
): void {
  clusteringCount = clusterings;
  clusteringTable = clusteringAt;
  staticCount = statics;
  staticTable = staticAt;
  regularCount = regulars;
  regularTable = regularAt;
  presentColumns = presentAt;
  digestSecret = secretAt;
}
