/** Entry file of a worker thread; the tasks are listed in table.ts. */
import { workerHandler } from '../parallel/index.js';
import { tasks } from './table.js';

export default workerHandler(tasks);
