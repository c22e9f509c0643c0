/** What runs in worker threads: one line per task in table.ts, their functions in files beside. */
export { createExecutor } from './executor.js';
export { tasks } from './table.js';
