/** Every task by its name; argument and result are plain data. */
import type { TaskTable } from '../parallel/index.js';
import { checkIndex, checkRange } from '../sstable/index.js';
import { treeRange } from '../table/index.js';
import { backupBytes, backupRange, hashFileTask } from './backup-range.js';
import { dumpRange } from './dump-range.js';
import { restoreRange } from './restore-range.js';

export const tasks: TaskTable = {
  'backup-bytes': backupBytes,
  'backup-range': backupRange,
  'check-index': checkIndex,
  'check-range': checkRange,
  'dump-range': dumpRange,
  'hash-file': hashFileTask,
  'restore-range': restoreRange,
  'tree-range': treeRange,
};
