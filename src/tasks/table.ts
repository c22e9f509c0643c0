/**
 * Every task by its name; argument and result are plain data. The modules behind a task are loaded
 * by its first call: a thread that only prints rows needs nothing of backups.
 */
import type { TaskContext, TaskFunction, TaskTable } from '../parallel/index.js';

const lazy = (load: () => Promise<TaskFunction>): TaskFunction => {
  return async (argument: never, context: TaskContext) => (await load())(argument, context);
};

export const tasks: TaskTable = {
  'backup-bytes': lazy(async () => (await import('./backup-range.js')).backupBytes),
  'backup-range': lazy(async () => (await import('./backup-range.js')).backupRange),
  'check-index': lazy(async () => (await import('./check-range.js')).checkIndex),
  'check-range': lazy(async () => (await import('./check-range.js')).checkRange),
  'check-scan': lazy(async () => (await import('./check-range.js')).checkScan),
  'dump-range': lazy(async () => (await import('./dump-range.js')).dumpRange),
  'hash-file': lazy(async () => (await import('./backup-range.js')).hashFileTask),
  'partition-facts': lazy(async () => (await import('./partition-facts.js')).partitionFacts),
  'reconcile-slice': lazy(async () => (await import('../table/index.js')).reconcileSlice),
  'restore-range': lazy(async () => (await import('./restore-range.js')).restoreRange),
  'tree-range': lazy(async () => (await import('./tree-range.js')).treeRange),
};
