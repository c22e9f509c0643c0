/**
 * Partition heads and rows of an SSTable one after another from any item's position on. Bytes come
 * in windows that grow where a single row does not fit.
 */
import { ByteReader, NeedMoreBytes } from '../../binary/index.js';
import {
  type PartitionEnd,
  type PartitionHead,
  RowReader,
  type Unfiltered,
} from '../../components/index.js';
import { SstashError } from '../../errors.js';
import { checkLimit } from '../../limits.js';
import type { SSTable } from '../../sstable/index.js';

const WINDOW_BYTES = 256 * 1024;

export class ItemReader {
  readonly #sstable: SSTable;
  readonly #rows: RowReader;
  readonly #room: (length: number) => Uint8Array | undefined;
  #reader: ByteReader;
  /** Bytes that the next window must hold. */
  #wanted = WINDOW_BYTES;
  /** Damage behind the window that is being read: raised once the sound rows before it are out. */
  #damage: SstashError | null = null;

  /**
   * @param room where a window of so many bytes is to lie; a window there is overwritten by the next
   * one. In a fresh array where it says undefined, and what is read from it stays valid.
   */
  constructor(
    sstable: SSTable,
    position: number,
    room: (length: number) => Uint8Array | undefined = () => undefined,
  ) {
    this.#sstable = sstable;
    this.#room = room;
    this.#rows = new RowReader(sstable.header, sstable.version);
    this.#reader = new ByteReader(new Uint8Array(0), { base: position, complete: false });
  }

  /** Where the next item begins in the uncompressed stream. */
  get position(): number {
    return this.#reader.position;
  }

  /** The window; whoever takes items out of it moves its offset. */
  get reader(): ByteReader {
    return this.#reader;
  }

  /** Bytes of the window by their position in the stream, of an item that was just read. */
  source(position: number, length: number): Uint8Array {
    const start = position - this.#reader.base;
    return this.#reader.bytes.subarray(start, start + length);
  }

  /** The head of a partition, or null when the window must be filled first. */
  head(): PartitionHead | null {
    return this.#take((reader) => this.#rows.readHead(reader));
  }

  /** A row, a marker or the end of the partition, or null when the window must be filled first. */
  next(): Unfiltered | PartitionEnd | null {
    return this.#take((reader) => this.#rows.readNext(reader));
  }

  /** Reads on from the current position. */
  async fill(): Promise<void> {
    const { dataLength } = this.#sstable;
    const { position } = this;
    checkLimit('rowBytesMax', this.#wanted - WINDOW_BYTES, {
      file: this.#sstable.files.dataPath,
      component: 'Data.db',
      uncompressedOffset: position,
    });
    const bytes = await this.#read(position, Math.min(this.#wanted, dataLength - position));
    const complete = position + bytes.length >= dataLength;
    this.#reader = new ByteReader(bytes, { base: position, complete });
  }

  /** As many of `length` bytes as come before a damaged block. */
  async #read(position: number, length: number): Promise<Uint8Array> {
    if (this.#damage !== null) throw this.#damage;
    try {
      return await this.#sstable.readData(position, length, this.#room(length));
    } catch (error) {
      if (!(error instanceof SstashError)) throw error;
      const sound = (error.uncompressedOffset ?? position) - position;
      if (sound <= 0 || sound >= length) throw error;
      this.#damage = error;
      return this.#sstable.readData(position, sound);
    }
  }

  #take<T>(read: (reader: ByteReader) => T): T | null {
    const reader = this.#reader;
    const start = reader.offset;
    try {
      const item = read(reader);
      this.#wanted = WINDOW_BYTES;
      return item;
    } catch (error) {
      reader.offset = start;
      if (!(error instanceof NeedMoreBytes)) throw error;
      if (start === 0 && reader.bytes.length > 0) {
        this.#wanted = Math.max(this.#wanted * 2, reader.bytes.length + error.bytes);
      }
      return null;
    }
  }

  /** An error with its place in the file; readers of bytes know the uncompressed stream only. */
  async located(error: unknown): Promise<unknown> {
    if (!(error instanceof SstashError) || error.file !== undefined) return error;
    const position = error.uncompressedOffset ?? error.offset ?? this.position;
    const { code, message, length, expected, found, hint, cause } = error;
    return new SstashError(code, message, {
      file: this.#sstable.files.dataPath,
      component: 'Data.db',
      offset: (await this.#sstable.blocks()).filePosition(position),
      uncompressedOffset: position,
      ...(length === undefined ? {} : { length }),
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}
