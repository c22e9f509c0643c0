/**
 * Plain bytes into the repository: read and chunked in workers piece by piece, hashed as a whole.
 * A chunk never spans two pieces; a piece begins at a multiple of its size.
 */
import { createHash } from 'node:crypto';
import { toHex } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { openFile, readWholeFile } from '../io/index.js';
import { type Executor, mapOrdered, throwIfInterrupted } from '../parallel/index.js';
import { byteChunks } from './byte-chunks.js';
import {
  BatchBuilder,
  type ChunkBatch,
  type ChunkerOptions,
  type StoredCount,
  storeBatch,
} from './chunk-batch.js';
import { encodeChunkList, type ListedChunk, wholeChunks } from './chunk-list.js';
import type { CountedWriter } from './counted-writer.js';
import type { StoredKind } from './counts.js';
import type { Matching } from './match/index.js';
import { idText, type StreamRef } from './records.js';
import type { Rooms } from './rooms.js';

export const PIECE_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
/** Files that cost a worker more to ask for than to store. */
const SMALL_FILE_BYTES = 128 * 1024;
const INLINE_CHUNKS_MAX = 8;
const LIST_CHUNKS_MAX = 4096;

export interface BytesTask {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly chunker: ChunkerOptions;
  /** SHA-256 of the piece is wanted. */
  readonly hash: boolean;
}

export interface BytesResult {
  readonly batch: ChunkBatch;
  readonly sha256: string;
}

/** Worker side: one piece of a file. */
export async function chunkFilePiece(task: BytesTask): Promise<BytesResult> {
  const file = await openFile(task.path);
  try {
    const bytes = await file.read(task.from, task.to - task.from);
    return { batch: chunkBytes(bytes, task.chunker), sha256: task.hash ? sha256(bytes) : '' };
  } finally {
    await file.close();
  }
}

function chunkBytes(bytes: Uint8Array, options: ChunkerOptions): ChunkBatch {
  const builder = new BatchBuilder(options, bytes.length);
  for (const chunk of byteChunks(bytes, options.averageBytes)) builder.add(chunk, 0);
  return builder.take();
}

/** 64 hex digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface HashTask {
  readonly path: string;
  readonly bytes: number;
}

/** Worker side: SHA-256 of a whole file, which must have the size it had when it was found. */
export async function hashFile(task: HashTask, signal?: AbortSignal): Promise<string> {
  const file = await openFile(task.path);
  try {
    if (file.size !== task.bytes) throw changed(task.path, task.bytes, file.size);
    const hash = createHash('sha256');
    const buffer = new Uint8Array(READ_BYTES);
    for (let position = 0; position < file.size; position += READ_BYTES) {
      throwIfInterrupted(signal);
      hash.update(await file.read(position, Math.min(READ_BYTES, file.size - position), buffer));
    }
    return toHex(hash.digest());
  } finally {
    await file.close();
  }
}

async function readSmall(path: string, size: number): Promise<Uint8Array> {
  const bytes = await readWholeFile(path, SMALL_FILE_BYTES);
  if (bytes.length !== size) throw changed(path, size, bytes.length);
  return bytes;
}

function changed(path: string, expected: number, found: number): SstashError {
  return new SstashError('READ_FAILED', 'the file changed while it was backed up', {
    file: path,
    expected: `${expected} bytes`,
    found: `${found} bytes`,
    hint: 'Back up a snapshot (nodetool snapshot), or run the command again.',
  });
}

export interface StoreContext {
  readonly writer: CountedWriter;
  readonly executor: Executor;
  readonly chunker: ChunkerOptions;
  readonly signal?: AbortSignal;
  /** Ranges with more native bytes are not sent to a worker (rows-task.ts). */
  readonly answerBytesMax: number;
  /** Ranges with fewer native bytes do not become slabs (store-slab.ts). */
  readonly slabBytesMin: number;
  /** Memory for what workers give. */
  readonly rooms: Rooms;
  readonly smallRooms: Rooms;
  /** How rows that are stored already are found. */
  readonly matching: Matching;
  /** Called before bytes are read, to slow down and to count. */
  readonly reading: (bytes: number) => Promise<void>;
}

/** Stores a whole file as plain bytes. */
export async function storeFile(
  context: StoreContext,
  kind: StoredKind,
  { path, size }: { readonly path: string; readonly size: number },
  count: StoredCount,
): Promise<StreamRef> {
  if (size <= SMALL_FILE_BYTES) {
    await context.reading(size);
    return storeBytes(context, kind, await readSmall(path, size), count);
  }
  const { executor, chunker } = context;
  const options = context.signal === undefined ? {} : { signal: context.signal };
  const starts = Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, i) => i * PIECE_BYTES);
  const whole = starts.length <= 1;
  const hashing = whole
    ? Promise.resolve('')
    : executor.run<string>('hash-file', { path, bytes: size } satisfies HashTask, options);
  hashing.catch(() => undefined);
  const chunks: ListedChunk[] = [];
  let hash = sha256(new Uint8Array(0));
  const results = mapOrdered(starts, executor.concurrency + 1, async (from) => {
    const to = Math.min(size, from + PIECE_BYTES);
    await context.reading(to - from);
    const task: BytesTask = { path, from, to, chunker, hash: whole };
    return executor.run<BytesResult>('backup-bytes', task, options);
  });
  for await (const { batch, sha256: pieceHash } of results) {
    hash = pieceHash;
    chunks.push(...(await storeBatch(context.writer, kind, batch, count)));
  }
  return streamOf(context.writer, size, whole ? hash : await hashing, chunks);
}

/** Stores bytes in memory as a stream. */
export async function storeBytes(
  context: Pick<StoreContext, 'writer' | 'chunker'>,
  kind: StoredKind,
  bytes: Uint8Array,
  count: StoredCount,
): Promise<StreamRef> {
  const batch = chunkBytes(bytes, context.chunker);
  const chunks = await storeBatch(context.writer, kind, batch, count);
  return streamOf(context.writer, bytes.length, sha256(bytes), chunks);
}

async function streamOf(
  writer: CountedWriter,
  bytes: number,
  hash: string,
  chunks: readonly ListedChunk[],
): Promise<StreamRef> {
  if (chunks.length <= INLINE_CHUNKS_MAX) {
    return { bytes, sha256: hash, chunks: chunks.map(({ id }) => idText(id)) };
  }
  const lists: string[] = [];
  for (let i = 0; i < chunks.length; i += LIST_CHUNKS_MAX) {
    const list = encodeChunkList(wholeChunks(chunks.slice(i, i + LIST_CHUNKS_MAX)));
    lists.push(idText(await writer.put('lists', list)));
  }
  return { bytes, sha256: hash, lists };
}
