/** Worker task of a restore: chunks of a range to the blocks of Data.db. */
import { type DecodeTask, decodeWholeRange, factBuffers, transferable } from '../backup/index.js';
import { type TaskContext, TransferResult } from '../parallel/index.js';

export async function restoreRange(
  task: DecodeTask,
  { signal }: TaskContext,
): Promise<TransferResult<unknown>> {
  const range = await decodeWholeRange(task, signal);
  const { head, blocks, tail, facts } = range;
  // Of a buffer that several of them have: it can be transferred only once.
  const buffers = [head, blocks, tail].flatMap(transferable);
  return new TransferResult(range, [...new Set([...buffers, ...factBuffers(facts)])]);
}
