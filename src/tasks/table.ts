/** Every task by its name; argument and result are plain data. */
import type { TaskTable } from '../parallel/index.js';

export const tasks: TaskTable = {};
