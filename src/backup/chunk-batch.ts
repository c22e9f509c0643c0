/** Chunks on their way from a worker to the repository's writer: ids, frames and sizes, flat. */
import {
  type Compression,
  encodeFrame,
  OBJECT_ID_BYTES,
  objectId,
  type RepositoryWriter,
} from '../repository/index.js';
import type { ListedChunk } from './chunk-list.js';

export interface ChunkBatch {
  readonly count: number;
  readonly ids: Uint8Array;
  /** All frames back to back; frame i ends at `frameEnds[i]`. */
  readonly frames: Uint8Array;
  readonly frameEnds: Uint32Array;
  readonly rawLengths: Uint32Array;
  readonly leaves: Uint32Array;
}

/** What a worker needs to know of the repository to make chunks. */
export interface ChunkerOptions {
  readonly idsKey: Uint8Array;
  readonly compression: Compression;
  readonly averageBytes: number;
  readonly maxBytes: number;
}

export class BatchBuilder {
  readonly #options: ChunkerOptions;
  #ids: Uint8Array[] = [];
  #frames: Uint8Array[] = [];
  #rawLengths: number[] = [];
  #leaves: number[] = [];
  /** Bytes of the frames so far. */
  frameBytes = 0;

  constructor(options: ChunkerOptions) {
    this.#options = options;
  }

  /** Adds a chunk; `raw` may be used again afterwards. */
  add(raw: Uint8Array, leaves: number): void {
    const frame = encodeFrame(raw, this.#options.compression);
    this.#ids.push(objectId(this.#options.idsKey, raw));
    this.#frames.push(frame);
    this.#rawLengths.push(raw.length);
    this.#leaves.push(leaves);
    this.frameBytes += frame.length;
  }

  /** What was added since the last call. */
  take(): ChunkBatch {
    const count = this.#ids.length;
    const ids = new Uint8Array(count * OBJECT_ID_BYTES);
    const frames = new Uint8Array(this.frameBytes);
    const frameEnds = new Uint32Array(count);
    let end = 0;
    for (let i = 0; i < count; i++) {
      ids.set(this.#ids[i] as Uint8Array, i * OBJECT_ID_BYTES);
      frames.set(this.#frames[i] as Uint8Array, end);
      end += (this.#frames[i] as Uint8Array).length;
      frameEnds[i] = end;
    }
    const rawLengths = Uint32Array.from(this.#rawLengths);
    const leaves = Uint32Array.from(this.#leaves);
    this.#ids = [];
    this.#frames = [];
    this.#rawLengths = [];
    this.#leaves = [];
    this.frameBytes = 0;
    return { count, ids, frames, frameEnds, rawLengths, leaves };
  }
}

/** Buffers of a batch that may be transferred. */
export function batchBuffers(batch: ChunkBatch): ArrayBuffer[] {
  const { ids, frames, frameEnds, rawLengths, leaves } = batch;
  return [ids, frames, frameEnds, rawLengths, leaves].map((array) => array.buffer as ArrayBuffer);
}

/** Raw bytes that a batch brought, and how many of them the repository did not have. */
export interface StoredCount {
  rawBytes: number;
  newRawBytes: number;
}

/** Gives a batch to the writer; returns its chunks for a list. */
export async function storeBatch(
  writer: RepositoryWriter,
  batch: ChunkBatch,
  count: StoredCount,
): Promise<ListedChunk[]> {
  const chunks: ListedChunk[] = [];
  const known = new Uint8Array(batch.count);
  let anyKnown = false;
  for (let i = 0; i < batch.count; i++) {
    if (writer.has(idAt(batch, i))) {
      known[i] = 1;
      anyKnown = true;
    }
  }
  for (let i = 0; i < batch.count; i++) {
    const id = idAt(batch, i).slice();
    const start = i === 0 ? 0 : (batch.frameEnds[i - 1] as number);
    const rawLength = batch.rawLengths[i] as number;
    const view = batch.frames.subarray(start, batch.frameEnds[i] as number);
    // A view keeps the whole batch in memory until its pack is written: only worth it if all is new.
    const frame = anyKnown && known[i] === 0 ? view.slice() : view;
    const isNew = await writer.putFrame('chunk', id, frame, rawLength);
    count.rawBytes += rawLength;
    if (isNew) count.newRawBytes += rawLength;
    chunks.push({ id, rawLength, leaves: batch.leaves[i] as number });
  }
  return chunks;
}

function idAt(batch: ChunkBatch, i: number): Uint8Array {
  return batch.ids.subarray(i * OBJECT_ID_BYTES, (i + 1) * OBJECT_ID_BYTES);
}
