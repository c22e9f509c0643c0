/** Worker side of a backup: what a range's slab needs beside its blocks, gathered while it is walked. */
import type { LeafWindow } from '../../canonical/index.js';
import { combineCrc32, crc32 } from '../../codec/index.js';
import { encodeSmallFrame, objectId } from '../../repository/index.js';
import type { StoredBytes } from '../block-feed.js';
import type { BlockSpec } from '../block-layout.js';
import { type ChunkBatch, type ChunkerOptions, listedAt } from '../chunk-batch.js';
import { chunkKey, encodeSlabHead, ownBytes, type SlabHead } from './slab-head.js';

/** What is stored with the blocks that begin in a range, to make them a slab. */
export interface SlabPart {
  readonly id: Uint8Array;
  readonly frame: Uint8Array;
  readonly rawLength: number;
  /** The stored block that the range begins inside of, or nothing. */
  readonly lead: Uint8Array;
  /** Stored bytes that count as those of each chunk. */
  readonly ownBytes: Uint32Array;
}

/** What all ranges of an SSTable have in common. */
export type SlabSource = Pick<
  SlabHead,
  'format' | 'version' | 'header' | 'liveComplexDeletionTime'
>;

export class SlabBuilder {
  readonly #source: SlabSource;
  readonly #starts: number[] = [];
  readonly #previousSizes: number[] = [];
  #window: LeafWindow | null = null;
  #base = 0;
  /** Native position of the last leaf before the window, and of the last one in it. */
  #before = 0;
  #last = 0;

  constructor(source: SlabSource) {
    this.#source = source;
  }

  /** Before the leaves of a window, whose first native byte is at `base`, are added to chunks. */
  window(window: LeafWindow, base: number): void {
    const { leafCount, leafStarts } = window;
    this.#before = this.#last;
    if (leafCount > 0) this.#last = base + (leafStarts[leafCount - 1] as number);
    this.#window = window;
    this.#base = base;
  }

  /** A chunk begins with this leaf of the window. */
  begin(leaf: number): void {
    const { leafStarts, leafIsHead } = this.#window as LeafWindow;
    const start = this.#base + (leafStarts[leaf] as number);
    const before = leaf === 0 ? this.#before : this.#base + (leafStarts[leaf - 1] as number);
    this.#starts.push(start);
    this.#previousSizes.push(leafIsHead[leaf] === 1 ? 0 : start - before);
  }

  finish(range: FinishedRange, { idsKey, compression }: ChunkerOptions): SlabPart {
    const { lead } = range;
    const head = this.#head(range);
    const raw = encodeSlabHead(head);
    const frame = encodeSmallFrame(raw, compression);
    const own = Uint32Array.from(ownBytes(head));
    return { id: objectId(idsKey, raw), frame, rawLength: raw.length, lead, ownBytes: own };
  }

  #head({ from, to, batch, lead, stored, spec }: FinishedRange): SlabHead {
    const { blockLength, nativeBytes, firstBlock, offsets } = spec;
    if (spec.compression === null) throw new TypeError('plain blocks make no slab');
    const count = offsets.length - 1;
    const blocks = Array.from(
      { length: count },
      (_, i) => (offsets[i + 1] as number) - (offsets[i] as number),
    );
    const start = firstBlock * blockLength;
    const last = start + (count - 1) * blockLength;
    const ends = [...this.#starts.slice(1), to];
    return {
      ...this.#source,
      compression: { ...spec.compression, blockLength },
      lead: from - start,
      nativeBytes: to - from,
      lastBlockBytes: Math.min(blockLength, nativeBytes - last),
      blocks,
      crc32: combineCrc32(crc32(lead), stored.crc, stored.bytes.length),
      chunks: {
        count: batch.count,
        keys: keysOf(batch),
        nativeBytes: ends.map((end, i) => end - (this.#starts[i] as number)),
        rawLengths: batch.rawLengths,
        previousSizes: this.#previousSizes,
      },
    };
  }
}

export interface FinishedRange {
  /** Native positions. */
  readonly from: number;
  readonly to: number;
  /** All chunks of the range. */
  readonly batch: ChunkBatch;
  readonly lead: Uint8Array;
  /** The blocks that begin in the range. */
  readonly stored: StoredBytes;
  /** The blocks of the range, and no others. */
  readonly spec: BlockSpec;
}

function keysOf(batch: ChunkBatch): Uint8Array {
  const ids = Array.from({ length: batch.count }, (_, i) => listedAt(batch, i).id);
  return new Uint8Array(Buffer.concat(ids.map(chunkKey)));
}
