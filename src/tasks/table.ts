/** Every task by its name; argument and result are plain data. */
import type { TaskTable } from '../parallel/index.js';
import { treeRange } from '../table/index.js';

export const tasks: TaskTable = {
  'tree-range': treeRange,
};
