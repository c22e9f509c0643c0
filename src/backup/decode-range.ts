/** One range of an SSTable out of the repository: chunks of leaves to native bytes and blocks. */
import { NativeEncoder } from '../canonical/index.js';
import { loadCompressor } from '../codec/index.js';
import {
  formatVersion,
  type PartitionBatch,
  PartitionScanner,
  parseStatistics,
} from '../components/index.js';
import { SstashError } from '../errors.js';
import { BytePool } from '../io/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import { openStore } from '../store/index.js';
import { assembleLeaves } from './assemble-leaves.js';
import type { BlockException } from './block-layout.js';
import { BlockPacker, type PackedBlocks, type PackerOptions } from './block-packer.js';
import { decodeChunkList } from './chunk-list.js';
import { decodeExceptions } from './exceptions.js';
import { type PackedPlaces, unpackPlaces } from './read-stream.js';
import { LeafChunkReader, restoreSlab } from './slabs/index.js';

export interface DecodeTask {
  /** Where the store is opened. */
  readonly location: string;
  readonly idsKey: Uint8Array;
  /** Bytes of the chunk list, and where its chunks lie. */
  readonly list: Uint8Array;
  readonly chunks: PackedPlaces;
  readonly format: string;
  readonly version: string;
  readonly statistics: Uint8Array;
  readonly liveComplexDeletionTime: number;
  /** Native position and length of the range. */
  readonly position: number;
  readonly nativeBytes: number;
  /** Null where Data.db is not compressed. */
  readonly blocks: PackerOptions | null;
  /** Bytes of the exceptional blocks that begin in the range. */
  readonly exceptions: Uint8Array | null;
  /** Bytes after which a block of a row index ends, where partitions are to be described. */
  readonly columnIndexSize: number | null;
  /** Memory for what they say. */
  readonly factRoom?: SharedArrayBuffer;
  /** File as errors name it. */
  readonly file: string;
  /** Memory for the blocks, or for native bytes. */
  readonly room?: SharedArrayBuffer;
  /** Where the slab lies that holds the range, if one does. */
  readonly slab: PackedPlaces | null;
}

const NO_BYTES = new Uint8Array(0);
/** Memory for this thread's chunks, from range to range: those of a few streams, of 2 MiB together. */
const pool = new BytePool(16 * 1024 * 1024);

export interface DecodedRange extends PackedBlocks {
  readonly blockCount: number;
  /** What the partitions say to index components; null where it was not asked for. */
  readonly facts: PartitionBatch | null;
  /** The block that goes on in the next range, where it is not encoded again. */
  readonly edge: BlockException | null;
  /** Bytes of packs that were read for it. */
  readonly bytesRead: number;
}

/** What reads the chunks of a range; it counts what it reads. Whole files are compared in the end. */
export function readerOf(task: DecodeTask): LeafChunkReader {
  return new LeafChunkReader(openStore(task.location), task.idsKey, false, pool);
}

/** Native bytes of the range, piece by piece; throws REPOSITORY_CORRUPT when they are not as many. */
export async function* decodeNative(
  task: DecodeTask,
  reader: LeafChunkReader,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const version = formatVersion(task.format, task.version);
  const { header } = parseStatistics(task.statistics, version);
  const { liveComplexDeletionTime } = task;
  const where = { file: task.file, component: 'Data.db' };
  const encoder = new NativeEncoder({ header, version, liveComplexDeletionTime }, where);
  let length = 0;
  const list = decodeChunkList(task.list);
  const places = unpackPlaces(task.chunks);
  const memory = { pool, window: (bytes: number) => encoder.window(bytes) };
  try {
    for await (const raw of assembleLeaves(reader, list, places, memory, signal)) {
      throwIfInterrupted(signal);
      const native = encoder.push(raw);
      length += native.length;
      yield native;
    }
    const end = encoder.finish();
    length += end.length;
    yield end;
  } finally {
    encoder.close();
  }
  if (length === task.nativeBytes) return;
  throw new SstashError('REPOSITORY_CORRUPT', 'a range does not have the length it had', {
    ...where,
    uncompressedOffset: task.position,
    expected: `${task.nativeBytes} bytes`,
    found: `${length} bytes`,
  });
}

/** Describes the partitions of a range; null where that was not asked for. */
export function scannerOf(task: DecodeTask): PartitionScanner | null {
  const { columnIndexSize, position } = task;
  if (columnIndexSize === null) return null;
  const version = formatVersion(task.format, task.version);
  const { header } = parseStatistics(task.statistics, version);
  return new PartitionScanner({ header, version, columnIndexSize, position });
}

/** Throws SSTABLE_TRUNCATED, which a range of whole partitions never is. */
export function factsOf(
  scanner: PartitionScanner | null,
  room?: SharedArrayBuffer,
): PartitionBatch | null {
  scanner?.end();
  return scanner?.take(room) ?? null;
}

/** Worker side: a whole range in one answer. */
export async function decodeWholeRange(
  task: DecodeTask,
  signal?: AbortSignal,
): Promise<DecodedRange> {
  if (task.slab !== null) return decodeSlab(task, task.slab);
  const scanner = scannerOf(task);
  const reader = readerOf(task);
  if (task.blocks === null) {
    const native = nativeBuffer(task);
    let length = 0;
    for await (const piece of decodeNative(task, reader, signal)) {
      // Too long a range is an error at its end; until then nothing is written outside.
      scanner?.push(piece);
      native.set(piece.subarray(0, native.length - length), length);
      length = Math.min(native.length, length + piece.length);
    }
    const nothing = { blocks: NO_BYTES, lengths: [], crc: 0, tail: NO_BYTES, blockCount: 0 };
    const { bytesRead } = reader;
    return {
      head: native,
      ...nothing,
      edge: null,
      facts: factsOf(scanner, task.factRoom),
      bytesRead,
    };
  }
  const exceptions = task.exceptions === null ? new Map() : decodeExceptions(task.exceptions);
  await loadCompressor(task.blocks.compressor);
  const packer = new BlockPacker(task.blocks, task.position, exceptions, task.room);
  const first = packer.block;
  for await (const piece of decodeNative(task, reader, signal)) {
    scanner?.push(piece);
    packer.push(piece);
  }
  const blocks = packer.finish();
  const blockCount = packer.block - first;
  const { bytesRead } = reader;
  return { ...blocks, blockCount, edge: null, facts: factsOf(scanner, task.factRoom), bytesRead };
}

async function decodeSlab(task: DecodeTask, place: PackedPlaces): Promise<DecodedRange> {
  const [object] = unpackPlaces(place);
  if (object === undefined) throw new TypeError('a slab has a place');
  const store = openStore(task.location);
  let scanner: PartitionScanner | null = null;
  const made = await restoreSlab(store, task.idsKey, object, task, () => {
    const fresh = scannerOf(task);
    scanner = fresh;
    return (bytes) => fresh?.push(bytes);
  });
  return { ...made, blockCount: made.lengths.length, facts: factsOf(scanner, task.factRoom) };
}

/** An array for all native bytes of a range, in the room that came with the task if it suffices. */
function nativeBuffer({ room, nativeBytes }: DecodeTask): Uint8Array {
  if (room === undefined || room.byteLength < nativeBytes) return new Uint8Array(nativeBytes);
  return new Uint8Array(room, 0, nativeBytes);
}
