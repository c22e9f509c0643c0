/** Worker task of a restore: chunks of a range to the blocks of Data.db. */
import { type DecodeTask, decodeWholeRange, factBuffers } from '../backup/index.js';
import { type TaskContext, TransferResult } from '../parallel/index.js';

export async function restoreRange(
  task: DecodeTask,
  { signal }: TaskContext,
): Promise<TransferResult<unknown>> {
  const range = await decodeWholeRange(task, signal);
  const { head, blocks, tail, facts } = range;
  // Empty ones may be shared: a buffer can be transferred only once.
  const buffers = [head, blocks, tail]
    .map((bytes) => bytes.buffer as ArrayBuffer)
    .filter(({ byteLength }) => byteLength > 0);
  return new TransferResult(range, [...new Set([...buffers, ...factBuffers(facts)])]);
}
