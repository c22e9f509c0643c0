/** Runs tasks in this thread: for tests, for --workers 0 and for work too small for threads. */
import { type Executor, interrupted, type RunOptions, type TaskTable } from './executor.js';
import { Slots } from './slots.js';
import { runTask, unwrap } from './task-reply.js';

/** One task at a time. Results are what the task returned, not copies. */
export function inlineExecutor(tasks: TaskTable): Executor {
  const slots = new Slots(1);
  const never = new AbortController().signal;
  return {
    concurrency: 1,
    async run<R>(task: string, argument: unknown, options: RunOptions = {}): Promise<R> {
      await slots.take(options.signal);
      try {
        const signal = options.signal ?? never;
        const { reply } = await runTask(tasks, task, argument, { signal });
        if (signal.aborted) throw interrupted(signal);
        return unwrap(reply) as R;
      } finally {
        slots.release();
      }
    },
    async close() {
      await slots.take();
      slots.release();
    },
  };
}
