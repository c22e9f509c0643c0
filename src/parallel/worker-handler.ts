/** The receiving end of `workerExecutor`: what a worker's entry file exports. */
import type { TaskTable } from './executor.js';
import { runTask, type TaskRequest } from './task-reply.js';

/** How often a task that waits looks whether it is to stop. */
const POLL_MS = 50;

/**
 * The signal of a task, aborted once the flag `stop` is set. Tasks read files without giving way to
 * timers, so the flag is looked at whenever they ask.
 */
function watch(controller: AbortController, stop: Int32Array): AbortSignal {
  const isAborted = (): boolean => {
    if (Atomics.load(stop, 0) === 0) return false;
    controller.abort();
    return true;
  };
  return Object.defineProperty(controller.signal, 'aborted', { get: isAborted });
}

/** The default export of an entry file that runs `tasks`. */
export function workerHandler(tasks: TaskTable): (request: TaskRequest) => Promise<unknown> {
  return async (request) => {
    const controller = new AbortController();
    const signal = watch(controller, request.stop);
    const timer = setInterval(() => signal.aborted, POLL_MS);
    try {
      const context = { signal };
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
