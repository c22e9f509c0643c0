/** How a task and its outcome cross to a worker thread and back. */
import { fromWire, SstashError, toWire, type WireError } from '../errors.js';
import { type TaskContext, type TaskTable, TransferResult } from './executor.js';

export interface TaskRequest {
  readonly task: string;
  readonly argument: unknown;
  /** One i32: not 0 once the task is to stop. */
  readonly stop: Int32Array;
}

export type TaskReply =
  | { readonly ok: true; readonly value: unknown }
  /** An error that is posted as it is loses its class and its fields. */
  | { readonly ok: false; readonly error: WireError };

/** The reply to a task, with the buffers to transfer; never rejects. */
export async function runTask(
  tasks: TaskTable,
  task: string,
  argument: unknown,
  context: TaskContext,
): Promise<{ reply: TaskReply; transfer: TransferResult<unknown>['transfer'] }> {
  try {
    const run = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
    if (run === undefined) throw new TypeError(`there is no task ${task}`);
    const result = await run(argument as never, context);
    if (result instanceof TransferResult) {
      return { reply: { ok: true, value: result.value }, transfer: result.transfer };
    }
    return { reply: { ok: true, value: result }, transfer: [] };
  } catch (error) {
    return { reply: { ok: false, error: toWire(error) }, transfer: [] };
  }
}

/** The value of a reply; throws the error in it. */
export function unwrap(reply: TaskReply): unknown {
  if (reply.ok) return reply.value;
  throw fromWire(reply.error);
}

/** The error for a thread that ended without a reply (out of memory, killed). */
export function lostThread(task: string, cause: unknown): SstashError {
  return new SstashError('INTERRUPTED', `the worker thread of the task ${task} died`, {
    hint: 'Try fewer --workers, or a --memory-limit, which uses fewer of them.',
    cause,
  });
}
