/** Worker tasks of a backup: a range of rows, a piece of a file, the hash of a file. */
import {
  type BytesTask,
  batchBuffers,
  chunkFilePiece,
  encodeWholeRange,
  factBuffers,
  type HashTask,
  hashFile,
  type RowsTask,
  transferable,
} from '../backup/index.js';
import { type TaskContext, TransferResult } from '../parallel/index.js';

export async function backupRange(
  task: RowsTask,
  { signal }: TaskContext,
): Promise<TransferResult<unknown>> {
  const result = await encodeWholeRange(task, signal);
  const { runs, facts, match } = result.summary;
  const buffers = [
    ...batchBuffers(result.batch),
    ...transferable(result.stored.bytes),
    runs.buffer,
    ...factBuffers(facts),
    ...(match === null ? [] : transferable(match.digestFile)),
  ];
  return new TransferResult(result, buffers);
}

export async function backupBytes(task: BytesTask): Promise<TransferResult<unknown>> {
  const result = await chunkFilePiece(task);
  return new TransferResult(result, batchBuffers(result.batch));
}

export async function hashFileTask(task: HashTask, { signal }: TaskContext): Promise<string> {
  return hashFile(task, signal);
}
