/**
 * The head of a slab: blocks of a range of Data.db that are kept as they were found, with what it
 * takes to read single chunks of leaves out of them. The blocks follow the head's frame in the pack.
 *
 * | part | content |
 * |---|---|
 * | form | u8, 1 |
 * | version | uvint length, format (`big`, `bti`); uvint length, version letters |
 * | header | uvint length, HEADER of Statistics.db: how rows are read; svint local deletion time of live complex deletions |
 * | compression | uvint length, compressor; uvint options, each uvint length, key, uvint length, value; uvint block length; uvint greatest compressed length |
 * | range | uvint native bytes of the first block that stand before it; uvint its native bytes; uvint native bytes of the last block |
 * | blocks | uvint count; per block uvint stored bytes, checksum included; u32 CRC-32 of all of them |
 * | chunks | uvint count; the first 8 bytes of each id; then columns of uvint: native bytes; raw (canonical) bytes; native size of the record before, 0 where the chunk begins with a partition |
 */
import { ByteWriter, toHex } from '../../binary/index.js';
import { type ErrorDetails, SstashError } from '../../errors.js';
import { checkLimit } from '../../limits.js';
import { parseRepositoryBytes } from '../../repository/index.js';
import type { BlockCompression } from '../block-layout.js';

const FORM = 1;
const CHUNK_KEY_BYTES = 8;

export interface SlabCompression extends BlockCompression {
  readonly blockLength: number;
}

/** Chunks of leaves in the order of the range; parallel columns. */
export interface SlabChunks {
  readonly count: number;
  /** First bytes of their ids, CHUNK_KEY_BYTES each: enough to find one, and no proof. */
  readonly keys: Uint8Array;
  /** From the first byte of a chunk's first leaf to that of the next chunk. */
  readonly nativeBytes: ArrayLike<number>;
  readonly rawLengths: ArrayLike<number>;
  /** Native size of the record before the first one, 0 where that is a partition's head. */
  readonly previousSizes: ArrayLike<number>;
}

export interface SlabHead {
  readonly format: string;
  readonly version: string;
  /** HEADER of Statistics.db. */
  readonly header: Uint8Array;
  readonly liveComplexDeletionTime: number;
  readonly compression: SlabCompression;
  /** Native bytes of the first block that belong to the range before. */
  readonly lead: number;
  /** Native bytes of the range. */
  readonly nativeBytes: number;
  /** Native bytes of the last block, which ends the file where it is shorter than the others. */
  readonly lastBlockBytes: number;
  /** Stored bytes of each block. */
  readonly blocks: readonly number[];
  /** CRC-32 of the blocks: the same rows in other blocks are another slab. */
  readonly crc32: number;
  readonly chunks: SlabChunks;
}

const encoder = new TextEncoder();

export function encodeSlabHead(head: SlabHead): Uint8Array {
  const { compression, blocks, chunks, header } = head;
  const writer = new ByteWriter(header.length + 256 + blocks.length * 3 + chunks.count * 16);
  const text = (value: string): void => writer.vintBytes(encoder.encode(value));
  const column = (values: ArrayLike<number>): void => {
    for (let i = 0; i < values.length; i++) writer.uvint(values[i] as number);
  };
  writer.u8(FORM);
  text(head.format);
  text(head.version);
  writer.vintBytes(header);
  writer.svint(head.liveComplexDeletionTime);
  text(compression.compressor);
  writer.uvint(compression.options.size);
  for (const [key, value] of compression.options) {
    text(key);
    text(value);
  }
  column([compression.blockLength, compression.maxCompressedLength]);
  column([head.lead, head.nativeBytes, head.lastBlockBytes, blocks.length]);
  column(blocks);
  writer.u32(head.crc32);
  writer.uvint(chunks.count);
  writer.bytes(chunks.keys);
  column(chunks.nativeBytes);
  column(chunks.rawLengths);
  column(chunks.previousSizes);
  return writer.toBytes();
}

/** Byte arrays are views; throws REPOSITORY_CORRUPT, REPOSITORY_UNSUPPORTED or LIMIT_EXCEEDED. */
export function decodeSlabHead(bytes: Uint8Array, where: ErrorDetails = {}): SlabHead {
  return parseRepositoryBytes(bytes, where, (reader) => {
    const form = reader.u8();
    if (form !== FORM) throw unsupported(form, where);
    const column = (what: string, count: number): number[] => {
      if (count > reader.remaining) throw reader.corrupt(`a slab says it has ${count} ${what}`);
      return Array.from({ length: count }, () => reader.uvint(what));
    };
    const format = reader.vintString('format');
    const version = reader.vintString('version');
    const header = reader.vintBytes('header');
    const liveComplexDeletionTime = reader.svint('local deletion time');
    const compressor = reader.vintString('compressor');
    const options = new Map<string, string>();
    for (let left = reader.uvint('options'); left > 0; left--) {
      options.set(reader.vintString('option'), reader.vintString('value'));
    }
    const [blockLength = 0, maxCompressedLength = 0] = column('lengths', 2);
    checkLimit('blockBytesMax', blockLength, where);
    const [lead = 0, nativeBytes = 0, lastBlockBytes = 0] = column('sizes', 3);
    const blocks = column('blocks', reader.uvint('number of blocks'));
    const crc32 = reader.u32();
    const plain = (blocks.length - 1) * blockLength + lastBlockBytes;
    const fits = lastBlockBytes <= blockLength && lead < blockLength && lead + nativeBytes <= plain;
    if (blockLength === 0 || !fits)
      throw reader.corrupt('the blocks of a slab do not fit its range');
    const count = reader.uvint('number of chunks');
    if (count * CHUNK_KEY_BYTES > reader.remaining) {
      throw reader.corrupt(`a slab says it has ${count} chunks`);
    }
    const chunks = {
      count,
      keys: reader.view8(count * CHUNK_KEY_BYTES),
      nativeBytes: column('native bytes', count),
      rawLengths: column('raw bytes', count),
      previousSizes: column('sizes', count),
    };
    if (chunks.nativeBytes.reduce((sum, n) => sum + n, 0) !== nativeBytes) {
      throw reader.corrupt('the chunks of a slab have another length than its range');
    }
    if (reader.remaining > 0) throw reader.corrupt('bytes follow the head of a slab');
    const compression = { compressor, options, blockLength, maxCompressedLength };
    const range = { lead, nativeBytes, lastBlockBytes };
    const rows = { header, liveComplexDeletionTime };
    return { format, version, ...rows, compression, ...range, blocks, crc32, chunks };
  });
}

function unsupported(form: number, where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_UNSUPPORTED', `a slab of form ${form} is not known`, {
    hint: 'Use a newer sstash.',
    ...where,
  });
}

/** What the head of a slab keeps of an id. */
export function chunkKey(id: Uint8Array): Uint8Array {
  return id.subarray(0, CHUNK_KEY_BYTES);
}

/** The number of each chunk, by the key of its id as hex. */
export function chunkNumbers({ count, keys }: SlabChunks): Map<string, number> {
  const numbers = new Map<string, number>();
  for (let i = 0; i < count; i++) numbers.set(toHex(keyOf(keys, i)), i);
  return numbers;
}

function keyOf(keys: Uint8Array, i: number): Uint8Array {
  return keys.subarray(i * CHUNK_KEY_BYTES, (i + 1) * CHUNK_KEY_BYTES);
}

/** Whether chunk `i` may have this id: two chunks have the same where rows of two partitions do. */
export function isChunk({ keys }: SlabChunks, i: number, id: Uint8Array): boolean {
  const from = i * CHUNK_KEY_BYTES;
  for (let at = 0; at < CHUNK_KEY_BYTES; at++) if (keys[from + at] !== id[at]) return false;
  return true;
}

/**
 * Stored bytes of the blocks that count as each chunk's own: those that end in it, and for the last
 * chunk the rest. They add up to all blocks.
 */
export function ownBytes({ lead, compression, blocks, chunks }: SlabHead): number[] {
  const { blockLength } = compression;
  let block = 0;
  let end = lead;
  return Array.from({ length: chunks.count }, (_, i) => {
    end += chunks.nativeBytes[i] as number;
    const isLast = i + 1 === chunks.count;
    let bytes = 0;
    while (block < blocks.length && (isLast || (block + 1) * blockLength <= end)) {
      bytes += blocks[block++] as number;
    }
    return bytes;
  });
}
