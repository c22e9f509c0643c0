/** A file of its own, so that only the executor is loaded and none of the tasks. */
export { createExecutor } from '../tasks/index.js';
