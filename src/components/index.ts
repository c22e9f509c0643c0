/** The components of an SSTable, bytes to objects and back; opens no files. */
export { readBound, readClusteringValues, readIndexName } from './clustering-prefix.js';
export type { CompressionDictionary } from './compression-dictionary.js';
export {
  type CompressionFacts,
  type CompressionInfo,
  parseCompressionFacts,
  parseCompressionInfo,
} from './compression-info.js';
export { type DataChecksums, parseCrc } from './crc.js';
export * from './data/index.js';
export { readDeletionTime, writeDeletionTime } from './deletion-time.js';
export {
  type ComponentName,
  compareIds,
  type Descriptor,
  isUuidId,
  parseComponentName,
  parseUuidId,
} from './descriptor.js';
export { parseDigest } from './digest.js';
export { type DropTimeRule, DropTimes, dropPoint } from './drop-times.js';
export * from './facts/index.js';
export { BloomFilter, emptyFilter, type KeyHash, parseFilter } from './filter.js';
export {
  type EstimatedHistogram,
  estimatedHistogramOffsets,
  type TombstoneHistogram,
} from './histograms.js';
export { type IndexEntry, IndexEntryReader } from './index-file.js';
export { KeySketch, SKETCH_ORDERED_KEYS } from './key-sketch.js';
export {
  PARTITIONS_FOOTER_BYTES,
  type PartitionPayload,
  type PartitionsFooter,
  parsePartitionsFooter,
  parsePartitionsKeys,
  partitionPayload,
} from './partitions-file.js';
export {
  type IndexBlock,
  type IndexDeletion,
  type PromotedIndex,
  parsePromotedIndex,
} from './promoted-index.js';
export {
  type RowIndexEntry,
  type RowIndexPayload,
  readRowIndexEntry,
  rowIndexPayload,
} from './rows-file.js';
export {
  type ColumnDefinition,
  compareColumnNames,
  compareColumns,
  EPOCH_LOCAL_DELETION_TIME,
  EPOCH_TIMESTAMP,
  parseSerializationHeader,
  type SerializationHeader,
  withOtherUserTypes,
} from './serialization-header.js';
export {
  headerBytes,
  parseStatistics,
  type Statistics,
  type StatisticsPart,
} from './statistics.js';
export {
  compactionBody,
  headerBody,
  joinStatistics,
  type StatisticsBodies,
  statsBody,
  validationBody,
  writeStatistics,
} from './statistics-writer.js';
export type { CommitLogPosition, CoveredClustering, StatsMetadata } from './stats-metadata.js';
export {
  parseSummary,
  parseSummaryHead,
  parseSummaryKeys,
  SUMMARY_HEAD_BYTES,
  Summary,
  sampledPartitions,
} from './summary.js';
export { parseToc } from './toc.js';
export { NODE_BYTES_MAX, TrieNode } from './trie-node.js';
export {
  endOfBranch,
  type NodeSource,
  searchTrie,
  type TrieEntry,
  type TrieSearch,
  trieEntries,
} from './trie-walk.js';
export { type FormatName, type FormatVersion, formatVersion, KNOWN_VERSIONS } from './versions.js';
export * from './write/index.js';
