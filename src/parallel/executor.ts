/**
 * An Executor runs tasks by name. The functions behind the names live in a table (src/tasks), so
 * that folders below can use worker threads without knowing who does what there.
 *
 * Arguments and results must be plain data that `postMessage` can copy; big typed arrays are
 * transferred: `transfer` of RunOptions on the way in, a `TransferResult` on the way out.
 */
import type { Transferable } from 'node:worker_threads';
import { SstashError } from '../errors.js';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Buffers of the argument that the task may have; they are gone here afterwards. */
  readonly transfer?: readonly Transferable[];
}

export interface Executor {
  /** Tasks that run at the same time. */
  readonly concurrency: number;
  /**
   * Rejects with what the task threw (an SstashError with its code and details), or, once `signal`
   * is aborted, with its reason.
   */
  run<R>(task: string, argument: unknown, options?: RunOptions): Promise<R>;
  /** Waits for running tasks and frees the threads; may be called more than once. */
  close(): Promise<void>;
}

export interface TaskContext {
  /** Tasks check it once per window of bytes. */
  readonly signal: AbortSignal;
}

export type TaskFunction = (argument: never, context: TaskContext) => Promise<unknown>;

export type TaskTable = Readonly<Record<string, TaskFunction>>;

/** A task's result with the buffers in it that may be moved instead of copied. */
export class TransferResult<R> {
  readonly value: R;
  readonly transfer: readonly Transferable[];

  constructor(value: R, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** The error to reject with when `signal` is aborted. */
export function interrupted(signal: AbortSignal): SstashError {
  if (signal.reason instanceof SstashError) return signal.reason;
  return new SstashError('INTERRUPTED', 'stopped before the end', { cause: signal.reason });
}

/** Throws INTERRUPTED when `signal` is aborted. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted(signal);
}
