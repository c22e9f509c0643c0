/**
 * Cassandra's block compressors by the name in CompressionInfo.db.
 *
 * | Name | A compressed block |
 * |---|---|
 * | LZ4Compressor | u32 little-endian plain length, then one raw LZ4 block |
 * | DeflateCompressor | one zlib stream; no bytes at all for an empty block |
 * | SnappyCompressor | one raw Snappy block |
 * | ZstdCompressor | one Zstandard frame |
 * | ZstdDictionaryCompressor | one Zstandard frame, with the dictionary in CompressionInfo.db where there is one |
 * | NoopCompressor | the plain bytes |
 */
import { inflateSync } from 'node:zlib';
import { SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { lz4DecodeBlock, lz4EncodeBlock, lz4EncodeInto, lz4Reproduces } from './checksums.js';
import {
  deflateEncode,
  loadZstd,
  loadZstdWithDictionary,
  snappyDecode,
  zstdDecode,
  zstdDecodeWithDictionary,
  zstdEncode,
} from './foreign-compressors.js';
import { lz4Bound } from './lz4-typescript.js';

/** Decodes and, where Cassandra's bytes can be reproduced, encodes single blocks. */
export interface BlockCompressor {
  /** Without package: `LZ4Compressor`. */
  readonly name: string;
  /** Decodes `source` into exactly `target`; SSTABLE_CORRUPT when that fails. */
  decode(source: Uint8Array, target: Uint8Array): void;
  /** The block as Cassandra's fast compressor writes it, a new array. */
  encode?(source: Uint8Array): Uint8Array;
  /** As `encode`, to the start of `target`; returns the length. Present where `encode` is. */
  encodeInto?(source: Uint8Array, target: Uint8Array): number;
  /** Whether `encode` gives `block` for `plain`, to which it decodes; where that is less work. */
  reproduces?(plain: Uint8Array, block: Uint8Array): boolean;
}

/** Room that `encodeInto` needs for a block of `length` plain bytes. */
export function blockBound(length: number): number {
  return LZ4_PREFIX + lz4Bound(length);
}

const LZ4_PREFIX = 4;
const HINT = 'Restore the file from another replica or backup.';

function lengthMismatch(name: string, expected: number, found: string): SstashError {
  return new SstashError('SSTABLE_CORRUPT', `a block of ${name} has another length than expected`, {
    expected: `${expected} bytes`,
    found,
    hint: HINT,
  });
}

function lengthPrefix(bytes: Uint8Array): number {
  const low = (bytes[0] as number) | ((bytes[1] as number) << 8);
  return (low | ((bytes[2] as number) << 16) | ((bytes[3] as number) << 24)) >>> 0;
}

/** Name of the compressor that kernels know. */
export const LZ4_COMPRESSOR = 'LZ4Compressor';

const lz4: BlockCompressor = {
  name: LZ4_COMPRESSOR,
  decode(source, target) {
    if (source.length <= LZ4_PREFIX) {
      throw lengthMismatch('LZ4Compressor', target.length, `a block of ${source.length} bytes`);
    }
    const length = lengthPrefix(source);
    if (length !== target.length) {
      throw lengthMismatch('LZ4Compressor', target.length, `${length} bytes`);
    }
    lz4DecodeBlock(source.subarray(LZ4_PREFIX), target);
  },
  encode(source) {
    const block = lz4EncodeBlock(source);
    const out = new Uint8Array(LZ4_PREFIX + block.length);
    new DataView(out.buffer).setUint32(0, source.length, true);
    out.set(block, LZ4_PREFIX);
    return out;
  },
  encodeInto(source, target) {
    new DataView(target.buffer, target.byteOffset, LZ4_PREFIX).setUint32(0, source.length, true);
    return LZ4_PREFIX + lz4EncodeInto(source, target.subarray(LZ4_PREFIX));
  },
  reproduces: (plain, block) => lz4Reproduces(plain, block.subarray(LZ4_PREFIX)),
};

const noop: BlockCompressor = {
  name: 'NoopCompressor',
  decode(source, target) {
    if (source.length !== target.length) {
      throw lengthMismatch('NoopCompressor', target.length, `${source.length} bytes`);
    }
    target.set(source);
  },
  encode: (source) => source.slice(),
  encodeInto(source, target) {
    target.set(source);
    return source.length;
  },
};

const deflate: BlockCompressor = {
  name: 'DeflateCompressor',
  decode(source, target) {
    if (source.length === 0 && target.length === 0) return;
    const plain = inflate(source, target.length);
    if (plain.length !== target.length) {
      throw lengthMismatch('DeflateCompressor', target.length, `${plain.length} bytes`);
    }
    target.set(plain);
  },
  ...encoders(deflateEncode),
};

/** The two ways to encode of a library that returns a new array. */
function encoders(
  encode: (source: Uint8Array) => Uint8Array,
): Required<Pick<BlockCompressor, 'encode' | 'encodeInto'>> {
  return {
    encode,
    encodeInto(source, target) {
      const block = encode(source);
      target.set(block);
      return block.length;
    },
  };
}

function inflate(source: Uint8Array, expected: number): Uint8Array {
  try {
    return inflateSync(source, { maxOutputLength: Math.max(expected, 1) });
  } catch (cause) {
    throw new SstashError('SSTABLE_CORRUPT', 'the Deflate block is malformed', {
      expected: `${expected} bytes when decoded`,
      hint: HINT,
      cause,
    });
  }
}

const snappy: BlockCompressor = {
  name: 'SnappyCompressor',
  decode: (source, target) => decodeWhole('SnappyCompressor', source, target, snappyDecode),
};

const zstd: BlockCompressor = {
  name: 'ZstdCompressor',
  decode: (source, target) => decodeWhole('ZstdCompressor', source, target, zstdDecode),
};

/** Cassandra's default level. */
const ZSTD_LEVEL = 3;

function zstdOf(options: ReadonlyMap<string, string>): BlockCompressor {
  const level = Number(options.get('compression_level') ?? ZSTD_LEVEL);
  // Libzstd has levels from -131072 to 22.
  if (!Number.isInteger(level) || level < -131072 || level > 22) return zstd;
  return { ...zstd, ...encoders((source) => zstdEncode(source, level)) };
}

const NO_DICTIONARY = new Uint8Array(0);

function zstdWithDictionary(dictionary: Uint8Array): BlockCompressor {
  const name = 'ZstdDictionaryCompressor';
  const decode = (source: Uint8Array, length: number): Uint8Array =>
    zstdDecodeWithDictionary(source, length, dictionary);
  return { name, decode: (source, target) => decodeWhole(name, source, target, decode) };
}

const zstdDictionary = zstdWithDictionary(NO_DICTIONARY);

/** Decodes with a library that returns a new array; its failures become SSTABLE_CORRUPT. */
function decodeWhole(
  name: string,
  source: Uint8Array,
  target: Uint8Array,
  decode: (source: Uint8Array, length: number) => Uint8Array,
): void {
  let plain: Uint8Array;
  try {
    plain = decode(source, target.length);
  } catch (cause) {
    const details = { expected: `${target.length} bytes when decoded`, hint: HINT, cause };
    throw new SstashError('SSTABLE_CORRUPT', `the block of ${name} is malformed`, details);
  }
  if (plain.length !== target.length) {
    throw lengthMismatch(name, target.length, `${plain.length} bytes`);
  }
  target.set(plain);
}

const COMPRESSORS: ReadonlyMap<string, BlockCompressor> = new Map(
  [lz4, noop, deflate, snappy, zstd, zstdDictionary].map((each) => [each.name, each]),
);

/** Loads what the compressor `name` needs in this thread; to be awaited before `compressor`. */
export async function loadCompressor(name: string): Promise<void> {
  if (name.endsWith(zstd.name)) await loadZstd();
  if (name.endsWith(zstdDictionary.name)) await loadZstdWithDictionary();
}

/**
 * The compressor of a table by its class name, with or without package.
 *
 * `options` are the compressor's own (CompressionInfo.db); none of them changes how a block is
 * decoded, but LZ4 blocks of the `high` level are not reproduced by `encode`, so that is left out.
 * `dictionary` is the one in CompressionInfo.db, which ZstdDictionaryCompressor alone has; without it
 * such blocks are ordinary frames, as before the first training.
 * Throws SSTABLE_UNSUPPORTED_COMPRESSION for any other name, LIMIT_EXCEEDED for huge chunks.
 */
export function compressor(
  name: string,
  options: ReadonlyMap<string, string>,
  chunkLength: number,
  dictionary: Uint8Array | null = null,
): BlockCompressor {
  checkLimit('blockBytesMax', chunkLength);
  const found = COMPRESSORS.get(name.slice(name.lastIndexOf('.') + 1));
  if (found === undefined) {
    throw new SstashError('SSTABLE_UNSUPPORTED_COMPRESSION', `cannot read ${name} blocks`, {
      expected: [...COMPRESSORS.keys()].join(', '),
      found: name,
      hint: 'Rewrite the table with LZ4Compressor (nodetool upgradesstables -a) to read it here.',
    });
  }
  if (found === zstd) return zstdOf(options);
  if (found === zstdDictionary && dictionary !== null) return zstdWithDictionary(dictionary);
  if (found === lz4 && options.get('lz4_compressor_type') === 'high') {
    return { name: lz4.name, decode: lz4.decode };
  }
  return found;
}
