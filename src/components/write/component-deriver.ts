/**
 * Every component of an SSTable that follows from its rows, made in one pass over Data.db: of the
 * uncompressed stream (or the partitions that were read off it elsewhere) and of the bytes on disk.
 */
import { combineCrc32 } from '../../codec/index.js';
import { type PartitionBatch, PartitionScanner } from '../facts/index.js';
import type { SerializationHeader } from '../serialization-header.js';
import type { FormatVersion } from '../versions.js';
import { CrcWriter, writeDigest } from './checksum-writers.js';
import { CompressionInfoWriter } from './compression-info-writer.js';
import type { DerivedParameters } from './derived-parameters.js';
import { FilterWriter } from './filter-writer.js';
import { IndexWriter } from './index-writer.js';
import { SummaryWriter } from './summary-writer.js';
import { writeToc } from './toc-writer.js';
import { TrieIndexDeriver } from './trie-index-deriver.js';

/** What a component consists of, piece by piece. */
export interface ComponentPiece {
  readonly component: string;
  /** May be a view, valid until the next call. */
  readonly bytes: Uint8Array;
}

export interface DeriverOptions {
  readonly parameters: DerivedParameters;
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  /** Bytes of the uncompressed stream. */
  readonly dataLength: number;
  /** Names of all components, for TOC.txt. */
  readonly components: Iterable<string>;
}

/**
 *     for each piece of Data.db:  deriver.stored(bytes, crc), deriver.block(length), deriver.data(plain)
 *                                 for (const piece of deriver.drain()) ...
 *     for (const piece of deriver.finish()) ...
 *     deriver.close()
 *
 * Only the components that `parameters` name are made.
 */
export class ComponentDeriver {
  readonly #options: DeriverOptions;
  readonly #scanner: PartitionScanner;
  readonly #compression: CompressionInfoWriter | null;
  readonly #crc: CrcWriter | null;
  readonly #index: IndexWriter | null;
  readonly #tries: TrieIndexDeriver | null;
  readonly #filter: FilterWriter | null;
  readonly #summary: SummaryWriter | null;
  #digest = 0;
  #begun = false;

  constructor(options: DeriverOptions) {
    this.#options = options;
    const { parameters, header, version } = options;
    const { columnIndexSize } = parameters.rowIndex;
    this.#scanner = new PartitionScanner({ header, version, columnIndexSize });
    const { compressionInfo, crc, filter, summary } = parameters;
    this.#compression =
      compressionInfo === undefined ? null : new CompressionInfoWriter(compressionInfo, version);
    this.#crc = crc === undefined ? null : new CrcWriter(crc);
    this.#filter = filter === undefined ? null : new FilterWriter(filter, version);
    this.#summary = summary === undefined ? null : new SummaryWriter(summary);
    this.#index = version.format === 'big' ? new IndexWriter(version, parameters.rowIndex) : null;
    this.#tries =
      version.format === 'bti' ? new TrieIndexDeriver(parameters.partitions, header) : null;
  }

  /** The next bytes of the uncompressed stream, cut anywhere. */
  data(bytes: Uint8Array): void {
    this.#scanner.push(bytes);
    if (this.#scanner.count > 0) this.partitions(this.#scanner.take());
  }

  /** The next partitions, where `data` is not called. */
  partitions(batch: PartitionBatch): void {
    this.#filter?.add(batch);
    const startOf = this.#index?.add(batch);
    if (startOf !== undefined) this.#summary?.add(batch, startOf);
    this.#tries?.add(batch);
  }

  /** The next bytes of Data.db as they are on disk, cut anywhere, and their CRC-32. */
  stored(bytes: Uint8Array, crc: number): void {
    this.#digest = combineCrc32(this.#digest, crc, bytes.length);
    this.#crc?.push(bytes);
  }

  /** The next compressed block takes `length` bytes on disk, with its checksum. */
  block(length: number): void {
    this.#compression?.block(length);
  }

  /** What is ready of all components. */
  *drain(): Generator<ComponentPiece, void, undefined> {
    const { parameters, dataLength } = this.#options;
    if (this.#compression !== null) {
      const component = 'CompressionInfo.db';
      if (!this.#begun) yield { component, bytes: this.#compression.head(dataLength) };
      yield { component, bytes: this.#compression.take() };
    }
    this.#begun = true;
    if (this.#crc !== null) yield { component: 'CRC.db', bytes: this.#crc.take() };
    const index = this.#index?.take();
    if (index !== undefined && parameters.index === true) {
      yield { component: 'Index.db', bytes: index };
    }
    if (this.#tries !== null) {
      const partitions = this.#tries.takePartitions();
      if (partitions !== undefined) yield { component: 'Partitions.db', bytes: partitions };
      const rows = this.#tries.takeRows();
      if (parameters.rows === true) yield { component: 'Rows.db', bytes: rows };
    }
  }

  /** The rest of all components. Throws SSTABLE_TRUNCATED. */
  *finish(): Generator<ComponentPiece, void, undefined> {
    this.#scanner.end();
    this.#crc?.finish();
    this.#tries?.finish(this.#options.dataLength);
    yield* this.drain();
    const { parameters, components } = this.#options;
    if (this.#compression !== null) {
      yield { component: 'CompressionInfo.db', bytes: this.#compression.tail() };
    }
    if (parameters.digest === true) {
      yield { component: 'Digest.crc32', bytes: writeDigest(this.#digest) };
    }
    if (this.#filter !== null) {
      for (const bytes of this.#filter.finish()) yield { component: 'Filter.db', bytes };
    }
    if (this.#summary !== null) {
      yield { component: 'Summary.db', bytes: this.#summary.finish() };
    }
    if (parameters.toc !== undefined) {
      yield { component: 'TOC.txt', bytes: writeToc(parameters.toc, components) };
    }
  }

  /** Gives memory back; to be called in any case. */
  close(): void {
    this.#filter?.close();
  }
}
