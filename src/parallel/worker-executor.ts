/**
 * Runs tasks in a pool of worker threads.
 *
 * Tasks wait for a free thread here rather than in the pool, so that an aborted signal empties the
 * line at once. A running task is first asked to stop through shared memory, which it sees between
 * two windows; only when it does not end soon is its thread killed.
 */
import type { Piscina } from 'piscina';
import { type Executor, interrupted, type RunOptions, throwIfInterrupted } from './executor.js';
import { Slots } from './slots.js';
import { lostThread, type TaskReply, type TaskRequest, unwrap } from './task-reply.js';

/** How long a task may take to notice that it is to stop. */
const GRACE_MS = 3000;
/** Tasks make few objects; V8's default of 48 MB per thread would be most of what a thread takes. */
const YOUNG_GENERATION_MB = 6;
/** Threads that had nothing to do for this long end. */
const IDLE_MS = 5000;

type Pool = Piscina<TaskRequest, TaskReply>;

/** Loaded only here: most commands end before they need a thread. */
async function createPool(url: URL, threads: number): Promise<Pool> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    filename: url.href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
}

async function closePool(made: Promise<Pool> | null): Promise<void> {
  if (made === null) return;
  const pool = await made;
  await pool.close();
  await pool.destroy();
}

/** `url`: the file whose default export handles a TaskRequest. Starts threads when tasks come. */
export function workerExecutor(url: URL, threads: number): Executor {
  let made: Promise<Pool> | null = null;
  const slots = new Slots(threads);
  let closing: Promise<void> | null = null;
  return {
    concurrency: threads,
    async run<R>(task: string, argument: unknown, options: RunOptions = {}): Promise<R> {
      if (closing !== null) throw new TypeError('the executor is closed');
      await slots.take(options.signal);
      try {
        throwIfInterrupted(options.signal);
        made ??= createPool(url, threads);
        return unwrap(await submit(await made, task, argument, options)) as R;
      } finally {
        slots.release();
      }
    },
    close() {
      closing ??= closePool(made);
      return closing;
    },
  };
}

async function submit(
  pool: Pool,
  task: string,
  argument: unknown,
  options: RunOptions,
): Promise<TaskReply> {
  const { signal } = options;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const kill = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const ask = (): void => {
    Atomics.store(stop, 0, 1);
    timer = setTimeout(() => kill.abort(), GRACE_MS);
  };
  signal?.addEventListener('abort', ask, { once: true });
  try {
    const transferList = [...(options.transfer ?? [])];
    const reply = await pool.run({ task, argument, stop }, { signal: kill.signal, transferList });
    if (signal?.aborted) throw interrupted(signal);
    return reply;
  } catch (error) {
    if (signal?.aborted) throw interrupted(signal);
    throw isCloneError(error) ? error : lostThread(task, error);
  } finally {
    signal?.removeEventListener('abort', ask);
    clearTimeout(timer);
  }
}

/** An argument that cannot be posted is a mistake of the calling code. */
function isCloneError(error: unknown): boolean {
  return error instanceof Error && error.name === 'DataCloneError';
}
