/**
 * The leaf walk: a window of the uncompressed stream of Data.db to canonical leaves, with their
 * digests and cuts (docs/canonical-form.md).
 *
 * Only whole leaves are committed. A partition's head is committed together with its first row,
 * because a partition of one row is one leaf; later rows one by one, so a window may end anywhere
 * inside a large partition: the place prefix and the size of the previous record carry over.
 */
import {
  END_OF_PARTITION,
} from './flags';
import {
  HEAD_TAG,
  MARKER_TAG,
  OPAQUE_HEAD_TAG,
  OPAQUE_TAG,
} from './tags';
import {
  beginRecord,
  copy,
  fits,
  LIVE_DELETION_TIME,
  loose,
  o,
  outEnd,
  p,
  previousTime,
  putTime,
  putVint,
  rewind,
  seek,
  setCursors,
  setOutput,
  setPreviousTime,
} from './cursor';
import * as murmur3 from './murmur3';
import {
  cells,
  clusteringEnd,
  mortal,
  resetCells,
  staticRow,
  unfiltered,
} from './rows';
import {
  BAD_DELETION,
  BAD_END,
  LEAVES_FULL,
  NEED_BYTES,
  OK,
  OUTPUT_FULL,
  TRUNCATED,
} from './status';
import {
  digestSecret,
  regularCount,
  regularTable,
  staticCount,
  staticTable,
  unsignedDeletion,
} from './table';
import * as xxh3 from './xxh3';

/** Notes of a leaf, as LeafNote in src/canonical/walker-types.ts. */
const COVERS: u32 = 0x01;
const MORTAL: u32 = 0x02;
const IS_OPAQUE: u32 = 0x04;

/** What the last walk did, read by the host. */
export let consumed: usize = 0;
export let outLength: usize = 0;
export let leafCount: u32 = 0;
export let partitionCount: u32 = 0;
export let rowCount: u32 = 0;
export let markerCount: u32 = 0;
export let cellCount: u32 = 0;
export let opaqueCount: u32 = 0;
/** Where in the window damage was found, and in which record. */
export let damageAt: usize = 0;
export let recordAt: usize = 0;

/** State between windows. */
export let insidePartition: bool = false;
/** Native size of the previous record of the partition. */
let previousSize: u64 = 0;
/** Murmur3 of the partition's key, each half big-endian. */
let placeHigh: u64 = 0;
let placeLow: u64 = 0;
let emptyKey: bool = false;
/** Notes of the last head. */
let headNotes: u32 = 0;

/** Tables of the current walk; see `walk`. */
let windowStart: usize = 0;
let windowEnd: usize = 0;
let outStart: usize = 0;
let leafEnds: usize = 0;
let leafStarts: usize = 0;
let leafCuts: usize = 0;
let leafDigests: usize = 0;
let leafHeads: usize = 0;
let leafNotes: usize = 0;
let leafMax: u32 = 0;
let partitionLeaves: usize = 0;
let tokenHighs: usize = 0;
let tokenLows: usize = 0;

/** Puts the walk at the start of a partition. */
export function reset(): void {
  insidePartition = false;
  previousSize = 0;
  leafNotes = 0;
}

/** Puts the walk inside a partition, behind a record of `previous` native bytes. */
export function resume(previous: u32): void {
  insidePartition = true;
  previousSize = <u64>previous;
}

/**
 * Sets the leaf tables: u32 end, start and cut, 16 bytes of digest and a byte per leaf for `leaves`
 * leaves; u32 first leaf, high and low token halves per partition, for as many partitions. Tables at 0
 * are left out: cuts, digests and notes, or those of partitions, whose tokens nobody needs then.
 */
export function setTables(
  ends: usize,
  starts: usize,
  cuts: usize,
  digests: usize,
  heads: usize,
  partitions: usize,
  highs: usize,
  lows: usize,
  leaves: u32,
): void {
  leafEnds = ends;
  leafStarts = starts;
  leafCuts = cuts;
  leafDigests = digests;
  leafHeads = heads;
  partitionLeaves = partitions;
  tokenHighs = highs;
  tokenLows = lows;
  leafMax = leaves;
}

/** Sets the table of notes, a byte per leaf. */
export function setNotes(notes: usize): void {
  leafNotes = notes;
}

/**
 * Walks `[window, window + length)`. Canonical bytes go to `[out, outLimit)`; 16 bytes before `out`
 * and 128 after `outLimit` are scratch. `last`: the stream ends with the window.
 */
export function walk(window: usize, length: usize, last: bool, out: usize, outLimit: usize): i32 {
  windowStart = window;
  windowEnd = window + length;
  outStart = out;
  setOutput(out, outLimit);
  seek(window);
  leafCount = 0;
  partitionCount = 0;
  rowCount = 0;
  markerCount = 0;
  opaqueCount = 0;
  cellCount = 0;
  consumed = 0;
  outLength = 0;
  resetCells();
  let status: i32 = OK;
  while (p < windowEnd && status == OK) {
    recordAt = p - windowStart;
    if (leafCount + 2 > leafMax) {
      status = LEAVES_FULL;
    } else if (!insidePartition) {
      status = partitionStart();
    } else if (<u32>load<u8>(p) & 1) {
      status = partitionEnd();
    } else {
      status = nextUnfiltered();
    }
    if (status == OK) {
      consumed = p - windowStart;
      outLength = o - outStart;
      cellCount = cells;
    }
  }
  damageAt = p - windowStart;
  if (status == NEED_BYTES || status == OK) {
    if (last && (consumed != length || insidePartition)) return TRUNCATED;
    return OK;
  }
  return status;
}

@inline
function partitionEnd(): i32 {
  if (<u32>load<u8>(p) != END_OF_PARTITION) return BAD_END;
  seek(p + 1);
  insidePartition = false;
  return OK;
}

/** Head, then the first row where there is one, then the end where it follows at once. */
function partitionStart(): i32 {
  const nativeStart = p;
  const outHead = o;
  let opaque: u32 = 0;
  let status = head();
  if (status != OK) return status;
  if (p >= windowEnd) return NEED_BYTES;
  const headSize = p - nativeStart;
  if (loose) {
    opaque = 1;
    headNotes = IS_OPAQUE;
    if (!writeOpaque(OPAQUE_HEAD_TAG, outHead, nativeStart, headSize)) return OUTPUT_FULL;
  }
  const headEnd = o;
  if (<u32>load<u8>(p) & 1) {
    if (<u32>load<u8>(p) != END_OF_PARTITION) return BAD_END;
    seek(p + 1);
    beginPartition();
    addLeaf(outHead, headEnd, nativeStart, <u32>placeLow, 1, headNotes);
    opaqueCount += opaque;
    return OK;
  }
  const rowStart = p;
  recordAt = p - windowStart;
  beginRecord();
  status = unfiltered(<u64>headSize, windowEnd, regularCount, regularTable);
  if (status != OK) return status;
  if (p >= windowEnd) return NEED_BYTES;
  const isMarker: u32 = <u32>load<u8>(headEnd) == MARKER_TAG ? 1 : 0;
  const next = <u32>load<u8>(p);
  const single = (next & 1) != 0;
  if (single && next != END_OF_PARTITION) return BAD_END;
  const cut = single ? <u32>placeLow : cutOf(headEnd);
  let rowNotes = notesOf(isMarker);
  let rowOpaque: u32 = 0;
  if (loose) {
    rowOpaque = 1;
    rowNotes = IS_OPAQUE;
    if (!writeOpaque(OPAQUE_TAG, headEnd, rowStart, p - rowStart)) return OUTPUT_FULL;
  }
  beginPartition();
  markerCount += isMarker;
  rowCount += 1 - isMarker;
  if (single) {
    seek(p + 1);
    addLeaf(outHead, o, nativeStart, cut, 1, headNotes | rowNotes);
    opaqueCount += opaque | rowOpaque;
  } else {
    addLeaf(outHead, headEnd, nativeStart, <u32>placeLow, 1, headNotes);
    addLeaf(headEnd, o, rowStart, cut, 0, rowNotes);
    opaqueCount += opaque + rowOpaque;
    insidePartition = true;
    previousSize = <u64>(p - rowStart);
  }
  return OK;
}

function nextUnfiltered(): i32 {
  const nativeStart = p;
  const outRecord = o;
  beginRecord();
  const status = unfiltered(previousSize, windowEnd, regularCount, regularTable);
  if (status != OK) return status;
  const isMarker: u32 = <u32>load<u8>(outRecord) == MARKER_TAG ? 1 : 0;
  const cut = cutOf(outRecord);
  let notes = notesOf(isMarker);
  if (loose) {
    notes = IS_OPAQUE;
    if (!writeOpaque(OPAQUE_TAG, outRecord, nativeStart, p - nativeStart)) {
      return OUTPUT_FULL;
    }
    opaqueCount++;
  }
  markerCount += isMarker;
  rowCount += 1 - isMarker;
  addLeaf(outRecord, o, nativeStart, cut, 0, notes);
  previousSize = <u64>(p - nativeStart);
  return OK;
}

/** Notes of the unfiltered that was read last. */
@inline
function notesOf(isMarker: u32): u32 {
  if (isMarker) return COVERS | MORTAL;
  return mortal ? MORTAL : 0;
}

/** Key, partition deletion and static row; leaves the place of the partition. */
function head(): i32 {
  beginRecord();
  let from = p;
  let to = o;
  if (windowEnd - from < 2) return NEED_BYTES;
  const keyLength = <usize>bswap<u16>(load<u16>(from));
  if (windowEnd - from < keyLength + 3) return NEED_BYTES;
  if (!fits(to, keyLength + 64, outEnd)) return OUTPUT_FULL;
  from += 2;
  if (partitionLeaves) {
    murmur3.hash(from, <i32>keyLength);
    placeHigh = murmur3.h1;
    placeLow = murmur3.h2;
  }
  emptyKey = keyLength == 0;
  store<u8>(to, <u8>HEAD_TAG);
  to = putVint(to + 1, <u64>keyLength);
  copy(to, from, keyLength);
  from += keyLength;
  to += keyLength;
  let flags: u32 = 0;
  headNotes = 0;
  const flagsAt = to++;
  let time: i64 = i64.MIN_VALUE;
  let local: u32 = LIVE_DELETION_TIME;
  if (!unsignedDeletion) {
    if (windowEnd - from < 12) return NEED_BYTES;
    local = bswap<u32>(load<u32>(from));
    time = <i64>bswap<u64>(load<u64>(from, 4));
    from += 12;
  } else if (load<u8>(from) & 0x80) {
    if (load<u8>(from) != 0x80) return BAD_DELETION;
    from += 1;
  } else {
    if (windowEnd - from < 12) return NEED_BYTES;
    time = <i64>bswap<u64>(load<u64>(from));
    local = bswap<u32>(load<u32>(from, 8));
    from += 12;
  }
  if (time != i64.MIN_VALUE || local != LIVE_DELETION_TIME) {
    flags = 1;
    headNotes = COVERS | MORTAL;
    to = putTime(to, time, previousTime);
    setPreviousTime(time);
    to = putVint(to, <u64>local);
  }
  setCursors(from, to);
  if (staticCount > 0) {
    const status = staticRow(windowEnd, staticCount, staticTable);
    if (status != OK) return status;
    if (o != to) flags |= 2;
    if (mortal) headNotes |= MORTAL;
  }
  store<u8>(flagsAt, <u8>flags);
  return OK;
}

/** Replaces the record at `record` by one that holds its native bytes. */
function writeOpaque(tag: u32, record: usize, native: usize, bytes: usize): bool {
  if (!fits(record, bytes + 64, outEnd)) return false;
  store<u8>(record, <u8>tag);
  const to = putVint(record + 1, <u64>bytes);
  copy(to, native, bytes);
  rewind(to + bytes);
  return true;
}

/** Hash of place and clustering of the unfiltered whose record begins at `record`. */
@inline
function cutOf(record: usize): u32 {
  if (!leafCuts) return 0;
  hashPlaced(record + 1, clusteringEnd, xxh3.defaultSecret());
  return <u32>xxh3.low;
}

/** Hashes the place prefix and `[from, to)`: the prefix stands before it for that long. */
@inline
function hashPlaced(from: usize, to: usize, secret: usize): void {
  const prefix = from - 16;
  const kept = v128.load(prefix);
  // One store: the hash reads all 16 bytes at once, which two younger stores would hold up.
  v128.store(prefix, i64x2.replace_lane(i64x2.splat(<i64>bswap<u64>(placeHigh)), 1, <i64>bswap<u64>(placeLow)));
  xxh3.hash(prefix, to - prefix, secret);
  v128.store(prefix, kept);
}

/** Enters the current partition, whose first leaf comes next, into the tables. */
function beginPartition(): void {
  const at = <usize>partitionCount << 2;
  partitionCount++;
  if (!partitionLeaves) return;
  let token = placeHigh;
  if (emptyKey) token = <u64>i64.MIN_VALUE;
  else if (token == <u64>i64.MIN_VALUE) token = <u64>i64.MAX_VALUE;
  store<u32>(partitionLeaves + at, leafCount);
  store<u32>(tokenHighs + at, <u32>(token >> 32));
  store<u32>(tokenLows + at, <u32>token);
}

function addLeaf(
  from: usize,
  to: usize,
  native: usize,
  cut: u32,
  isHead: u32,
  notes: u32,
): void {
  const at = <usize>leafCount;
  if (leafDigests) {
    hashPlaced(from, to, digestSecret);
    store<u64>(leafDigests + (at << 4), bswap<u64>(xxh3.high));
    store<u64>(leafDigests + (at << 4), bswap<u64>(xxh3.low), 8);
  }
  store<u32>(leafEnds + (at << 2), <u32>(to - outStart));
  store<u32>(leafStarts + (at << 2), <u32>(native - windowStart));
  if (leafCuts) store<u32>(leafCuts + (at << 2), cut);
  store<u8>(leafHeads + at, <u8>isHead);
  if (leafNotes) store<u8>(leafNotes + at, <u8>notes);
  leafCount++;
}
