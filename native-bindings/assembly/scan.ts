/**
 * The scan of a check: a window of the uncompressed stream of Data.db, strictly and to the last bit,
 * with everything that Statistics.db, Filter.db and the index should say about it
 * (format writing reference, 14). It goes on from window to window and stops where the host has to do
 * something: where more bytes are needed, at the end of each block of a row index, at a full batch, and
 * for good at anything that is not as Cassandra writes it.
 *
 * A batch is what is kept of each partition: its entry of Index.db (entries.ts) and where that begins
 * among the entries, u32.
 */
import { LIVE_DELETION_TIME, NO_TIME } from './cursor';
import { ENTRY_BYTES, writeEntry } from './entries';
import {
  END_OF_PARTITION,
} from './flags';
import * as murmur3 from './murmur3';
import {
  addLargest,
  addSmallest,
  advance,
  compareBytes,
  hasPrevious,
  keepName,
  keepPrevious,
  previousKind,
  ROW,
  resetOrder,
  startOrder,
} from './scan-order';
import {
  DONE,
  isOpen,
  item,
  itemEnd,
  nameEnd,
  nameStart,
  NEED_BYTES,
  ODD,
  scanOpenLocal,
  scanOpenTime,
  scanWasOpen,
  startRows,
  staticFits,
  staticItem,
} from './scan-rows';
import {
  addDeletionTime,
  addPartition,
  addTime,
  clusteringCount,
  endRun,
  foundPartitionDeletion,
  keyType,
  MURMUR3,
  options,
  regularCount,
  regularTable,
  resetCells,
  resetSums,
  staticCount,
  staticTable,
  unsignedDeletion,
} from './scan-state';
import { isValue } from './scan-values';

/** More outcomes, of the scan as a whole; DONE and NEED_BYTES are the same there. */
const BATCH_FULL: i32 = 3;
/** The row or marker that was read last ends a block of the row index. */
const BLOCK: i32 = 4;
/** A partition with such a block has ended. */
const INDEXED_END: i32 = 5;

const KEY_BYTES_MAX: usize = 65536;
/** Keys whose sketch hash is kept; as SKETCH_ORDERED_KEYS in src/components/key-sketch.ts. */
const ORDERED_KEYS: u32 = 16384;

/** Compares two keys by the order of the partitioner. */
@external("env", "scanCompareKeys")
declare function scanCompareKeys(a: usize, aLength: usize, b: usize, bLength: usize): i32;

/** Between two items of one partition. */
export let scanInside: bool = false;
/** Bytes of the window that are done. */
export let scanConsumed: usize = 0;
/** Partition deletion of the last head. */
export let scanHasDeletion: bool = false;
export let scanDeletionTime: i64 = 0;
export let scanDeletionLocal: u32 = 0;
/** Of the partition at hand: from its start to its first row or marker. */
export let scanHeaderLength: f64 = 0;
/** The block at hand, from the start of its partition: its first byte, and where it ends now. */
export let scanBlockStart: f64 = 0;
export let scanBlockEnd: f64 = 0;
/** The row or marker at hand is in a block that is not closed. */
export let scanInBlock: bool = false;
/** The block begins with a row, not a marker. */
export let scanBlockIsRow: bool = false;
/** The range deletion in effect where the block begins. */
export let scanBlockOpen: bool = false;
export let scanBlockOpenTime: i64 = 0;
export let scanBlockOpenLocal: u32 = 0;
export let scanBatchCount: u32 = 0;
/** Bytes of the entries in the batch. */
export let scanEntriesLength: usize = 0;
export let scanPartitions: f64 = 0;
/** Address and length of the last key, and of the first. */
export let scanKeyLength: i32 = -1;
export let scanFirstKeyLength: i32 = -1;
/** Sketch hashes that are kept. */
export let scanOrderedKeys: u32 = 0;

let partitionStart: u64 = 0;
let previousStart: u64 = 0;
let unfiltereds: u64 = 0;
let blocks: u32 = 0;
let blockStart: u64 = 0;
let blockBytes: u64 = 0;
/** Token of the last key. */
let token: i64 = 0;

let startsAt: usize = 0;
let entriesAt: usize = 0;
let entriesMax: usize = 0;
let batchMax: u32 = 0;
let sketchAt: usize = 0;
let registersAt: usize = 0;
/** Last key, then first key. */
let lastKeyAt: usize = 0;
let firstKeyAt: usize = 0;

export function scanBatch(
  starts: usize,
  entries: usize,
  entryBytes: usize,
  batch: u32,
  sketch: usize,
  registers: usize,
  keptKeys: usize,
  columnIndexSize: f64,
): void {
  startsAt = starts;
  entriesAt = entries;
  entriesMax = entryBytes;
  batchMax = batch;
  sketchAt = sketch;
  registersAt = registers;
  lastKeyAt = keptKeys;
  firstKeyAt = keptKeys + KEY_BYTES_MAX;
  blockBytes = <u64>columnIndexSize;
}

/** Begins a range. */
export function scanReset(): void {
  resetSums();
  resetOrder();
  startRows();
  scanInside = false;
  scanPartitions = 0;
  scanKeyLength = -1;
  scanFirstKeyLength = -1;
  scanOrderedKeys = 0;
  scanInBlock = false;
  memory.fill(registersAt, 0, 8192);
  scanTakeBatch();
}

/** The host has taken the batch. */
export function scanTakeBatch(): void {
  scanBatchCount = 0;
  scanEntriesLength = 0;
}

/** To be called when all is scanned. */
export function scanFinish(): void {
  endRun();
}

/**
 * Goes on with `[window + from, window + length)`; the window begins at `position` of the stream, the
 * range ends at `end` of it.
 */
export function scan(window: usize, from: usize, length: usize, position: f64, end: f64): i32 {
  const windowEnd = window + length;
  const base = <u64>position;
  let p = window + from;
  let status = DONE;
  while (p < windowEnd) {
    const remaining = <u64>end - base - <u64>(p - window);
    const at = base + <u64>(p - window);
    if (!scanInside) {
      status = head(p, windowEnd, remaining, at);
    } else if (<u32>load<u8>(p) & END_OF_PARTITION) {
      status = partitionEnd(p, at);
    } else {
      status = unfiltered(p, windowEnd, remaining, at);
    }
    if (status == NEED_BYTES || status == ODD || status == BATCH_FULL) break;
    p = itemEndOf(p);
    if (status != DONE) break;
  }
  scanConsumed = p - window;
  if (status != NEED_BYTES && status != DONE) return status;
  // The end of the range is the end of a partition.
  if (position + <f64>length == end && (p < windowEnd || scanInside)) return ODD;
  // The window may go now.
  return scanInside && hasPrevious && !keepPrevious() ? ODD : NEED_BYTES;
}

/** Where the item that was just read ends: set by whoever read it. */
let headEnd: usize = 0;
let lastWasEnd: bool = false;
let lastWasHead: bool = false;

@inline
function itemEndOf(p: usize): usize {
  if (lastWasEnd) return p + 1;
  return lastWasHead ? headEnd : itemEnd;
}

function head(p: usize, windowEnd: usize, remaining: u64, at: u64): i32 {
  if (windowEnd - p < 3) return NEED_BYTES;
  const keyLength = <usize>bswap<u16>(load<u16>(p));
  const key = p + 2;
  let from = key + keyLength;
  if (from + 12 > windowEnd && !fitsHead(from, windowEnd)) return NEED_BYTES;
  if (scanBatchCount >= batchMax) return BATCH_FULL;
  if (scanEntriesLength + keyLength + ENTRY_BYTES > entriesMax) return BATCH_FULL;
  if (keyType >= 0 && keyLength > 0 && !isValue(keyType, key, keyLength)) return ODD;
  scanHasDeletion = false;
  if (!unsignedDeletion) {
    scanDeletionLocal = bswap<u32>(load<u32>(from));
    scanDeletionTime = <i64>bswap<u64>(load<u64>(from, 4));
    from += 12;
    scanHasDeletion = scanDeletionTime != NO_TIME;
    if (!scanHasDeletion && scanDeletionLocal != LIVE_DELETION_TIME) return ODD;
  } else if (load<u8>(from) & 0x80) {
    if (load<u8>(from) != 0x80) return ODD;
    from += 1;
  } else {
    scanDeletionTime = <i64>bswap<u64>(load<u64>(from));
    scanDeletionLocal = bswap<u32>(load<u32>(from, 8));
    from += 12;
    scanHasDeletion = true;
  }
  const rest = remaining - <u64>(from - p);
  if (staticCount > 0) {
    const status = staticFits(from, windowEnd, rest);
    if (status != DONE) return status;
  }
  resetCells();
  if (scanHasDeletion) {
    foundPartitionDeletion();
    addTime(scanDeletionTime);
    addDeletionTime(scanDeletionLocal);
  }
  if (staticCount > 0) {
    const status = staticItem(from, windowEnd, rest, staticCount, staticTable);
    if (status != DONE) return status;
    from = itemEnd;
  }
  if (!newKey(key, keyLength, at)) return ODD;
  startOrder();
  startRows();
  scanInside = true;
  lastWasHead = true;
  lastWasEnd = false;
  headEnd = from;
  unfiltereds = 0;
  partitionStart = at;
  previousStart = at;
  scanHeaderLength = <f64>(from - p);
  scanInBlock = false;
  blocks = 0;
  return DONE;
}

/** Less than twelve bytes behind the key: enough for a live partition of oa. */
@inline
function fitsHead(from: usize, windowEnd: usize): bool {
  return unsignedDeletion && from < windowEnd && (load<u8>(from) & 0x80) != 0;
}

/** Order of the key, its hashes, its place in the batch. */
function newKey(key: usize, length: usize, at: u64): bool {
  murmur3.hash(key, <i32>length);
  const isFirst = scanKeyLength < 0;
  if (options & MURMUR3) {
    let next = <i64>murmur3.h1;
    // The smallest token is that of the empty key alone.
    if (length == 0) next = i64.MIN_VALUE;
    else if (next == i64.MIN_VALUE) next = i64.MAX_VALUE;
    if (!isFirst && next <= token) {
      if (next < token) return false;
      if (compareBytes(lastKeyAt, <usize>scanKeyLength, key, length) >= 0) return false;
    }
    token = next;
  } else if (!isFirst) {
    if (scanCompareKeys(lastKeyAt, <usize>scanKeyLength, key, length) >= 0) return false;
  }
  memory.copy(lastKeyAt, key, length);
  scanKeyLength = <i32>length;
  if (isFirst) {
    memory.copy(firstKeyAt, key, length);
    scanFirstKeyLength = <i32>length;
  }
  store<u32>(startsAt + (<usize>scanBatchCount << 2), <u32>scanEntriesLength);
  scanEntriesLength = writeEntry(entriesAt + scanEntriesLength, key - 2, length, at) - entriesAt;
  scanBatchCount++;
  scanPartitions += 1;
  sketch(key, length);
  return true;
}

function partitionEnd(p: usize, at: u64): i32 {
  if (<u32>load<u8>(p) != END_OF_PARTITION || isOpen) return ODD;
  if (clusteringCount > 0 && hasPrevious && !addLargest()) return ODD;
  addPartition(at + 1 - partitionStart);
  scanInside = false;
  lastWasEnd = true;
  lastWasHead = false;
  if (blocks == 0) return DONE;
  scanBlockStart = <f64>(blockStart - partitionStart);
  scanBlockEnd = <f64>(at - partitionStart);
  return INDEXED_END;
}

function unfiltered(p: usize, windowEnd: usize, remaining: u64, at: u64): i32 {
  const previousSize = at - previousStart;
  const status = item(p, windowEnd, remaining, previousSize, regularCount, regularTable);
  if (status != DONE) return status;
  // Clusterings ascend, so only the first and the last of a partition can be extremes.
  if (unfiltereds == 0 && clusteringCount > 0 && !addSmallest()) return ODD;
  if (!advance()) return ODD;
  unfiltereds++;
  previousStart = at;
  lastWasHead = false;
  lastWasEnd = false;
  if (!scanInBlock) {
    scanInBlock = true;
    blockStart = at;
    scanBlockIsRow = previousKind == ROW;
    scanBlockOpen = scanWasOpen;
    scanBlockOpenTime = scanOpenTime;
    scanBlockOpenLocal = scanOpenLocal;
    if (!keepName(nameStart, nameEnd)) return ODD;
  }
  const end = at + <u64>(itemEnd - p);
  if (end - blockStart < blockBytes) return DONE;
  scanInBlock = false;
  blocks++;
  scanBlockStart = <f64>(blockStart - partitionStart);
  scanBlockEnd = <f64>(end - partitionStart);
  return BLOCK;
}

const M: u64 = 0xc6a4a7935bd1e995;

/** MurmurHash2 of the key, whose tail is sign-extended, into the sketch. */
function sketch(key: usize, length: usize): void {
  let h: u64 = M * <u64>length;
  let p = key;
  const blocks = key + (length & ~7);
  for (; p < blocks; p += 8) {
    let k = load<u64>(p) * M;
    k ^= k >> 47;
    h = (h ^ (k * M)) * M;
  }
  const rest = length & 7;
  for (let i: usize = 0; i < rest; i++) {
    h ^= <u64>(<i64>load<i8>(p + i)) << (<u64>i << 3);
  }
  if (rest > 0) h *= M;
  h ^= h >> 47;
  h *= M;
  h ^= h >> 47;
  if (scanOrderedKeys < ORDERED_KEYS) {
    store<u64>(sketchAt + (<usize>scanOrderedKeys << 3), h);
    scanOrderedKeys++;
    return;
  }
  const register = registersAt + <usize>(h >> 51);
  const run = <u8>(clz<u64>((h << 13) | 4096) + 1);
  if (run > load<u8>(register)) store<u8>(register, run);
}
