/** Partitions.db and Rows.db together: one holds positions in the other. */
import { kernels } from '../../codec/index.js';
import { parseType, partitioner } from '../../cql/index.js';
import { isSstashError } from '../../errors.js';
import type { PartitionBatch } from '../facts/index.js';
import type { SerializationHeader } from '../serialization-header.js';
import { type PartitionsParameters, PartitionsWriter } from './partitions-writer.js';
import { RowsWriter } from './rows-writer.js';

export class TrieIndexDeriver {
  readonly #partitions: PartitionsWriter | null;
  readonly #rows: RowsWriter;
  /** Rows that cannot be indexed: from there on nothing is written. */
  #failed = false;

  /**
   * Without `parameters` there is no Partitions.db. Throws SSTABLE_UNSUPPORTED_PARTITIONER,
   * SSTABLE_UNSUPPORTED_TYPE.
   */
  constructor(parameters: PartitionsParameters | undefined, header: SerializationHeader) {
    this.#partitions = parameters === undefined ? null : partitionsWriter(parameters, header);
    this.#rows = new RowsWriter(header);
  }

  add(batch: PartitionBatch): void {
    if (this.#failed) return;
    try {
      const places = this.#rows.add(batch);
      const hashes = kernels().hashEntries(batch.entries, batch.starts);
      this.#partitions?.add(batch, places, hashes);
    } catch (error) {
      if (!isSstashError(error)) throw error;
      this.#failed = true;
    }
  }

  /** `dataLength`: bytes of the uncompressed stream. */
  finish(dataLength: number): void {
    if (!this.#failed) this.#partitions?.finish(dataLength);
  }

  takePartitions(): Uint8Array | undefined {
    return this.#partitions?.take();
  }

  takeRows(): Uint8Array {
    return this.#rows.take();
  }
}

function partitionsWriter(
  { partitioner: name, keyType, earlyOpen }: PartitionsParameters,
  header: SerializationHeader,
): PartitionsWriter {
  const type = keyType === undefined ? header.keyType : parseType(keyType);
  return new PartitionsWriter(partitioner(name, type), earlyOpen);
}
