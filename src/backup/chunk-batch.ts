/** Chunks on their way from a worker to the repository's writer: ids, frames and sizes, flat. */
import {
  type Compression,
  encodeFrameInto,
  encodeSmallFrame,
  frameBound,
  OBJECT_ID_BYTES,
  objectId,
} from '../repository/index.js';
import type { ListedChunk } from './chunk-list.js';
import type { CountedWriter } from './counted-writer.js';
import type { StoredKind } from './counts.js';
import { transferable } from './rooms.js';

export interface ChunkBatch {
  readonly count: number;
  readonly ids: Uint8Array;
  /** All frames back to back, maybe with room behind; frame i ends at `frameEnds[i]`. */
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
  readonly #expectedBytes: number;
  #ids: Uint8Array[] = [];
  #frames: Uint8Array = new Uint8Array(0);
  #frameEnds: number[] = [];
  #rawLengths: number[] = [];
  #leaves: number[] = [];
  /** Bytes of the frames so far. */
  frameBytes = 0;
  /** Compress well rather than fast. */
  isSmall = false;

  /**
   * @param expectedBytes about how many bytes of frames will come
   * @param room memory that is not needed any more, to be used for them
   */
  constructor(options: ChunkerOptions, expectedBytes: number, room?: ArrayBufferLike) {
    this.#options = options;
    this.#expectedBytes = expectedBytes;
    if (room !== undefined) this.#frames = new Uint8Array(room);
  }

  /** Adds a chunk; `raw` may be used again afterwards. */
  add(raw: Uint8Array, leaves: number): void {
    const { compression } = this.#options;
    const target = this.#room(frameBound(raw.length));
    if (this.isSmall) {
      const frame = encodeSmallFrame(raw, compression);
      target.set(frame);
      this.frameBytes += frame.length;
    } else {
      this.frameBytes += encodeFrameInto(raw, compression, target);
    }
    this.addUnframed(raw, leaves);
  }

  /** Adds a chunk that needs no frame of its own, since its rows are kept in a slab. */
  addUnframed(raw: Uint8Array, leaves: number): void {
    this.#frameEnds.push(this.frameBytes);
    this.#ids.push(objectId(this.#options.idsKey, raw));
    this.#rawLengths.push(raw.length);
    this.#leaves.push(leaves);
  }

  #room(bytes: number): Uint8Array {
    const needed = this.frameBytes + bytes;
    if (needed > this.#frames.length) {
      const grown = new Uint8Array(
        Math.max(needed, this.#expectedBytes, this.#frames.length * 1.5),
      );
      grown.set(this.#frames.subarray(0, this.frameBytes));
      this.#frames = grown;
    }
    return this.#frames.subarray(this.frameBytes, needed);
  }

  /** What was added since the last call; its frames are valid until more is added. */
  take(): ChunkBatch {
    const count = this.#ids.length;
    const ids = new Uint8Array(count * OBJECT_ID_BYTES);
    for (let i = 0; i < count; i++) ids.set(this.#ids[i] as Uint8Array, i * OBJECT_ID_BYTES);
    const batch = {
      count,
      ids,
      frames: this.#frames,
      frameEnds: Uint32Array.from(this.#frameEnds),
      rawLengths: Uint32Array.from(this.#rawLengths),
      leaves: Uint32Array.from(this.#leaves),
    };
    this.#ids = [];
    this.#frameEnds = [];
    this.#rawLengths = [];
    this.#leaves = [];
    this.frameBytes = 0;
    return batch;
  }
}

/** Buffers of a batch that may be transferred. */
export function batchBuffers(batch: ChunkBatch): ArrayBuffer[] {
  const { ids, frames, frameEnds, rawLengths, leaves } = batch;
  return [ids, frames, frameEnds, rawLengths, leaves].flatMap(transferable);
}

/** Raw bytes and leaves that batches brought, and how many of them the repository did not have. */
export interface StoredCount {
  rawBytes: number;
  newRawBytes: number;
  leaves: number;
  newLeaves: number;
}

export const noneStored = (): StoredCount => {
  return { rawBytes: 0, newRawBytes: 0, leaves: 0, newLeaves: 0 };
};

/** Gives a batch to the writer, which copies what it keeps; returns its chunks for a list. */
export async function storeBatch(
  writer: CountedWriter,
  kind: StoredKind,
  batch: ChunkBatch,
  count: StoredCount,
): Promise<ListedChunk[]> {
  const chunks: ListedChunk[] = [];
  for (let i = 0; i < batch.count; i++) {
    const chunk = listedAt(batch, i);
    const { id, rawLength, leaves } = chunk;
    const start = i === 0 ? 0 : (batch.frameEnds[i - 1] as number);
    const frame = batch.frames.subarray(start, batch.frameEnds[i] as number);
    const isNew = await writer.putFrame(kind, id, frame, rawLength);
    count.rawBytes += rawLength;
    count.leaves += leaves;
    if (isNew) {
      count.newRawBytes += rawLength;
      count.newLeaves += leaves;
    }
    chunks.push(chunk);
  }
  return chunks;
}

/** Chunk `i` of a batch; its id is a copy. */
export function listedAt({ ids, rawLengths, leaves }: ChunkBatch, i: number): ListedChunk {
  return {
    id: ids.slice(i * OBJECT_ID_BYTES, (i + 1) * OBJECT_ID_BYTES),
    rawLength: rawLengths[i] as number,
    leaves: leaves[i] as number,
  };
}
