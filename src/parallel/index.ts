/** Running work in worker threads, or in this one; bounded, in order, cancellable. */
export {
  type Executor,
  interrupted,
  type RunOptions,
  type TaskContext,
  type TaskFunction,
  type TaskTable,
  TransferResult,
  throwIfInterrupted,
} from './executor.js';
export { inlineExecutor } from './inline-executor.js';
export { mapOrdered } from './map-ordered.js';
export { Slots } from './slots.js';
export type { TaskReply, TaskRequest } from './task-reply.js';
export { workerExecutor } from './worker-executor.js';
export { workerHandler } from './worker-handler.js';
