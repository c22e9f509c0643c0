/**
 * Writes CompressionInfo.db (layout: compression-info.ts, compression-dictionary.ts).
 *
 * The number of blocks follows from the length of the stream, but for one bit: writers whose file is
 * opened before it is finished, as those of compactions, leave an empty block at the end.
 */
import { ByteWriter, fromHex, toHex } from '../../binary/index.js';
import { type CompressionDictionary, writeDictionary } from '../compression-dictionary.js';
import type { CompressionInfo } from '../compression-info.js';
import type { FormatVersion } from '../versions.js';

export interface CompressionParameters {
  /** As in the file, with package if it is there. */
  readonly compressor: string;
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly chunkLength: number;
  /** 2147483647 = no limit. */
  readonly maxCompressedLength: number;
  /** The last block is an empty one. */
  readonly emptyLast: boolean;
  /** `id` as decimal text, `bytes` in hex. */
  readonly dictionary?: { readonly kind: number; readonly id: string; readonly bytes: string };
}

export function parametersOfCompression(info: CompressionInfo): CompressionParameters {
  const { chunkLength, maxCompressedLength, dataLength, chunkOffsets, dictionary } = info;
  return {
    compressor: info.compressorText,
    options: [...info.options],
    chunkLength,
    maxCompressedLength,
    emptyLast: chunkOffsets.length > Math.ceil(dataLength / chunkLength),
    ...(dictionary === null ? {} : { dictionary: dictionaryParameters(dictionary) }),
  };
}

function dictionaryParameters(dictionary: CompressionDictionary) {
  const { kind, id, bytes } = dictionary;
  return { kind, id: String(id), bytes: toHex(bytes) };
}

export class CompressionInfoWriter {
  readonly #parameters: CompressionParameters;
  readonly #version: FormatVersion;
  readonly #offsets = new ByteWriter();
  #next = 0;

  constructor(parameters: CompressionParameters, version: FormatVersion) {
    this.#parameters = parameters;
    this.#version = version;
  }

  /** What stands before the offsets, once the length of the uncompressed stream is known. */
  head(dataLength: number): Uint8Array {
    const { compressor, options, chunkLength, maxCompressedLength, emptyLast } = this.#parameters;
    const w = new ByteWriter();
    w.utf(compressor);
    w.i32(options.length);
    for (const [name, value] of options) {
      w.utf(name);
      w.utf(value);
    }
    w.i32(chunkLength);
    if (this.#version.hasMaxCompressedLength) w.i32(maxCompressedLength);
    w.i64(BigInt(dataLength));
    w.i32(Math.ceil(dataLength / chunkLength) + (emptyLast ? 1 : 0));
    return w.toBytes();
  }

  /** The next block takes `length` bytes of Data.db, its checksum among them. */
  block(length: number): void {
    this.#offsets.i64(BigInt(this.#next));
    this.#next += length;
  }

  /** Offsets since the last call. */
  take(): Uint8Array {
    const bytes = this.#offsets.toBytes();
    this.#offsets.clear();
    return bytes;
  }

  /** What stands behind the offsets. */
  tail(): Uint8Array {
    const w = new ByteWriter(0);
    const { dictionary } = this.#parameters;
    if (dictionary !== undefined) {
      const { kind, id, bytes } = dictionary;
      writeDictionary(w, { kind, id: BigInt(id), bytes: fromHex(bytes) ?? new Uint8Array(0) });
    }
    return w.toBytes();
  }
}
