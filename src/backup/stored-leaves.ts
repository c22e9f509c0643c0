/** Single leaves of a stored SSTable: which chunk holds the n-th, and what is in it. */

import { ByteReader } from '../binary/index.js';
import { type CanonicalRecord, decodeRecords } from '../canonical/index.js';
import {
  type FormatVersion,
  type PartitionHead,
  RowReader,
  type SerializationHeader,
  type Unfiltered,
} from '../components/index.js';
import { SstashError } from '../errors.js';
import { ObjectReader, type Repository } from '../repository/index.js';
import { decodeChunkList, type ListedChunk } from './chunk-list.js';
import { idOf, type RowsData } from './records.js';

export type LeafRecord = PartitionHead | Unfiltered;

/** The chunk that holds a leaf. */
export interface LeafChunk {
  /** Ordinal of its first leaf in the SSTable. */
  readonly firstLeaf: number;
  readonly chunk: ListedChunk;
}

export class StoredLeaves {
  readonly #repository: Repository;
  readonly #reader: ObjectReader;
  readonly #data: RowsData;
  readonly #header: SerializationHeader;
  readonly #rows: RowReader;
  /** Ordinal of the first leaf of each range, and after the last one. */
  readonly #rangeLeaves: number[] = [0];
  /** The list that was used last: neighbours are asked for one after another. */
  #list: { range: number; chunks: readonly LeafChunk[] } | null = null;

  constructor(
    repository: Repository,
    data: RowsData,
    header: SerializationHeader,
    version: FormatVersion,
  ) {
    this.#repository = repository;
    this.#reader = new ObjectReader(repository.store, repository.keys.ids);
    this.#data = data;
    this.#header = header;
    this.#rows = new RowReader(header, version);
    let leaves = 0;
    for (const count of data.ranges.leaves) {
      leaves += count;
      this.#rangeLeaves.push(leaves);
    }
  }

  /** Bytes of packs that were read for rows. */
  get bytesRead(): number {
    return this.#reader.bytesRead;
  }

  /** The records of the leaves `from` to `to`, chunk by chunk. */
  async *read(
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncGenerator<LeafRecord[], void, undefined> {
    for (let leaf = from; leaf < to; ) {
      const place = await this.#chunkOf(leaf);
      const [object] = await this.#repository.place([place.chunk.id]);
      if (object === undefined) throw new TypeError('unreachable');
      const leaves = splitLeaves(
        decodeRecords(await this.#reader.read(object, signal), this.#header),
        place.chunk.leaves,
      );
      const end = Math.min(to, place.firstLeaf + place.chunk.leaves);
      const records = leaves.slice(leaf - place.firstLeaf, end - place.firstLeaf).flat();
      yield records.map((record) => this.#plain(record));
      leaf = end;
    }
  }

  async #chunkOf(leaf: number): Promise<LeafChunk> {
    let range = 0;
    while ((this.#rangeLeaves[range + 1] ?? Number.POSITIVE_INFINITY) <= leaf) range++;
    if (this.#list?.range !== range) this.#list = { range, chunks: await this.#readList(range) };
    const found = this.#list.chunks.findLast(({ firstLeaf }) => firstLeaf <= leaf);
    if (found !== undefined && leaf < found.firstLeaf + found.chunk.leaves) return found;
    throw new SstashError('REPOSITORY_CORRUPT', `leaf ${leaf} is in no chunk of its SSTable`);
  }

  async #readList(range: number): Promise<LeafChunk[]> {
    const list = this.#data.ranges.lists[range];
    if (list === undefined) {
      throw new SstashError('REPOSITORY_CORRUPT', 'a recipe has fewer ranges than its tree leaves');
    }
    let firstLeaf = this.#rangeLeaves[range] ?? 0;
    return decodeChunkList(await this.#repository.read(idOf(list))).map((chunk) => {
      const place = { firstLeaf, chunk };
      firstLeaf += chunk.leaves;
      return place;
    });
  }

  /** What is kept as native bytes is read from them. */
  #plain(record: CanonicalRecord): LeafRecord {
    if (record.type !== 'opaque') return record;
    const reader = new ByteReader(record.native);
    if (record.head) return this.#rows.readHead(reader);
    this.#rows.startInside();
    const unfiltered = this.#rows.readNext(reader);
    if (unfiltered.type !== 'end') return unfiltered;
    throw new SstashError('REPOSITORY_CORRUPT', 'an opaque record ends a partition');
  }
}

function isHead(record: CanonicalRecord | undefined): boolean {
  return record?.type === 'partition' || (record?.type === 'opaque' && record.head);
}

/**
 * Cuts the records of a chunk into its leaves (docs/canonical-form.md, 3): a head begins one, and so
 * does every unfiltered of a partition that has several. Whether a partition whose only known
 * unfiltered ends the chunk goes on in the next one is told by the number of leaves.
 */
export function splitLeaves(
  records: readonly CanonicalRecord[],
  count: number,
): CanonicalRecord[][] {
  const leaves: CanonicalRecord[][] = [];
  for (let i = 0; i < records.length; ) {
    const isSingle =
      isHead(records[i]) && i + 1 < records.length && !isHead(records[i + 1]) && endsAt(i + 2);
    const length = isSingle ? 2 : 1;
    leaves.push(records.slice(i, i + length));
    i += length;
  }
  if (leaves.length === count) return leaves;
  throw new SstashError(
    'REPOSITORY_CORRUPT',
    'a chunk has another number of leaves than its list',
    {
      expected: String(count),
      found: String(leaves.length),
    },
  );

  /** Whether the partition ends before record `next`. */
  function endsAt(next: number): boolean {
    if (next < records.length) return isHead(records[next]);
    return leaves.length + 1 === count;
  }
}
