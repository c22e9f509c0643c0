/**
 * `config`: the one object with a fixed name, written once by `init`. JSON:
 *
 *     {"format": "sstash-repository", "version": 1, "id": "<32 hex>", "created": "<ISO 8601>",
 *      "features": [], "key": {"form": "clear", "bytes": "<64 hex>"},
 *      "chunk": {"averageBytes": 65536, "maxBytes": 524288}, "packBytes": 33554432,
 *      "compression": "lz4", "check": "<16 hex>"}
 *
 * `check` is the start of the SHA-256 of the JSON array of all other values, in the order of
 * `checkValue`: a digit that has changed in the key would make everything else look damaged.
 *
 * A reader refuses, by name, a format, version, feature or form of key that it does not know.
 */
import { createHash, randomBytes } from 'node:crypto';
import { fromHex, toHex } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import type { Compression } from './frame.js';
import { REPOSITORY_KEY_BYTES } from './keys.js';

export const REPOSITORY_FORMAT = 'sstash-repository';
export const REPOSITORY_VERSION = 1;

/** The config as parsed, nothing checked yet. */
type Unchecked = {
  readonly [field in
    | 'format'
    | 'version'
    | 'id'
    | 'created'
    | 'features'
    | 'key'
    | 'form'
    | 'bytes'
    | 'chunk'
    | 'averageBytes'
    | 'maxBytes'
    | 'packBytes'
    | 'compression'
    | 'check']?: unknown;
};

const KiB = 1024;
const MiB = 1024 * KiB;

export interface ChunkSettings {
  readonly averageBytes: number;
  /** A chunk is closed before it would grow beyond this; one leaf may be larger on its own. */
  readonly maxBytes: number;
}

export interface RepositoryConfig {
  readonly id: string;
  readonly created: string;
  readonly key: Uint8Array;
  readonly chunk: ChunkSettings;
  readonly packBytes: number;
  readonly compression: Compression;
}

export interface NewRepositoryOptions {
  /** Average size of a chunk, a power of two from 4 KiB to 1 MiB; 64 KiB when not given. */
  readonly chunkBytes?: number;
  readonly compression?: Compression;
  readonly packBytes?: number;
  readonly created?: Date;
}

export function newConfig(options: NewRepositoryOptions = {}): RepositoryConfig {
  const averageBytes = options.chunkBytes ?? 64 * KiB;
  if (averageBytes < 4 * KiB || averageBytes > MiB || (averageBytes & (averageBytes - 1)) !== 0) {
    throw new SstashError('USAGE', `chunk size ${averageBytes} is not a power of two`, {
      expected: '4 KiB, 8 KiB, 16 KiB … 1 MiB',
      found: String(averageBytes),
    });
  }
  return {
    id: toHex(randomBytes(16)),
    created: (options.created ?? new Date()).toISOString(),
    key: new Uint8Array(randomBytes(REPOSITORY_KEY_BYTES)),
    chunk: { averageBytes, maxBytes: averageBytes * 8 },
    packBytes: options.packBytes ?? 32 * MiB,
    compression: options.compression ?? 'lz4',
  };
}

export function encodeConfig(config: RepositoryConfig): Uint8Array {
  const { id, created, chunk, packBytes, compression } = config;
  const settings = {
    format: REPOSITORY_FORMAT,
    version: REPOSITORY_VERSION,
    id,
    created,
    features: [],
    key: { form: 'clear', bytes: toHex(config.key) },
    chunk,
    packBytes,
    compression,
  };
  const json = { ...settings, check: checkValue(settings) };
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
}

function checkValue(config: Unchecked): string {
  const { format, version, id, created, features, packBytes, compression } = config;
  const { form, bytes } = (config.key ?? {}) as Unchecked;
  const { averageBytes, maxBytes } = (config.chunk ?? {}) as Unchecked;
  const head = [format, version, id, created, features, form, bytes];
  const values = JSON.stringify([...head, averageBytes, maxBytes, packBytes, compression]);
  return createHash('sha256').update(values).digest('hex').slice(0, 16);
}

/** Throws REPOSITORY_CORRUPT or REPOSITORY_UNSUPPORTED. */
export function decodeConfig(bytes: Uint8Array, where: ErrorDetails = {}): RepositoryConfig {
  const json = parseObject(bytes, where);
  const unsupported = (what: string): SstashError =>
    new SstashError('REPOSITORY_UNSUPPORTED', `this repository has ${what}`, {
      expected: `${REPOSITORY_FORMAT} version ${REPOSITORY_VERSION}`,
      hint: 'Use a newer sstash.',
      ...where,
    });
  if (json.format !== REPOSITORY_FORMAT) {
    throw corrupt(`format is ${JSON.stringify(json.format)}`, where);
  }
  if (json.version !== REPOSITORY_VERSION) {
    throw unsupported(`format version ${JSON.stringify(json.version)}`);
  }
  const features = Array.isArray(json.features) ? json.features : [];
  if (features.length > 0) throw unsupported(`unknown features: ${features.join(', ')}`);
  const key = record(json.key, 'key', where);
  if (key.form !== 'clear') throw unsupported(`an unknown form of key: ${String(key.form)}`);
  const keyBytes = fromHex(String(key.bytes));
  if (keyBytes?.length !== REPOSITORY_KEY_BYTES) throw corrupt('its key is not 32 bytes', where);
  const compression = json.compression;
  if (compression !== 'lz4' && compression !== 'none') {
    throw unsupported(`unknown compression: ${String(compression)}`);
  }
  const chunk = record(json.chunk, 'chunk', where);
  const check = checkValue(json);
  if (json.check !== check) {
    throw new SstashError('REPOSITORY_CORRUPT', 'the config is damaged', {
      component: 'config',
      expected: check,
      found: String(json.check),
      hint: 'Bring back the config file from a copy: every repository has its own.',
      ...where,
    });
  }
  return {
    id: String(json.id),
    created: String(json.created),
    key: keyBytes,
    chunk: {
      averageBytes: size(chunk.averageBytes, 'chunk.averageBytes', where),
      maxBytes: size(chunk.maxBytes, 'chunk.maxBytes', where),
    },
    packBytes: size(json.packBytes, 'packBytes', where),
    compression,
  };
}

function corrupt(message: string, where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', `the config cannot be used: ${message}`, {
    component: 'config',
    ...where,
  });
}

function parseObject(bytes: Uint8Array, where: ErrorDetails): Unchecked {
  try {
    return record(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), '', where);
  } catch (cause) {
    if (cause instanceof SstashError) throw cause;
    throw corrupt('it is not JSON', { cause, ...where });
  }
}

function record(value: unknown, name: string, where: ErrorDetails): Unchecked {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw corrupt(`${name || 'it'} is not an object`, where);
  }
  return value as Unchecked;
}

/** Sizes steer allocations of the writer, so they are held to sane bounds. */
function size(value: unknown, name: string, where: ErrorDetails): number {
  if (Number.isInteger(value) && Number(value) >= 1024 && Number(value) <= 1024 * MiB) {
    return Number(value);
  }
  throw corrupt(`${name} is ${JSON.stringify(value)}`, where);
}
