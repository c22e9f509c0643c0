/**
 * Deflate, Snappy and Zstandard through libraries, loaded when a table needs them. Snappy and
 * Zstandard take the length of their output from the input, so it is read and compared before they may
 * allocate it. What is encoded is what Cassandra writes (docs/decisions/006-block-encoders.md).
 */
import type { Zstd } from '@hpcc-js/wasm-zstd';
import { loadLibrary } from './load-library.js';
import { xxhash } from './stream-hash.js';

type Snappy = typeof import('snappy');
type Pako = typeof import('pako');

/** What is used of @bokuweb/zstd-wasm: the other library cannot take a dictionary. */
interface ZstdWithDictionary {
  init(): Promise<void>;
  createDCtx(): number;
  decompressUsingDict(context: number, source: Uint8Array, dictionary: Uint8Array): Uint8Array;
}

let snappy: Snappy | null = null;
let pako: Pako | null = null;
let zstd: Zstd | null = null;
let withDictionary: { library: ZstdWithDictionary; context: number } | null = null;

/** Raw Snappy block: LEB128 length of the output, then the tags. */
export function snappyDecode(source: Uint8Array, length: number): Uint8Array {
  let [announced, shift, i] = [0, 0, 0];
  for (; i < 5; i++) {
    const byte = source[i];
    if (byte === undefined) throw new Error('no length');
    announced += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) break;
  }
  if (announced !== length) throw new Error(`it announces ${announced} bytes`);
  snappy ??= loadLibrary('snappy') as Snappy;
  return snappy.uncompressSync(bufferOf(source), { asBuffer: true }) as Buffer;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * One zlib stream, as zlib writes it at its default level. Node's own zlib has been made faster, and
 * writes other bytes.
 */
export function deflateEncode(source: Uint8Array): Uint8Array {
  if (source.length === 0) return source;
  pako ??= loadLibrary('pako') as Pako;
  return pako.deflate(source);
}

/** Loads the Zstandard library into this thread. */
export async function loadZstd(): Promise<void> {
  if (zstd !== null) return;
  const library = await import('@hpcc-js/wasm-zstd');
  zstd = await library.Zstd.load();
}

/** Loads the library for Zstandard with dictionaries into this thread. */
export async function loadZstdWithDictionary(): Promise<void> {
  if (withDictionary !== null) return;
  const library = loadLibrary('@bokuweb/zstd-wasm') as ZstdWithDictionary;
  await library.init();
  withDictionary ??= { library, context: library.createDCtx() };
}

/** As `zstdDecode`; a frame that wants another dictionary is refused. */
export function zstdDecodeWithDictionary(
  source: Uint8Array,
  length: number,
  dictionary: Uint8Array,
): Uint8Array {
  if (withDictionary === null) throw new TypeError('loadCompressor was not awaited');
  const announced = frameContentSize(source);
  if (announced !== length) throw new Error(`it announces ${announced} bytes`);
  const { library, context } = withDictionary;
  return library.decompressUsingDict(context, source, dictionary);
}

/** One Zstandard frame whose header says how long its content is. */
export function zstdDecode(source: Uint8Array, length: number): Uint8Array {
  if (zstd === null) throw new TypeError('loadCompressor was not awaited');
  const announced = frameContentSize(source);
  if (announced !== length) throw new Error(`it announces ${announced} bytes`);
  // The library takes an empty result for a failure.
  return length === 0 ? new Uint8Array(0) : zstd.decompress(source);
}

const CHECKSUM_FLAG = 0x04;
const CHECKSUM_BYTES = 4;
/** Magic, descriptor (single segment, checksum), content size 0, an empty last block, checksum. */
const EMPTY_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x24, 0, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51);

/** One frame with content size and checksum, as libzstd 1.5.7 writes it. */
export function zstdEncode(source: Uint8Array, level: number): Uint8Array {
  if (zstd === null) throw new TypeError('loadCompressor was not awaited');
  if (source.length === 0) return EMPTY_FRAME;
  // The library makes no checksum: the low half of XXH64, little-endian, behind the blocks.
  const blocks = zstd.compress(source, level);
  const frame = new Uint8Array(blocks.length + CHECKSUM_BYTES);
  frame.set(blocks);
  frame[4] = (frame[4] ?? 0) | CHECKSUM_FLAG;
  const sum = xxhash().XXHash64.hash(bufferOf(source));
  for (let i = 0; i < CHECKSUM_BYTES; i++) frame[blocks.length + i] = sum[7 - i] ?? 0;
  return frame;
}

/**
 * Content size in a frame header (RFC 8878, 3.1.1.1):
 *
 *   magic        4 bytes 28 b5 2f fd
 *   descriptor   bits 7-6 size of the content size field, bit 5 single segment, bits 1-0 size of the
 *                dictionary id
 *   window       1 byte unless single segment
 *   dictionary   0, 1, 2 or 4 bytes
 *   content size 0 (1 with single segment), 2 (plus 256), 4 or 8 bytes, little-endian
 */
function frameContentSize(source: Uint8Array): number {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  if (source.length < 6 || view.getUint32(0) !== 0x28b52ffd) throw new Error('no frame');
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  switch (descriptor >> 6) {
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    case 3:
      return Number(view.getBigUint64(at, true));
    default:
      if (!single) throw new Error('no content size');
      return view.getUint8(at);
  }
}
