/** Every task by its name; argument and result are plain data. */
import type { TaskTable } from '../parallel/index.js';
import { treeRange } from '../table/index.js';
import { dumpRange } from './dump-range.js';

export const tasks: TaskTable = {
  'dump-range': dumpRange,
  'tree-range': treeRange,
};
