/** One SSTable on disk, opened for reading. */
import { loadCompressor } from '../codec/index.js';
import {
  type CompressionInfo,
  type Descriptor,
  type FormatVersion,
  parseCompressionInfo,
  parseCrc,
  parseStatistics,
  type SerializationHeader,
  type Statistics,
} from '../components/index.js';
import { type Partitioner, partitioner } from '../cql/index.js';
import { SstashError } from '../errors.js';
import {
  type FileSystem,
  nodeFileSystem,
  openFile,
  type RandomAccessFile,
  readWholeFile,
} from '../io/index.js';
import { type BlockReader, CompressedBlocks, PlainBlocks } from './blocks.js';
import { componentLimit } from './component-limits.js';
import { type EventOptions, readEvents, type SSTableEvent } from './events.js';
import { type ComponentFile, findSSTable, locateTable, type SSTableFiles } from './files.js';
import { scanIndex } from './index-scan.js';
import { inferOrder, needsInference } from './local-order.js';
import { findRanges, type IndexedRange } from './ranges.js';
import { seekKey } from './seek.js';

export interface OpenOptions {
  readonly fs?: FileSystem;
  /** What the two components say, where the caller has parsed them already. */
  readonly parsed?: {
    readonly statistics: Statistics;
    readonly compression: CompressionInfo | null;
  };
}

const RESTORE = 'Restore the file from another replica or a backup.';

export class SSTable {
  readonly files: SSTableFiles;
  readonly keyspace: string;
  /** `table`, or `table.index` for a secondary index. */
  readonly table: string;
  readonly statistics: Statistics;
  /** Null for an uncompressed SSTable. */
  readonly compression: CompressionInfo | null;
  #partitioner: Partitioner;
  readonly #fs: FileSystem;
  readonly #data: RandomAccessFile;
  readonly #open = new Map<string, Promise<RandomAccessFile>>();
  #blocks: Promise<BlockReader> | null = null;
  #closing: Promise<void> | null = null;

  private constructor(parts: Parts) {
    this.files = parts.files;
    this.statistics = parts.statistics;
    this.compression = parts.compression;
    this.#fs = parts.fs;
    this.#data = parts.data;
    this.#partitioner = parts.partitioner;
    const { keyspace, table } = locateTable(parts.files.descriptor.directory);
    this.keyspace = keyspace;
    this.table = table;
  }

  /**
   * Opens the SSTable that a path names (any component, or their common start) or that `findTables`
   * found. Reads Statistics.db and CompressionInfo.db, everything else when it is needed.
   *
   * Throws PATH_NOT_FOUND, SSTABLE_COMPONENT_MISSING, SSTABLE_UNSUPPORTED_VERSION or _PARTITIONER,
   * and what the parsers of the two components throw.
   */
  static async open(target: string | SSTableFiles, options: OpenOptions = {}): Promise<SSTable> {
    const fs = options.fs ?? nodeFileSystem;
    const files = typeof target === 'string' ? await findFiles(target, fs) : target;
    for (const needed of ['Data.db', 'Statistics.db']) require(files, needed);
    const { version } = files.descriptor;
    const { statistics, compression } = options.parsed ?? {
      statistics: parseStatistics(...(await bytesOf(files, 'Statistics.db', version, fs))),
      compression: files.components.has('CompressionInfo.db')
        ? parseCompressionInfo(...(await bytesOf(files, 'CompressionInfo.db', version, fs)))
        : null,
    };
    if (compression !== null) await loadCompressor(compression.compressor);
    // Without it the compressed bytes would be taken for rows.
    if (compression === null && statistics.stats.compressionRatio >= 0) {
      require(files, 'CompressionInfo.db');
    }
    const order = ownPartitioner(statistics, files);
    const data = await openFile(files.dataPath, fs);
    const sstable = new SSTable({ files, statistics, compression, partitioner: order, fs, data });
    if (needsInference(order, statistics.header.keyType)) await sstable.#inferOrder();
    return sstable;
  }

  /** The order of the partitions. */
  get partitioner(): Partitioner {
    return this.#partitioner;
  }

  get descriptor(): Descriptor {
    return this.files.descriptor;
  }

  get version(): FormatVersion {
    return this.files.descriptor.version;
  }

  get header(): SerializationHeader {
    return this.statistics.header;
  }

  get components(): ReadonlyMap<string, ComponentFile> {
    return this.files.components;
  }

  /** Bytes of the uncompressed stream. */
  get dataLength(): number {
    return this.compression?.dataLength ?? this.#data.size;
  }

  /** Bytes of the file Data.db. */
  get dataSize(): number {
    return this.#data.size;
  }

  /** Reads of the stream that are aligned to it decode nothing twice. */
  get blockLength(): number {
    return this.compression?.chunkLength ?? 65536;
  }

  /** Path of a component that is or should be there. */
  componentPath(name: string): string {
    return this.files.dataPath.replace(/Data\.db$/, name);
  }

  /** A component whole, as it is on disk. Throws SSTABLE_COMPONENT_MISSING, LIMIT_EXCEEDED. */
  async readComponent(name: string): Promise<Uint8Array> {
    const { path } = require(this.files, name);
    return withComponent(name, () => readWholeFile(path, componentLimit(name), this.#fs));
  }

  /** A component as a file; it is closed with the SSTable. Throws SSTABLE_COMPONENT_MISSING. */
  openComponent(name: string): Promise<RandomAccessFile> {
    const { path } = require(this.files, name);
    if (name === 'Data.db') return Promise.resolve(this.#data);
    const known = this.#open.get(name) ?? openFile(path, this.#fs);
    this.#open.set(name, known);
    return known;
  }

  /**
   * Bytes `from` to `from + length` of the uncompressed stream: a fresh array, or the start of
   * `into`. The checksum of every block that is touched is verified first. Throws SSTABLE_CHECKSUM,
   * SSTABLE_CORRUPT, SSTABLE_TRUNCATED, SSTABLE_UNSUPPORTED_COMPRESSION, with `offset` in the file
   * and `uncompressedOffset`.
   */
  async readData(from: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const blocks = await this.blocks();
    return withComponent('Data.db', () => blocks.read(from, length, into));
  }

  /** The reader behind `readData`. */
  blocks(): Promise<BlockReader> {
    this.#blocks ??= this.#makeBlocks();
    return this.#blocks;
  }

  /**
   * Ranges of whole partitions that cover the stream, of about `targetBytes` each. They come from
   * Summary.db and Index.db; where those are missing or damaged there is one range, since Data.db
   * can be read without them.
   */
  ranges(targetBytes: number): Promise<IndexedRange[]> {
    return findRanges(this, targetBytes);
  }

  /** What Data.db says, in batches; views of windows that are never used again. */
  events(options: EventOptions = {}): AsyncGenerator<SSTableEvent[], void, undefined> {
    return readEvents(this, options);
  }

  /**
   * Where the partition of `key` begins in the stream, or null when there is none. Throws
   * SSTABLE_CORRUPT where Summary.db, Index.db and Data.db contradict each other.
   */
  seek(key: Uint8Array): Promise<number | null> {
    return seekKey(this, key);
  }

  /** May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** From the first window of Index.db; a damaged index leaves the order as it is. */
  async #inferOrder(): Promise<void> {
    try {
      for await (const batch of scanIndex(this)) {
        const keys = batch.map((entry) => entry.key);
        this.#partitioner = inferOrder(this.#partitioner, this.header.keyType, keys);
        break;
      }
    } catch (error) {
      if (!(error instanceof SstashError)) throw error;
    }
  }

  async #makeBlocks(): Promise<BlockReader> {
    if (this.compression !== null) {
      return withComponent('Data.db', async () => {
        return new CompressedBlocks(this.#data, this.compression as CompressionInfo);
      });
    }
    if (!this.components.has('CRC.db')) return new PlainBlocks(this.#data, null);
    const bytes = await this.readComponent('CRC.db');
    const where = { file: this.componentPath('CRC.db'), component: 'CRC.db' };
    return new PlainBlocks(this.#data, parseCrc(bytes, where, this.#data.size));
  }

  async #closeAll(): Promise<void> {
    await this.#data.close();
    for (const opened of this.#open.values()) {
      const file = await opened.catch(() => null);
      await file?.close();
    }
  }
}

interface Parts {
  readonly files: SSTableFiles;
  readonly statistics: Statistics;
  readonly compression: CompressionInfo | null;
  readonly partitioner: Partitioner;
  readonly fs: FileSystem;
  readonly data: RandomAccessFile;
}

async function findFiles(path: string, fs: FileSystem): Promise<SSTableFiles> {
  const found = await findSSTable(path, fs);
  if (found !== null) return found;
  throw new SstashError('PATH_NOT_FOUND', 'there is no SSTable of this name', {
    file: path,
    hint: 'Give one of its files, as nb-1-big-Data.db.',
  });
}

function require(files: SSTableFiles, name: string): ComponentFile {
  const file = files.components.get(name);
  if (file !== undefined) return file;
  throw new SstashError('SSTABLE_COMPONENT_MISSING', `the SSTable has no ${name}`, {
    file: files.dataPath.replace(/Data\.db$/, name),
    component: name,
    hint: RESTORE,
  });
}

async function bytesOf(
  files: SSTableFiles,
  name: string,
  version: FormatVersion,
  fs: FileSystem,
): Promise<[Uint8Array, FormatVersion, { file: string; component: string }]> {
  const { path } = require(files, name);
  const bytes = await withComponent(name, () => readWholeFile(path, componentLimit(name), fs));
  return [bytes, version, { file: path, component: name }];
}

/** Adds the component's name to what goes wrong. */
async function withComponent<R>(component: string, run: () => Promise<R>): Promise<R> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof SstashError ? error.with({ component }) : error;
  }
}

function ownPartitioner(statistics: Statistics, files: SSTableFiles): Partitioner {
  try {
    return partitioner(statistics.partitioner, statistics.header.keyType);
  } catch (error) {
    if (!(error instanceof SstashError)) throw error;
    throw error.with({
      file: files.dataPath.replace(/Data\.db$/, 'Statistics.db'),
      component: 'Statistics.db',
    });
  }
}
