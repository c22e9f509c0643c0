/**
 * Leaves back to the uncompressed stream of Data.db (docs/canonical-form.md, section 5): what the
 * SSTable's own writer wrote, byte for byte. Memory is one push.
 */
import { ByteWriter } from '../binary/index.js';
import { RowWriter, type RowWriterOptions } from '../components/index.js';
import type { ErrorDetails } from '../errors.js';
import { SstashError } from '../errors.js';
import { type CanonicalRecord, decodeRecords } from './decode.js';

export type NativeEncoderOptions = RowWriterOptions;

export class NativeEncoder {
  readonly #options: NativeEncoderOptions;
  readonly #where: ErrorDetails;
  readonly #rows: RowWriter;
  readonly #out = new ByteWriter(1 << 16);
  #insidePartition = false;
  /** Bytes handed out before the current push. */
  #done = 0;
  /** Where the record that the next previous size counts from starts. */
  #previousStart = 0;

  constructor(options: NativeEncoderOptions, where: ErrorDetails = {}) {
    this.#options = options;
    this.#where = where;
    this.#rows = new RowWriter(options);
  }

  /**
   * The native bytes of the next leaves, whole leaves only; a view, valid until the next call.
   * Throws REPOSITORY_CORRUPT.
   */
  push(leaves: Uint8Array): Uint8Array {
    this.#done += this.#out.length;
    this.#out.clear();
    for (const record of decodeRecords(leaves, this.#options.header, this.#where)) {
      this.#write(record);
    }
    return this.#out.view();
  }

  /** Ends the last partition; a view. */
  finish(): Uint8Array {
    this.#done += this.#out.length;
    this.#out.clear();
    this.#endPartition();
    return this.#out.view();
  }

  #endPartition(): void {
    if (this.#insidePartition) this.#rows.writePartitionEnd(this.#out);
    this.#insidePartition = false;
  }

  #write(record: CanonicalRecord): void {
    const out = this.#out;
    const isHead = record.type === 'partition' || (record.type === 'opaque' && record.head);
    if (isHead) this.#endPartition();
    else if (!this.#insidePartition) {
      throw new SstashError('REPOSITORY_CORRUPT', 'the first leaf has no partition', this.#where);
    }
    const start = this.#done + out.length;
    if (record.type === 'opaque') out.bytes(record.native);
    else if (record.type === 'partition') this.#rows.writeHead(out, record);
    else this.#rows.writeUnfiltered(out, record, start - this.#previousStart);
    this.#previousStart = start;
    this.#insidePartition = true;
  }
}
