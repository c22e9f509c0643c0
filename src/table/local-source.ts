/** Rows of an SSTable on disk for a comparison: only the spans that are asked for are read. */
import { ByteReader, NeedMoreBytes } from '../binary/index.js';
import { type PartitionEnd, RowReader, type SerializationHeader } from '../components/index.js';
import { checkLimit, LIMITS } from '../limits.js';
import type { LeafSpan, SSTableTree } from '../merkle/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import { dataError, SSTable } from '../sstable/index.js';
import type { LeafSource, PartitionPlace, PlacedRecord } from './leaf-source.js';
import { placeOf } from './place.js';
import type { TreeEntry } from './tree-file.js';

const WINDOW_BYTES = 128 * 1024;
/** The first window of a span is small: often its first record is all that is wanted. */
const FIRST_WINDOW_BYTES = 16 * 1024;
/** Room for a partition's key and deletion; a static row makes the window grow. */
const HEAD_BYTES = 4096;

/** SSTables that are open at the same time, at most. */
const OPEN_MAX = 64;

/** Opens SSTables when they are needed and closes those that were not used for longest. */
export class SSTablePool {
  /** By path, least recently used first. */
  readonly #open = new Map<string, Promise<SSTable>>();
  readonly #users = new Map<string, number>();

  /** Runs `use` with the SSTable `path` open. */
  async with<T>(path: string, use: (sstable: SSTable) => Promise<T>): Promise<T> {
    const opened = this.#open.get(path) ?? SSTable.open(path);
    this.#open.delete(path);
    this.#open.set(path, opened);
    this.#users.set(path, (this.#users.get(path) ?? 0) + 1);
    try {
      await this.#trim();
      return await use(await opened);
    } finally {
      this.#users.set(path, (this.#users.get(path) ?? 1) - 1);
    }
  }

  async #trim(): Promise<void> {
    for (const [path, opened] of this.#open) {
      if (this.#open.size <= OPEN_MAX) return;
      if ((this.#users.get(path) ?? 0) > 0) continue;
      this.#open.delete(path);
      await (await opened).close();
    }
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const opened of all) if (opened.status === 'fulfilled') await opened.value.close();
  }
}

export interface LocalLeafSourceParts {
  /** Path of Data.db. */
  readonly name: string;
  readonly pool: SSTablePool;
  readonly entry: TreeEntry;
  readonly header: SerializationHeader;
}

export class LocalLeafSource implements LeafSource {
  readonly name: string;
  readonly tree: SSTableTree;
  readonly header: SerializationHeader;
  readonly partitioner: string;
  readonly #pool: SSTablePool;
  #bytesRead = 0;

  constructor({ name, pool, entry, header }: LocalLeafSourceParts) {
    this.name = name;
    this.header = header;
    this.tree = entry.tree;
    this.partitioner = entry.partitioner;
    this.#pool = pool;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  async *read(span: LeafSpan, signal?: AbortSignal): AsyncGenerator<readonly PlacedRecord[], void> {
    const rows = await this.#pool.with(this.name, async ({ header, version }) => {
      return new RowReader(header, version);
    });
    const state: ReadState = { rows, partition: null, position: span.position };
    if (span.partitionPosition < span.position) {
      state.partition = await this.#partitionAt(rows, span.partitionPosition);
    }
    rows.startInside();
    let wanted = FIRST_WINDOW_BYTES;
    while (state.position < span.end) {
      throwIfInterrupted(signal);
      const reader = await this.#window(state.position, wanted, span.end);
      const records = await this.#parse(() => readRecords(reader, state));
      if (records.length > 0) yield records;
      wanted =
        reader.offset === 0
          ? this.#larger(wanted, state.position)
          : Math.min(2 * wanted, WINDOW_BYTES);
    }
  }

  /** The next window's size when one of `size` bytes does not hold a single record. */
  #larger(size: number, uncompressedOffset: number): number {
    const where = { file: this.name, component: 'Data.db', uncompressedOffset };
    if (size === LIMITS.rowBytesMax) checkLimit('rowBytesMax', size + 1, where);
    return Math.min(4 * size, LIMITS.rowBytesMax);
  }

  /** `wanted` bytes from `position`, at most up to `end`; then the window is complete. */
  async #window(position: number, wanted: number, end: number): Promise<ByteReader> {
    const length = Math.min(wanted, end - position);
    const bytes = await this.#pool.with(this.name, (sstable) => sstable.readData(position, length));
    this.#bytesRead += length;
    return new ByteReader(bytes, { base: position, complete: position + length >= end });
  }

  /** Errors of `parse` know the position in the stream only; here they get the rest. */
  async #parse<T>(parse: () => T): Promise<T> {
    try {
      return parse();
    } catch (error) {
      if (error instanceof NeedMoreBytes) throw error;
      throw await this.#pool.with(this.name, (sstable) => dataError(sstable, error));
    }
  }

  /** The partition that begins at `position`. */
  async #partitionAt(rows: RowReader, position: number): Promise<PartitionPlace> {
    for (let wanted = HEAD_BYTES; ; wanted = this.#larger(wanted, position)) {
      const reader = await this.#window(position, wanted, this.tree.dataLength);
      try {
        return await this.#parse(() => placeOf(rows.readHead(reader).key));
      } catch (error) {
        if (!(error instanceof NeedMoreBytes)) throw error;
      }
    }
  }
}

interface ReadState {
  readonly rows: RowReader;
  /** The partition that the next record is in, null between partitions. */
  partition: PartitionPlace | null;
  position: number;
}

/** Every record that `reader` holds whole; moves `state` and the reader behind them. */
function readRecords(reader: ByteReader, state: ReadState): PlacedRecord[] {
  const records: PlacedRecord[] = [];
  let start = reader.offset;
  try {
    while (reader.remaining > 0) {
      start = reader.offset;
      if (state.partition === null) {
        const head = state.rows.readHead(reader);
        state.partition = placeOf(head.key);
        records.push({ partition: state.partition, record: head });
        continue;
      }
      const record: PlacedRecord['record'] | PartitionEnd = state.rows.readNext(reader);
      if (record.type === 'end') state.partition = null;
      else records.push({ partition: state.partition, record });
    }
    start = reader.offset;
  } catch (error) {
    if (!(error instanceof NeedMoreBytes)) throw error;
    reader.offset = start;
  }
  state.position = reader.base + reader.offset;
  return records;
}
