/** Worker task of a restore: chunks of a range to the blocks of Data.db. */
import { type DecodeTask, decodeWholeRange } from '../backup/index.js';
import { type TaskContext, TransferResult } from '../parallel/index.js';

export async function restoreRange(
  task: DecodeTask,
  { signal }: TaskContext,
): Promise<TransferResult<unknown>> {
  const range = await decodeWholeRange(task, signal);
  const buffers = [range.head, range.tail, ...range.blocks].map(
    (bytes) => bytes.buffer as ArrayBuffer,
  );
  return new TransferResult(range, [...new Set(buffers)]);
}
