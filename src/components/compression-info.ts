/**
 * CompressionInfo.db: how Data.db is cut into compressed blocks (format reference, 13.1).
 *
 *   compressor            utf, the class name
 *   options               i32 n, n × (utf key, utf value)
 *   chunkLength           i32, uncompressed bytes per block, a power of two
 *   maxCompressedLength   i32: blocks of this many bytes or more are stored as they are    [na]
 *   dataLength            i64, uncompressed length of Data.db
 *   chunkOffsets          i32 n, n × i64 where each block begins in Data.db
 *   dictionary            compression-dictionary.ts, may be missing                        [pa]
 *
 * The file has no checksum, so everything that can be judged without Data.db is judged here.
 */
import { ByteReader } from '../binary/index.js';
import type { ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { type CompressionDictionary, readDictionary } from './compression-dictionary.js';
import type { FormatVersion } from './versions.js';

/** What CompressionInfo.db says of all blocks together. */
export interface CompressionFacts {
  /** Simple class name, `LZ4Compressor`. */
  readonly compressor: string;
  /** The name as it stands in the file, maybe with its package. */
  readonly compressorText: string;
  /** In file order. */
  readonly options: ReadonlyMap<string, string>;
  readonly chunkLength: number;
  /** 2147483647 = no limit: every block is compressed. */
  readonly maxCompressedLength: number;
  readonly dataLength: number;
  /** How many blocks there are: as many as dataLength needs, or a last, empty one more. */
  readonly chunks: number;
  readonly dictionary: CompressionDictionary | null;
}

export interface CompressionInfo extends Omit<CompressionFacts, 'chunks'> {
  /**
   * Ascending from 0; block i ends (with its checksum) where block i + 1 begins. One block more
   * than dataLength needs is a last, empty one, which compactions leave.
   */
  readonly chunkOffsets: Float64Array;
}

const NO_LIMIT = 0x7fffffff;
const PACKAGE = 'org.apache.cassandra.io.compress.';
const OPTIONS_MAX = 64;

const wholeNumber = /^-?[0-9]{1,10}$/;
const anyText = /^/;

/** Options that Cassandra's own compressors know; `crc_check_chance` is from before 3.0. */
const KNOWN_OPTIONS: Record<string, Record<string, RegExp>> = {
  LZ4Compressor: {
    lz4_compressor_type: /^(fast|high)$/,
    lz4_high_compressor_level: wholeNumber,
  },
  SnappyCompressor: {},
  DeflateCompressor: {},
  NoopCompressor: {},
  ZstdCompressor: { compression_level: wholeNumber },
  ZstdDictionaryCompressor: {
    compression_level: wholeNumber,
    training_max_dictionary_size: anyText,
    training_max_total_sample_size: anyText,
  },
};

/**
 * Parses a whole CompressionInfo.db. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED, SSTABLE_CHECKSUM (of
 * a dictionary) or LIMIT_EXCEEDED. Compressors that are not known are left to the caller.
 */
export function parseCompressionInfo(
  bytes: Uint8Array,
  version: FormatVersion,
  where: ErrorDetails = {},
): CompressionInfo {
  checkLimit('compressionInfoBytesMax', bytes.length, where);
  const r = new ByteReader(bytes, { where });
  const { chunks, ...parameters } = readParameters(r, version);
  const chunkOffsets = readOffsets(r, chunks);
  return { ...parameters, chunkOffsets, dictionary: readEnd(r, version) };
}

/**
 * As `parseCompressionInfo`, without a look at the offsets, of which large tables have millions: of
 * `start`, the first bytes of a file of `size` bytes. Throws NeedMoreBytes where these do not say it.
 */
export function parseCompressionFacts(
  start: Uint8Array,
  size: number,
  version: FormatVersion,
  where: ErrorDetails = {},
): CompressionFacts {
  checkLimit('compressionInfoBytesMax', size, where);
  const r = new ByteReader(start, { where, complete: start.length === size });
  const parameters = readParameters(r, version);
  const end = r.position + parameters.chunks * 8;
  if (end === size) return { ...parameters, dictionary: null };
  if (end < size && !version.hasCompressionDictionary) throw excess(r, size - end);
  r.skip(parameters.chunks * 8);
  return { ...parameters, dictionary: readEnd(r, version) };
}

/** What stands before the offsets. */
function readParameters(
  r: ByteReader,
  version: FormatVersion,
): Omit<CompressionFacts, 'dictionary'> {
  const compressorText = r.utf();
  if (!/^[A-Za-z0-9_$.]+$/.test(compressorText)) {
    throw r.corrupt(`the compressor is called ${JSON.stringify(compressorText)}`, 0);
  }
  const compressor = compressorText.startsWith(PACKAGE)
    ? compressorText.slice(PACKAGE.length)
    : compressorText;
  const options = readOptions(r, compressor);
  const chunkLength = readChunkLength(r);
  const maxCompressedLength = version.hasMaxCompressedLength
    ? readMaxCompressedLength(r, chunkLength)
    : NO_LIMIT;
  const dataLength = r.i64Number('dataLength');
  const countAt = r.position;
  const chunks = r.i32();
  const needed = Math.ceil(dataLength / chunkLength);
  if (chunks < 1 || (chunks !== needed && chunks !== needed + 1)) {
    const blocks = `${chunks} blocks for ${dataLength} bytes in blocks of ${chunkLength}`;
    throw r.corrupt(blocks, countAt);
  }
  return {
    compressor,
    compressorText,
    options,
    chunkLength,
    maxCompressedLength,
    dataLength,
    chunks,
  };
}

/** What stands behind the offsets. */
function readEnd(r: ByteReader, version: FormatVersion): CompressionDictionary | null {
  const hasMore = version.hasCompressionDictionary && r.remaining > 0;
  const dictionary = hasMore ? readDictionary(r) : null;
  if (r.remaining > 0) throw excess(r, r.remaining);
  return dictionary;
}

function excess(r: ByteReader, bytes: number): SstashError {
  return r.corrupt(`${bytes} bytes after the block offsets`);
}

function readOptions(r: ByteReader, compressor: string): Map<string, string> {
  const start = r.position;
  const count = r.i32();
  if (count < 0 || count > OPTIONS_MAX) throw r.corrupt(`${count} compressor options`, start);
  const known = KNOWN_OPTIONS[compressor];
  const options = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const at = r.position;
    const key = r.utf();
    const value = r.utf();
    if (options.has(key)) throw r.corrupt(`the option ${key} comes twice`, at);
    if (known !== undefined && key !== 'crc_check_chance') {
      const pattern = Object.hasOwn(known, key) ? known[key] : undefined;
      if (pattern === undefined) throw r.corrupt(`${compressor} has no option ${key}`, at);
      if (!pattern.test(value)) throw r.corrupt(`the option ${key} is ${value}`, at);
    }
    options.set(key, value);
  }
  return options;
}

function readChunkLength(r: ByteReader): number {
  const start = r.position;
  const length = r.i32();
  if (length < 1 || (length & (length - 1)) !== 0) {
    throw r.corrupt(`the block length ${length} is not a power of two`, start);
  }
  checkLimit('blockBytesMax', length, { ...r.where, offset: start });
  return length;
}

/** Cassandra takes no limit but one of at most the block length. */
function readMaxCompressedLength(r: ByteReader, chunkLength: number): number {
  const start = r.position;
  const length = r.i32();
  if (length !== NO_LIMIT && (length < 0 || length > chunkLength)) {
    throw r.corrupt(`the compressed length limit is ${length}`, start);
  }
  return length;
}

function readOffsets(r: ByteReader, count: number): Float64Array {
  r.need(count * 8);
  const offsets = new Float64Array(count);
  // Each block has at least its checksum, except that nothing precedes the first one.
  let least = 0;
  for (let i = 0; i < count; i++) {
    const at = r.offset + i * 8;
    const offset = r.view.getInt32(at) * 2 ** 32 + r.view.getUint32(at + 4);
    if (offset < least || offset > Number.MAX_SAFE_INTEGER || (i === 0 && offset !== 0)) {
      throw r.corrupt(`block ${i} begins at ${offset}`, r.base + at);
    }
    offsets[i] = offset;
    least = offset + 4;
  }
  r.skip(count * 8);
  return offsets;
}
