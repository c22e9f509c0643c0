/** Operations on repositories of SSTables: back up, restore, verify, compare with a backup. */

export {
  type BackupOptions,
  type BackupProgress,
  backup,
  nothingSelected,
} from './backup.js';
export {
  type BackupTable,
  backupTables,
  openBackupTables,
  parseBackupName,
} from './backup-tables.js';
export { batchBuffers } from './chunk-batch.js';
export {
  type ByOrigin,
  ORIGINS,
  RECIPE_KINDS,
  STORED_KINDS,
  type StoredBytes,
  type StoredKind,
} from './counts.js';
export { type DecodeTask, decodeWholeRange } from './decode-range.js';
export type { OtherSSTables } from './other-sstables.js';
export { readRoot, readSSTables, readTable } from './parent.js';
export { readStreamWhole } from './read-stream.js';
export type { SSTableRecord, TableEntry, TableRecord } from './records.js';
export {
  type BackupBytes,
  type BackupFault,
  type BackupReport,
  type CountedBytes,
  type KeptReport,
  keptReport,
  type TableReport,
} from './report.js';
export { type RestoreOptions, type RestoreReport, restore } from './restore.js';
export type { RestoreLayout } from './restore-plan.js';
export { transferable } from './rooms.js';
export { encodeWholeRange, factBuffers, type RowsTask } from './rows-task.js';
export {
  isSelected,
  type SourceTable,
  sourceTables,
  type TableFilter,
  unmatched,
} from './sources.js';
export {
  type BackupStats,
  type RepositoryStats,
  repositoryStats,
  type Stats,
  type TableStats,
} from './stats/index.js';
export { type BytesTask, chunkFilePiece, type HashTask, hashFile } from './store-bytes.js';
export { type KeptSSTable, keptSSTables } from './unknown-sstables.js';
export { type VerifyFault, type VerifyReport, verify } from './verify.js';
