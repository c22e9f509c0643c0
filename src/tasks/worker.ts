/** Entry file of a worker thread; the tasks are listed in table.ts. */
import { useBlockingReads } from '../io/index.js';
import { workerHandler } from '../parallel/index.js';
import { tasks } from './table.js';

useBlockingReads();

export default workerHandler(tasks);
