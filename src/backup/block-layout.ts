/**
 * How Data.db is cut into blocks: what stands where in the file, and how a block's bytes follow from
 * the native bytes in it. Reading checks every block against its checksum; block-packer.ts is the
 * way back; `exception` sees at backup time whether it will give the same bytes.
 *
 * Compressed (format reference, 13.2): payload, then u32 CRC-32 of it. Uncompressed: the native
 * bytes themselves, whose checksums are in CRC.db.
 */
import {
  type BlockCompressor,
  blockBound,
  compressor,
  crc32,
  crc32WithItself,
  LZ4_COMPRESSOR,
} from '../codec/index.js';
import type { CompressionInfo, DataChecksums } from '../components/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';

/** Behind the payload of each compressed block. */
export const CRC_BYTES = 4;
const PLAIN_BLOCK_BYTES = 64 * 1024;

/** A block whose stored bytes are not the ones that the encoder gives. */
export interface BlockException {
  readonly block: number;
  readonly payload: Uint8Array;
}

export interface BlockCompression {
  readonly compressor: string;
  readonly options: ReadonlyMap<string, string>;
  readonly maxCompressedLength: number;
}

/** The blocks of a file, or of a part of it; plain data, so that it can be sent to a worker. */
export interface BlockSpec {
  /** Native bytes of every block but the last. */
  readonly blockLength: number;
  /** Of the whole file. */
  readonly nativeBytes: number;
  /** Number of the block that `offsets` and `checksums` begin with. */
  readonly firstBlock: number;
  /** Where blocks begin in the file, and where the last one ends. */
  readonly offsets: Float64Array;
  /** CRC-32 of blocks that carry none themselves. */
  readonly checksums: Uint32Array | null;
  /** Null where the file is not compressed. */
  readonly compression: BlockCompression | null;
}

/** The blocks of an uncompressed Data.db. */
export function plainBlocks(nativeBytes: number, crc: DataChecksums | null): BlockSpec {
  const blockLength = crc?.chunkSize ?? PLAIN_BLOCK_BYTES;
  const count = Math.ceil(nativeBytes / blockLength);
  const offsets = Float64Array.from({ length: count + 1 }, (_, i) =>
    Math.min(nativeBytes, i * blockLength),
  );
  const checksums = crc?.checksums ?? null;
  return { blockLength, nativeBytes, firstBlock: 0, offsets, checksums, compression: null };
}

/** The blocks of a compressed Data.db that have native bytes; an empty last one is left out. */
export function compressedBlocks(info: CompressionInfo, fileBytes: number): BlockSpec {
  const count = Math.ceil(info.dataLength / info.chunkLength);
  const offsets = new Float64Array(count + 1);
  offsets.set(info.chunkOffsets.subarray(0, count + 1));
  if (info.chunkOffsets.length <= count) offsets[count] = fileBytes;
  return {
    blockLength: info.chunkLength,
    nativeBytes: info.dataLength,
    firstBlock: 0,
    offsets,
    checksums: null,
    compression: {
      compressor: info.compressor,
      options: info.options,
      maxCompressedLength: info.maxCompressedLength,
    },
  };
}

/** The blocks that hold the native bytes `from` to `to`; copies. */
export function sliceBlocks(spec: BlockSpec, from: number, to: number): BlockSpec {
  const first = Math.floor(from / spec.blockLength);
  const end = Math.ceil(to / spec.blockLength);
  return {
    ...spec,
    firstBlock: first,
    offsets: spec.offsets.slice(first - spec.firstBlock, end - spec.firstBlock + 1),
    checksums: spec.checksums?.slice(first - spec.firstBlock, end - spec.firstBlock) ?? null,
  };
}

/** Reads and judges the blocks of a spec. */
export class BlockReader {
  readonly spec: BlockSpec;
  readonly #where: ErrorDetails;
  readonly #codec: BlockCompressor | null;
  #scratch: Uint8Array | null = null;

  /** Throws SSTABLE_UNSUPPORTED_COMPRESSION. */
  constructor(spec: BlockSpec, where: ErrorDetails) {
    const { compression, blockLength } = spec;
    this.spec = spec;
    this.#where = where;
    this.#codec =
      compression === null
        ? null
        : compressor(compression.compressor, compression.options, blockLength);
  }

  /** Where block `i` begins in the file; the end of the last one for the block after it. */
  offset(i: number): number {
    return this.spec.offsets[i - this.spec.firstBlock] as number;
  }

  /** Whether kernels decode and judge its blocks, many in a call. */
  get isForKernels(): boolean {
    return this.#codec?.name === LZ4_COMPRESSOR && this.#codec.reproduces !== undefined;
  }

  /**
   * Decodes a stored block into all of `plain`; returns the CRC-32 of the block as it is stored.
   * Throws SSTABLE_CHECKSUM or SSTABLE_CORRUPT.
   */
  decode(i: number, stored: Uint8Array, plain: Uint8Array): number {
    const where = { offset: this.offset(i), ...this.#where };
    const codec = this.#codec;
    if (codec === null) {
      const expected = this.spec.checksums?.[i - this.spec.firstBlock];
      const crc = crc32(stored);
      if (expected !== undefined) checkCrc(stored.length, crc, expected, where);
      plain.set(stored);
      return crc;
    }
    const payload = checkedPayload(stored, where);
    const crc = crc32WithItself(checksumOf(stored));
    if (payload.length >= (this.spec.compression?.maxCompressedLength ?? 0)) {
      if (payload.length < plain.length) {
        throw new SstashError('SSTABLE_CORRUPT', 'an uncompressed block is too short', where);
      }
      plain.set(payload.subarray(0, plain.length));
      return crc;
    }
    try {
      codec.decode(payload, plain);
    } catch (error) {
      throw error instanceof SstashError ? error.with(where) : error;
    }
    return crc;
  }

  /** Null when the encoder gives the stored block of these native bytes; else its payload. */
  exception(i: number, stored: Uint8Array, plain: Uint8Array): BlockException | null {
    const { compression, blockLength } = this.spec;
    const codec = this.#codec;
    if (codec === null || compression === null) return null;
    const payload = stored.subarray(0, stored.length - CRC_BYTES);
    if (codec.reproduces !== undefined && payload.length < compression.maxCompressedLength) {
      return codec.reproduces(plain, payload) ? null : { block: i, payload: payload.slice() };
    }
    this.#scratch ??= new Uint8Array(blockBound(blockLength));
    const packed = codec.encodeInto?.(plain, this.#scratch) ?? -1;
    if (packed >= 0) {
      const again =
        packed < compression.maxCompressedLength
          ? this.#scratch.subarray(0, packed)
          : rawPayload(plain, compression.maxCompressedLength);
      if (Buffer.compare(payload, again) === 0) return null;
    }
    return { block: i, payload: payload.slice() };
  }
}

/** A stored block without its checksum, checked. */
export function checkedPayload(stored: Uint8Array, where: ErrorDetails): Uint8Array {
  if (stored.length < CRC_BYTES) {
    throw new SstashError('SSTABLE_TRUNCATED', 'a block has no room for its checksum', where);
  }
  const payload = stored.subarray(0, stored.length - CRC_BYTES);
  checkCrc(payload.length, crc32(payload), checksumOf(stored), where);
  return payload;
}

/** The checksum at the end of a stored block, or of what ends with one at `end`. */
export function checksumOf(stored: Uint8Array, end = stored.length): number {
  const at = end - CRC_BYTES;
  const high = ((stored[at] as number) << 8) | (stored[at + 1] as number);
  return ((high << 16) | ((stored[at + 2] as number) << 8) | (stored[at + 3] as number)) >>> 0;
}

/**
 * The payload that Cassandra writes for these native bytes, or null when this program has no encoder
 * for the compressor (writing rules, 3.1). May be `plain` itself.
 */
export function blockPayload(
  codec: BlockCompressor,
  plain: Uint8Array,
  maxCompressedLength: number,
): Uint8Array | null {
  const packed = codec.encode?.(plain) ?? null;
  if (packed === null || packed.length < maxCompressedLength) return packed;
  return rawPayload(plain, maxCompressedLength);
}

/** A block that is stored as it is, padded where it is too short to be told from a compressed one. */
export function rawPayload(plain: Uint8Array, maxCompressedLength: number): Uint8Array {
  if (plain.length >= maxCompressedLength) return plain;
  const padded = new Uint8Array(maxCompressedLength);
  padded.set(plain);
  return padded;
}

function checkCrc(length: number, found: number, expected: number, where: ErrorDetails): void {
  if (found === expected) return;
  throw new SstashError('SSTABLE_CHECKSUM', 'the checksum of a block does not match', {
    length,
    expected: String(expected),
    found: String(found),
    ...where,
  });
}
