/** The components that follow from the rows, made while Data.db is. */
import {
  ComponentDeriver,
  type ComponentPiece,
  type DerivedParameters,
  formatVersion,
  type PartitionBatch,
  parseStatistics,
} from '../../components/index.js';
import { PieceQueue } from './piece-queue.js';

export interface DerivedFilesOptions {
  readonly format: string;
  readonly version: string;
  /** Bytes of the Statistics.db whose header the rows are encoded against. */
  readonly statistics: Uint8Array;
  readonly nativeBytes: number;
  readonly parameters: DerivedParameters;
  /** Names of all components of the SSTable. */
  readonly components: readonly string[];
  /** Names of those that are wanted. */
  readonly wanted: readonly string[];
}

/** Of Data.db in file order: partitions(), block() and stored(), then flush(); finish() at the end. */
export class DerivedFiles {
  readonly columnIndexSize: number;
  readonly #deriver: ComponentDeriver;
  readonly #queues: ReadonlyMap<string, PieceQueue>;

  constructor(options: DerivedFilesOptions) {
    const { parameters, components, nativeBytes: dataLength, wanted } = options;
    const version = formatVersion(options.format, options.version);
    const { header } = parseStatistics(options.statistics, version);
    this.columnIndexSize = parameters.rowIndex.columnIndexSize;
    this.#deriver = new ComponentDeriver({ parameters, header, version, dataLength, components });
    this.#queues = new Map(wanted.map((name) => [name, new PieceQueue()]));
  }

  /** The bytes of one of the wanted components, as they are made. */
  queue(component: string): PieceQueue {
    const queue = this.#queues.get(component);
    if (queue === undefined) throw new TypeError(`${component} is not made`);
    return queue;
  }

  partitions(batch: PartitionBatch): void {
    this.#deriver.partitions(batch);
  }

  block(length: number): void {
    this.#deriver.block(length);
  }

  stored(bytes: Uint8Array, crc: number): void {
    this.#deriver.stored(bytes, crc);
  }

  /** Hands on what is ready. */
  async flush(): Promise<void> {
    await this.#give(this.#deriver.drain());
  }

  async finish(): Promise<void> {
    await this.#give(this.#deriver.finish());
    for (const queue of this.#queues.values()) queue.end();
  }

  /** Whoever reads gets `error`, where there is more to come. */
  fail(error: unknown): void {
    for (const queue of this.#queues.values()) queue.fail(error);
  }

  close(): void {
    this.#deriver.close();
  }

  async #give(pieces: Iterable<ComponentPiece>): Promise<void> {
    for (const { component, bytes } of pieces) {
      if (bytes.length > 0) await this.#queues.get(component)?.push(bytes.slice());
    }
  }
}
