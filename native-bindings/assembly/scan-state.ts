/**
 * What the scan of rows (scan.ts) is told by its host, and what it counts.
 *
 * Tables, written by the host; every entry 32 bytes of u32 or i32:
 *
 *   type         0 check (scan-values.ts), 4 length that every value has, or -1, 8 and 12 first and
 *                number of the types inside
 *   clustering   0 fixed length or -1, 4 type, 8 order (scan-order.ts), 12 1 when descending
 *   column       0 fixed length or -1, 4 COMPLEX | COUNTER, 8 type of values, 12 type of paths or -1,
 *                16 order of paths, 20 number of types that follow the first when a path is the index
 *                of a field, else 0, 24 1 when there may be others
 *   place        0 address of a clustering value, 4 its length or -1 for null
 */

/** The host takes the drop times out of their table, which is full. */
@external("env", "scanDrain")
declare function scanDrain(): void;

export const ENTRY: usize = 32;
export const PLACE: usize = 8;
export const COMPLEX: u32 = 1;
export const COUNTER: u32 = 2;

/** Values are checked against their types. */
export const DEEP: u32 = 1;
/** Compactions of 6.0: some previous sizes are 0, tombstones may have the flag of a TTL too. */
export const SIX: u32 = 2;
/** Partitions are in the order of Murmur3 tokens; else the host compares keys. */
export const MURMUR3: u32 = 4;
/** Drop times are counted as they are, not by minutes. */
export const RAW_DROP_TIMES: u32 = 8;

export let minTimestamp: i64 = 0;
export let minDeletionTime: i32 = 0;
export let minTtl: i32 = 0;
export let unsignedDeletion: bool = false;
export let noDeletionTime: u32 = 0;
/** Largest drop time. */
export let dropMax: u32 = 0;
export let rowBytesMax: u64 = 0;
export let options: u32 = 0;

export let typeTable: usize = 0;
/** Type of partition keys, or -1 where they are not checked. */
export let keyType: i32 = -1;
export let clusteringCount: i32 = 0;
export let clusteringTable: usize = 0;
export let staticCount: i32 = 0;
export let staticTable: usize = 0;
export let regularCount: i32 = 0;
export let regularTable: usize = 0;
/** A byte per column. */
export let maskAt: usize = 0;
/** Two tables of places each for the clustering at hand and the one before; see scan-order.ts. */
export let placesAt: usize = 0;
/**
 * Four regions of `keepBytes` for what outlives its window: the last clustering, the smallest, the
 * largest, and the first name of a block.
 */
export let keepAt: usize = 0;
export let keepBytes: usize = 0;
/** Upper ends of the buckets of both histograms, as u64, and u64 counts, one more of them. */
export let sizeOffsets: usize = 0;
export let sizeCounts: usize = 0;
export let sizeBuckets: i32 = 0;
export let cellOffsets: usize = 0;
export let cellCounts: usize = 0;
export let cellBuckets: i32 = 0;
/** Pairs of u32: a drop time, and how often it came one after the other. */
export let dropsAt: usize = 0;
export let dropsMax: u32 = 0;

export function scanEncoding(
  timestamp: i64,
  deletionTime: i32,
  ttl: i32,
  unsigned: bool,
  latestDrop: u32,
  rowMax: u32,
  flags: u32,
): void {
  minTimestamp = timestamp;
  minDeletionTime = deletionTime;
  minTtl = ttl;
  unsignedDeletion = unsigned;
  noDeletionTime = unsigned ? 0xffffffff : 0x7fffffff;
  dropMax = latestDrop;
  rowBytesMax = rowMax;
  options = flags;
}

export function scanColumns(
  types: usize,
  keys: i32,
  clusterings: i32,
  clusteringAt: usize,
  statics: i32,
  staticAt: usize,
  regulars: i32,
  regularAt: usize,
  mask: usize,
): void {
  typeTable = types;
  keyType = keys;
  clusteringCount = clusterings;
  clusteringTable = clusteringAt;
  staticCount = statics;
  staticTable = staticAt;
  regularCount = regulars;
  regularTable = regularAt;
  maskAt = mask;
}

export function scanTables(
  places: usize,
  keep: usize,
  keepEach: usize,
  sizesAt: usize,
  sizes: i32,
  cellsAt: usize,
  cellsMany: i32,
  drops: usize,
  dropsMany: u32,
): void {
  placesAt = places;
  keepAt = keep;
  keepBytes = keepEach;
  sizeOffsets = sizesAt;
  sizeBuckets = sizes;
  sizeCounts = sizesAt + (<usize>sizes << 3);
  cellOffsets = cellsAt;
  cellBuckets = cellsMany;
  cellCounts = cellsAt + (<usize>cellsMany << 3);
  dropsAt = drops;
  dropsMax = dropsMany;
}

/** Sums of the whole range; see ScanTotals in src/sstable. */
export let scanRows: u64 = 0;
export let scanColumnsSet: u64 = 0;
/** Static rows that say nothing. */
export let scanEmptyStatics: u64 = 0;
export let scanMinTimestamp: i64 = i64.MAX_VALUE;
export let scanMaxTimestamp: i64 = i64.MIN_VALUE;
export let scanMinDeletionTime: u32 = u32.MAX_VALUE;
export let scanMaxDeletionTime: u32 = 0;
/** Some local deletion time was recorded; some was "none". */
export let scanHasDeletionTime: bool = false;
export let scanHasNone: bool = false;
export let scanMinTtl: i32 = i32.MAX_VALUE;
export let scanMaxTtl: i32 = i32.MIN_VALUE;
export let scanHasPartitionDeletion: bool = false;
export let scanHasLegacyShards: bool = false;
/** Cells of the partition at hand. */
export let partitionCells: u64 = 0;

/** Pairs in the table of drop times, and the run that is not there yet. */
export let scanDrops: u32 = 0;
let runTime: u32 = 0;
let runCount: u32 = 0;
let lastPoint: u32 = 0;

export function resetSums(): void {
  scanRows = 0;
  scanColumnsSet = 0;
  scanEmptyStatics = 0;
  scanMinTimestamp = i64.MAX_VALUE;
  scanMaxTimestamp = i64.MIN_VALUE;
  scanMinDeletionTime = u32.MAX_VALUE;
  scanMaxDeletionTime = 0;
  scanHasDeletionTime = false;
  scanHasNone = false;
  scanMinTtl = i32.MAX_VALUE;
  scanMaxTtl = i32.MIN_VALUE;
  scanHasPartitionDeletion = false;
  scanHasLegacyShards = false;
  partitionCells = 0;
  scanDrops = 0;
  runTime = 0;
  runCount = 0;
  memory.fill(sizeCounts, 0, <usize>(sizeBuckets + 1) << 3);
  memory.fill(cellCounts, 0, <usize>(cellBuckets + 1) << 3);
}

@inline
export function addRow(): void {
  scanRows++;
}

export function addEmptyStatic(): void {
  scanEmptyStatics++;
}

@inline
export function addColumns(count: u64): void {
  scanColumnsSet += count;
}

@inline
export function addCells(count: u64): void {
  partitionCells += count;
}

export function resetCells(): void {
  partitionCells = 0;
}

export function foundPartitionDeletion(): void {
  scanHasPartitionDeletion = true;
}

export function foundLegacyShards(): void {
  scanHasLegacyShards = true;
}

@inline
export function addTime(time: i64): void {
  if (time < scanMinTimestamp) scanMinTimestamp = time;
  if (time > scanMaxTimestamp) scanMaxTimestamp = time;
}

@inline
export function addTtl(ttl: i32): void {
  if (ttl < scanMinTtl) scanMinTtl = ttl;
  if (ttl > scanMaxTtl) scanMaxTtl = ttl;
}

@inline
export function addNoDeletionTime(): void {
  scanHasNone = true;
}

export function addDeletionTime(time: u32): void {
  if (time == noDeletionTime) {
    scanHasNone = true;
    return;
  }
  if (time == runTime && runCount != 0) {
    runCount++;
    return;
  }
  endRun();
  runTime = time;
  runCount = 1;
  scanHasDeletionTime = true;
  if (time < scanMinDeletionTime) scanMinDeletionTime = time;
  if (time > scanMaxDeletionTime) scanMaxDeletionTime = time;
}

/** Enters the run of equal drop times at hand into the table. */
export function endRun(): void {
  if (runCount == 0) return;
  let point: u64 = runTime;
  if ((options & RAW_DROP_TIMES) == 0) point = min<u64>(((point + 59) / 60) * 60, dropMax);
  const count = runCount;
  runCount = 0;
  const at = dropsAt + (<usize>scanDrops << 3);
  if (scanDrops != 0 && lastPoint == <u32>point) {
    store<u32>(at - 4, load<u32>(at - 4) + count);
    return;
  }
  lastPoint = <u32>point;
  store<u32>(at, <u32>point);
  store<u32>(at, count, 4);
  scanDrops++;
  if (scanDrops == dropsMax) {
    scanDrain();
    scanDrops = 0;
  }
}

/** Counts a partition in both histograms. */
export function addPartition(size: u64): void {
  count(sizeOffsets, sizeCounts, sizeBuckets, size);
  count(cellOffsets, cellCounts, cellBuckets, partitionCells);
}

/** The bucket of the first offset that is not below the value. */
function count(offsets: usize, counts: usize, buckets: i32, value: u64): void {
  let low = -1;
  let high = buckets;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<u64>(offsets + (<usize>middle << 3)) >= value) high = middle;
    else low = middle;
  }
  const at = counts + (<usize>high << 3);
  store<u64>(at, load<u64>(at) + 1);
}
