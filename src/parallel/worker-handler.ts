/** The receiving end of `workerExecutor`: what a worker's entry file exports. */
import type { TaskTable } from './executor.js';
import { runTask, type TaskRequest } from './task-reply.js';

/** How often a running task looks whether it is to stop. */
const POLL_MS = 50;

/** The default export of an entry file that runs `tasks`. */
export function workerHandler(tasks: TaskTable): (request: TaskRequest) => Promise<unknown> {
  return async (request) => {
    const controller = new AbortController();
    const timer = setInterval(() => {
      if (Atomics.load(request.stop, 0) !== 0) controller.abort();
    }, POLL_MS);
    try {
      const context = { signal: controller.signal };
      const { reply, transfer } = await runTask(tasks, request.task, request.argument, context);
      if (transfer.length === 0) return reply;
      const { move, transferableSymbol, valueSymbol } = await import('piscina');
      const movable = { [transferableSymbol]: [...transfer], [valueSymbol]: reply };
      // The symbols are declared as plain `symbol`, so the compiler cannot see that they are there.
      return move(movable as unknown as Parameters<typeof move>[0]);
    } finally {
      clearInterval(timer);
    }
  };
}
