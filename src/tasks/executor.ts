/** Makes the executor that commands work with. */
import { availableParallelism } from 'node:os';
import { type Executor, inlineExecutor, workerExecutor } from '../parallel/index.js';
import { tasks } from './table.js';

/**
 * `workers` threads, one per core when not given; 0 means none: tasks run in this thread. They do
 * so too where this file runs as TypeScript, since a worker's entry file must be JavaScript.
 */
export async function createExecutor(workers = availableParallelism()): Promise<Executor> {
  // From the root: where the program is bundled, this code stands in another folder of dist.
  const entry = new URL('../../dist/tasks/worker.js', import.meta.url);
  if (workers < 1 || import.meta.url.endsWith('.ts')) return inlineExecutor(tasks);
  return workerExecutor(entry, workers);
}
