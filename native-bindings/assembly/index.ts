/**
 * What the WebAssembly module offers. Every function works on addresses in the module's own
 * memory, which the host lays out: whatever lies below `heapStart()` belongs to the module.
 */
export { decodeBlocks, digestBlocks, encodeBlocks, reproducedBlocks } from './blocks';
export {
  bloomAdd,
  bloomClearLists,
  bloomListBytes,
  bloomPutOff,
  bloomSet,
  hashMany,
} from './bloom';
export { dump, dumpConsumed, dumpEnd, dumpHead, dumpResume, dumpStarted } from './dump';
export { dumpStyle, dumpTables } from './dump-state';
export { writeValue as dumpOne } from './dump-values';
export { hashEntries } from './entries';
export { leafDigests, leafEnds } from './leaves';
export { decode as lz4Decode, encode as lz4Encode, reproduces as lz4Reproduces } from './lz4';
export { digest as murmur3 } from './murmur3';
export { encodeNative, nativeInside, nativePrevious, nativeResume } from './native';
export { nextRun, runState, setRunRule } from './runs';
export {
  scan,
  scanBatch,
  scanBatchCount,
  scanBlockEnd,
  scanBlockIsRow,
  scanBlockOpen,
  scanBlockOpenLocal,
  scanBlockOpenTime,
  scanBlockStart,
  scanConsumed,
  scanDeletionLocal,
  scanDeletionTime,
  scanEntriesLength,
  scanFinish,
  scanFirstKeyLength,
  scanHasDeletion,
  scanHeaderLength,
  scanInBlock,
  scanInside,
  scanKeyLength,
  scanOrderedKeys,
  scanPartitions,
  scanReset,
  scanTakeBatch,
} from './scan';
export {
  previousCount as scanLastCount,
  previousKind as scanLastKind,
  scanLargestCount,
  scanLargestKind,
  scanNameLength,
  scanPlaces,
  scanSmallestCount,
  scanSmallestKind,
} from './scan-order';
export {
  isOpen as scanIsOpen,
  openLocal as scanOpenLocal,
  openTime as scanOpenTime,
} from './scan-rows';
export {
  scanColumns,
  scanColumnsSet,
  scanDrops,
  scanEmptyStatics,
  scanEncoding,
  scanHasDeletionTime,
  scanHasLegacyShards,
  scanHasNone,
  scanHasPartitionDeletion,
  scanMaxDeletionTime,
  scanMaxTimestamp,
  scanMaxTtl,
  scanMinDeletionTime,
  scanMinTimestamp,
  scanMinTtl,
  scanRows,
  scanTables,
} from './scan-state';
export { singleRows, singleRowsBytes, singleRowsEnd, singleRowsLast } from './single-rows';
export { setColumns, setEncoding } from './table';
export {
  cellCount,
  consumed,
  damageAt,
  insidePartition,
  leafCount,
  markerCount,
  opaqueCount,
  outLength,
  partitionCount,
  recordAt,
  reset,
  resume,
  rowCount,
  setNotes,
  setTables,
  walk,
} from './walk';
export { defaultSecret as xxh3DefaultSecret, digest as xxh3 } from './xxh3';

/** First address that the host may use. */
export function heapStart(): usize {
  return __heap_base;
}
