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
import { type FileSystem, nodeFileSystem, type RandomAccessFile } from '../io/index.js';
import { type BlockReader, CompressedBlocks, PlainBlocks, type StoredDigests } from './blocks.js';
import { ComponentStore, withComponent } from './component-store.js';
import { type EventOptions, readEvents, type SSTableEvent } from './events.js';
import { type ComponentFile, findSSTable, locateTable, type SSTableFiles } from './files.js';
import { scanIndex } from './index-scan.js';
import { inferOrder, needsInference } from './local-order.js';
import { PartitionIndex } from './partition-index.js';
import { findRanges, type IndexedRange } from './ranges.js';
import { readableHeader } from './readable-header.js';
import { seekKey } from './seek.js';

export interface OpenOptions {
  readonly fs?: FileSystem;
  /** What the two components say, where the caller has parsed them already. */
  readonly parsed?: Parsed;
}

interface Parsed {
  readonly statistics: Statistics;
  readonly compression: CompressionInfo | null;
}

export class SSTable {
  readonly keyspace: string;
  /** `table`, or `table.index` for a secondary index. */
  readonly table: string;
  readonly statistics: Statistics;
  /** Whether the header differs from what Statistics.db says by itself (readable-header.ts). */
  readonly headerIsInferred: boolean;
  /** Null for an uncompressed SSTable. */
  readonly compression: CompressionInfo | null;
  readonly #store: ComponentStore;
  readonly #data: RandomAccessFile;
  #partitioner: Partitioner;
  #blocks: Promise<BlockReader> | null = null;
  #partitionIndex: Promise<PartitionIndex> | null = null;

  private constructor(
    store: ComponentStore,
    data: RandomAccessFile,
    parsed: Parsed,
    order: Partitioner,
    headerIsInferred = false,
  ) {
    this.headerIsInferred = headerIsInferred;
    this.#store = store;
    this.#data = data;
    this.statistics = parsed.statistics;
    this.compression = parsed.compression;
    this.#partitioner = order;
    const { keyspace, table } = locateTable(store.files.descriptor.directory);
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
    const store = new ComponentStore(files, fs);
    store.require('Data.db');
    const parsed = options.parsed ?? (await parseMetadata(store));
    const order = ownPartitioner(parsed.statistics, store);
    const data = await store.openComponent('Data.db');
    const asWritten = new SSTable(store, data, parsed, order);
    const header = await readableHeader(asWritten);
    const sstable =
      header === asWritten.header
        ? asWritten
        : new SSTable(store, data, withHeader(parsed, header), order, true);
    if (needsInference(order, parsed.statistics.header.keyType)) await sstable.#inferOrder();
    return sstable;
  }

  get files(): SSTableFiles {
    return this.#store.files;
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

  /** The order of the partitions. */
  get partitioner(): Partitioner {
    return this.#partitioner;
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
    return this.#store.componentPath(name);
  }

  /** A component whole, as it is on disk. Throws SSTABLE_COMPONENT_MISSING, LIMIT_EXCEEDED. */
  readComponent(name: string): Promise<Uint8Array> {
    return this.#store.readComponent(name);
  }

  /** A component as a file; it is closed with the SSTable. Throws SSTABLE_COMPONENT_MISSING. */
  openComponent(name: string): Promise<RandomAccessFile> {
    return this.#store.openComponent(name);
  }

  /**
   * Bytes `from` to `from + length` of the uncompressed stream: a fresh array, or the start of
   * `into`. The checksum of every block that is touched is verified first; then those with
   * a place in `digests` are digested. Throws SSTABLE_CHECKSUM,
   * SSTABLE_CORRUPT, SSTABLE_TRUNCATED, SSTABLE_UNSUPPORTED_COMPRESSION, with `offset` in the file
   * and `uncompressedOffset`.
   */
  async readData(
    from: number,
    length: number,
    into?: Uint8Array,
    digests?: StoredDigests,
  ): Promise<Uint8Array> {
    const blocks = await this.blocks();
    return withComponent('Data.db', () => blocks.read(from, length, into, digests));
  }

  /** The reader behind `readData`. */
  blocks(): Promise<BlockReader> {
    this.#blocks ??= this.#makeBlocks();
    return this.#blocks;
  }

  /**
   * Ranges of whole partitions that cover the stream, of about `targetBytes` each. They come from
   * Summary.db and Index.db, or from Partitions.db; where those are missing or damaged there is one
   * range, since Data.db can be read without them.
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
   * KEY_INVALID, and SSTABLE_CORRUPT where the index (Summary.db and Index.db, or Partitions.db and
   * Rows.db) and Data.db contradict each other, SSTABLE_COMPONENT_MISSING where there is none.
   */
  seek(key: Uint8Array): Promise<number | null> {
    return seekKey(this, key);
  }

  /** Partitions.db and Rows.db of a BTI SSTable. Throws SSTABLE_COMPONENT_MISSING, _CORRUPT. */
  partitionIndex(): Promise<PartitionIndex> {
    this.#partitionIndex ??= PartitionIndex.open(this);
    return this.#partitionIndex;
  }

  /** May be called more than once. */
  close(): Promise<void> {
    return this.#store.close();
  }

  /** From the first keys; what cannot be read leaves the order as it is. */
  async #inferOrder(): Promise<void> {
    try {
      const keys = await firstKeys(this);
      this.#partitioner = inferOrder(this.#partitioner, this.header.keyType, keys);
    } catch (error) {
      if (!(error instanceof SstashError)) throw error;
    }
  }

  async #makeBlocks(): Promise<BlockReader> {
    const { compression } = this;
    if (compression !== null) {
      return withComponent('Data.db', async () => {
        await loadCompressor(compression.compressor);
        return new CompressedBlocks(this.#data, compression);
      });
    }
    if (!this.components.has('CRC.db')) return new PlainBlocks(this.#data, null);
    const bytes = await this.readComponent('CRC.db');
    const where = { file: this.componentPath('CRC.db'), component: 'CRC.db' };
    return new PlainBlocks(this.#data, parseCrc(bytes, where, this.#data.size));
  }
}

/** Of the first window of Index.db, or of Data.db where there is none. */
async function firstKeys(sstable: SSTable): Promise<Uint8Array[]> {
  if (sstable.version.format === 'big') {
    for await (const batch of scanIndex(sstable)) return batch.map((entry) => entry.key);
    return [];
  }
  for await (const batch of sstable.events()) {
    return batch.flatMap((event) => (event.type === 'partition' ? [event.key] : []));
  }
  return [];
}

function withHeader(parsed: Parsed, header: SerializationHeader): Parsed {
  return { ...parsed, statistics: { ...parsed.statistics, header } };
}

async function findFiles(path: string, fs: FileSystem): Promise<SSTableFiles> {
  const found = await findSSTable(path, fs);
  if (found !== null) return found;
  throw new SstashError('PATH_NOT_FOUND', 'there is no SSTable of this name', {
    file: path,
    hint: 'Give one of its files, as nb-1-big-Data.db.',
  });
}

async function parseMetadata(store: ComponentStore): Promise<Parsed> {
  const parse = async <R>(
    component: string,
    parser: (
      bytes: Uint8Array,
      version: FormatVersion,
      where: { file: string; component: string },
    ) => R,
  ): Promise<R> => {
    const bytes = await store.readComponent(component);
    return parser(bytes, store.version, { file: store.componentPath(component), component });
  };
  const statistics = await parse('Statistics.db', parseStatistics);
  // Where it should be there, compressed bytes would be taken for rows without it.
  if (statistics.stats.compressionRatio >= 0) store.require('CompressionInfo.db');
  const compressed = store.components.has('CompressionInfo.db');
  const compression = compressed ? await parse('CompressionInfo.db', parseCompressionInfo) : null;
  return { statistics, compression };
}

function ownPartitioner(statistics: Statistics, store: ComponentStore): Partitioner {
  try {
    return partitioner(statistics.partitioner, statistics.header.keyType);
  } catch (error) {
    if (!(error instanceof SstashError)) throw error;
    const component = 'Statistics.db';
    throw error.with({ file: store.componentPath(component), component });
  }
}
