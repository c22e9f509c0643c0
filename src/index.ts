/**
 * sstash as a library: open SSTables and iterate over their rows, build and compare trees, keep
 * backups in a repository. Everything long takes an AbortSignal; every error on purpose is an
 * SstashError with a stable code (docs/errors.md).
 */

export {
  type BackupOptions,
  type BackupReport,
  backup,
  type RepositoryStats,
  type RestoreOptions,
  type RestoreReport,
  repositoryStats,
  restore,
  type SourceTable,
  sourceTables,
  type TableFilter,
} from './backup/index.js';
export type {
  Cell,
  ColumnData,
  ColumnDefinition,
  DeletionTime,
  Liveness,
  Marker,
  PartitionEnd,
  PartitionHead,
  Row,
  SerializationHeader,
  Statistics,
  Unfiltered,
} from './components/index.js';
export { type CqlType, keyText, parseKeyText, valueText } from './cql/index.js';
export { ERROR_CODES, type ErrorCode, isSstashError, SstashError } from './errors.js';
export type { Executor } from './parallel/index.js';
export { type Manifest, Repository } from './repository/index.js';
export {
  type EventOptions,
  findTables,
  SSTable,
  type SSTableEvent,
  type SSTableFiles,
  type TableFiles,
} from './sstable/index.js';
export { openStore } from './store/index.js';
export {
  type ComparedTable,
  cacheDirectory,
  type Difference,
  type DiffOptions,
  diffTables,
  type Merged,
  type MergedHead,
  type MergedPartition,
  type MergedRow,
  type OpenedTable,
  openLocalTables,
  pairTables,
  TableReader,
  tableSum,
} from './table/index.js';
export { createExecutor } from './tasks/index.js';
