/**
 * The frame around everything in a repository but its config: chunks and other objects, pack
 * indexes, index fragments, manifests.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 1 | codec: 0 stored, 1 LZ4 block, 2 raw Deflate; bit 80 is reserved for encryption |
 * | 1 | 4 | u32, big-endian: raw length |
 * | 5 | | payload: the raw bytes, one raw LZ4 block, or one raw Deflate stream |
 *
 * Chunks of rows are LZ4, for speed; what describes them is Deflate, which makes columns of small numbers
 * half as large. A frame is stored where neither would make it smaller and above 16 MiB.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { lz4Bound, lz4DecodeBlock, lz4EncodeInto } from '../codec/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../errors.js';
import { type BytePool, NO_POOL } from '../io/index.js';
import { checkLimit, LIMITS } from '../limits.js';

export const FRAME_HEADER_BYTES = 5;
const CODEC_STORED = 0;
const CODEC_LZ4 = 1;
const CODEC_DEFLATE = 2;
/**
 * Trees of large SSTables are mostly sums of digests, of which a longer search finds next to nothing
 * (4.5 MB: 0.6 % less in 2.6 times the time).
 */
const QUICK_FROM_BYTES = 1024 * 1024;
const QUICK = { level: 3 };
/** What one byte of the payload can give at most. */
const EXPANSION = { [CODEC_LZ4]: 255, [CODEC_DEFLATE]: 1032 };

/** How new frames are written; every reader reads all. */
export type Compression = 'lz4' | 'none';

/** Room that a frame of `length` raw bytes may need. */
export function frameBound(length: number): number {
  return FRAME_HEADER_BYTES + lz4Bound(length);
}

/** Writes the frame of `raw` to the start of `target`, which has `frameBound`; returns its length. */
export function encodeFrameInto(
  raw: Uint8Array,
  compression: Compression,
  target: Uint8Array,
): number {
  const payload = target.subarray(FRAME_HEADER_BYTES);
  const fits = compression === 'lz4' && raw.length <= LIMITS.blockBytesMax;
  const packed = fits ? lz4EncodeInto(raw, payload) : raw.length;
  const smaller = packed < raw.length;
  if (!smaller) payload.set(raw);
  target[0] = smaller ? CODEC_LZ4 : CODEC_STORED;
  new DataView(target.buffer, target.byteOffset, FRAME_HEADER_BYTES).setUint32(1, raw.length);
  return FRAME_HEADER_BYTES + (smaller ? packed : raw.length);
}

/** The frame of `raw`, which describes other objects: small rather than quick. */
export function encodeSmallFrame(raw: Uint8Array, compression: Compression): Uint8Array {
  if (compression === 'none' || raw.length > LIMITS.blockBytesMax) return encodeFrame(raw, 'none');
  const payload = deflateRawSync(raw, raw.length < QUICK_FROM_BYTES ? {} : QUICK);
  if (payload.length >= raw.length) return encodeFrame(raw, 'none');
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame[0] = CODEC_DEFLATE;
  new DataView(frame.buffer).setUint32(1, raw.length);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** The frame of `raw`, a copy. */
export function encodeFrame(raw: Uint8Array, compression: Compression): Uint8Array {
  const target = new Uint8Array(frameBound(raw.length));
  return target.slice(0, encodeFrameInto(raw, compression, target));
}

/**
 * The raw bytes in a frame: a view of it when it was stored, else an array of its own, of `pool`
 * where it was LZ4. Throws REPOSITORY_CORRUPT, or REPOSITORY_UNSUPPORTED for a codec of a later release.
 */
export function decodeFrame(
  frame: Uint8Array,
  where: ErrorDetails = {},
  pool: BytePool = NO_POOL,
): Uint8Array {
  if (frame.length < FRAME_HEADER_BYTES) {
    throw new SstashError('REPOSITORY_CORRUPT', 'a frame ends in its header', where);
  }
  const codec = frame[0];
  const rawLength = frameRawLength(frame);
  const payload = frame.subarray(FRAME_HEADER_BYTES);
  if (codec === CODEC_STORED) {
    if (payload.length === rawLength) return payload;
    throw new SstashError('REPOSITORY_CORRUPT', 'a stored frame has another length than it says', {
      expected: String(rawLength),
      found: String(payload.length),
      ...where,
    });
  }
  if (codec !== CODEC_LZ4 && codec !== CODEC_DEFLATE) {
    throw new SstashError('REPOSITORY_UNSUPPORTED', `frame codec ${codec} is not known`, {
      hint: 'Use a newer sstash.',
      ...where,
    });
  }
  // The payload bounds what is allocated.
  if (rawLength > payload.length * EXPANSION[codec]) {
    throw new SstashError('REPOSITORY_CORRUPT', 'a frame says it holds more than it can', where);
  }
  checkLimit('objectBytesMax', rawLength, where);
  const raw =
    codec === CODEC_LZ4 ? decodeLz4(payload, pool.take(rawLength)) : inflate(payload, rawLength);
  if (raw !== null) return raw;
  throw new SstashError('REPOSITORY_CORRUPT', 'a frame cannot be decompressed', where);
}

function decodeLz4(payload: Uint8Array, raw: Uint8Array): Uint8Array | null {
  try {
    lz4DecodeBlock(payload, raw);
    return raw;
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

function inflate(payload: Uint8Array, rawLength: number): Uint8Array | null {
  try {
    const raw = inflateRawSync(payload, { maxOutputLength: Math.max(1, rawLength) });
    return raw.length === rawLength ? raw : null;
  } catch {
    // zlib has many errors for bytes that are not its own; all of them mean the same.
    return null;
  }
}

/** Raw length that the header of `frame` says. */
export function frameRawLength(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(1);
}
