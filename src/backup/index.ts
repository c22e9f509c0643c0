/** Operations on repositories of SSTables: back up, restore, verify, compare with a backup. */
export {
  type BackupOptions,
  type BackupProgress,
  backup,
  nothingSelected,
} from './backup.js';
export { batchBuffers } from './chunk-batch.js';
export { type DecodeTask, decodeWholeRange } from './decode-range.js';
export type { BackupFault, BackupReport, TableReport } from './report.js';
export { encodeWholeRange, type RowsTask } from './rows-task.js';
export { isSelected, type SourceTable, sourceTables, type TableFilter } from './sources.js';
export { type BytesTask, chunkFilePiece, type HashTask, hashFile } from './store-bytes.js';
