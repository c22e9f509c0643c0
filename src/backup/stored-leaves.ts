/** Single leaves of a stored SSTable: which chunk holds the n-th, and what is in it. */

import { ByteReader, toHex } from '../binary/index.js';
import { type CanonicalRecord, decodeRecords } from '../canonical/index.js';
import {
  type FormatVersion,
  type PartitionHead,
  RowReader,
  type SerializationHeader,
  type Unfiltered,
} from '../components/index.js';
import { SstashError } from '../errors.js';
import type { Repository } from '../repository/index.js';
import { decodeChunkList, type ListedChunk, segmentsOf } from './chunk-list.js';
import { idOf, type RowsData } from './records.js';
import { LeafChunkReader } from './slabs/index.js';

export type LeafRecord = PartitionHead | Unfiltered;

/** Consecutive leaves of the SSTable that one chunk holds. */
export interface LeafChunk {
  /** Ordinal of the first one in the SSTable. */
  readonly firstLeaf: number;
  readonly chunk: ListedChunk;
  /** Which of the chunk's leaves is the first one, and how many are taken. */
  readonly skip: number;
  readonly leaves: number;
}

/** Chunks that stay decoded: one for each stream of a merge, and some. */
const DECODED_CHUNKS = 32;

export class StoredLeaves {
  readonly #repository: Repository;
  readonly #reader: LeafChunkReader;
  readonly #data: RowsData;
  readonly #header: SerializationHeader;
  readonly #rows: RowReader;
  /** Ordinal of the first leaf of each range, and after the last one. */
  readonly #rangeLeaves: number[] = [0];
  /** By id, the one used last at the end. */
  readonly #decoded = new Map<string, CanonicalRecord[][]>();
  /** The list that was used last: neighbours are asked for one after another. */
  #list: { range: number; chunks: readonly LeafChunk[] } | null = null;

  constructor(
    repository: Repository,
    data: RowsData,
    header: SerializationHeader,
    version: FormatVersion,
  ) {
    this.#repository = repository;
    this.#reader = new LeafChunkReader(repository.store, repository.keys.ids);
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
      const leaves = await this.#leavesOf(place.chunk, signal);
      const end = Math.min(to, place.firstLeaf + place.leaves);
      const before = place.firstLeaf - place.skip;
      const records = leaves.slice(leaf - before, end - before).flat();
      yield records.map((record) => this.#plain(record));
      leaf = end;
    }
  }

  /** Neighbouring leaves may take turns between chunks: the last ones stay decoded. */
  async #leavesOf(chunk: ListedChunk, signal?: AbortSignal): Promise<CanonicalRecord[][]> {
    const key = toHex(chunk.id);
    const known = this.#decoded.get(key);
    if (known !== undefined) {
      this.#decoded.delete(key);
      this.#decoded.set(key, known);
      return known;
    }
    const [object] = await this.#repository.place([chunk.id]);
    if (object === undefined) throw new TypeError('unreachable');
    const records = decodeRecords(await this.#reader.read(object, signal), this.#header);
    const leaves = splitLeaves(records, chunk.leaves);
    const [oldest] = this.#decoded.keys();
    if (this.#decoded.size >= DECODED_CHUNKS && oldest !== undefined) this.#decoded.delete(oldest);
    this.#decoded.set(key, leaves);
    return leaves;
  }

  async #chunkOf(leaf: number): Promise<LeafChunk> {
    let range = 0;
    while ((this.#rangeLeaves[range + 1] ?? Number.POSITIVE_INFINITY) <= leaf) range++;
    if (this.#list?.range !== range) this.#list = { range, chunks: await this.#readList(range) };
    const found = lastAtOrBefore(this.#list.chunks, leaf);
    if (found !== undefined && leaf < found.firstLeaf + found.leaves) return found;
    throw new SstashError('REPOSITORY_CORRUPT', `leaf ${leaf} is in no chunk of its SSTable`);
  }

  async #readList(range: number): Promise<LeafChunk[]> {
    const list = this.#data.ranges.lists[range];
    if (list === undefined) {
      throw new SstashError('REPOSITORY_CORRUPT', 'a recipe has fewer ranges than its tree leaves');
    }
    const decoded = decodeChunkList(await this.#repository.read(idOf(list)));
    const segments = segmentsOf(decoded);
    let firstLeaf = this.#rangeLeaves[range] ?? 0;
    return Array.from({ length: segments.count }, (_, i) => {
      const chunk = decoded.chunks[segments.chunk[i] as number] as ListedChunk;
      const leaves = segments.leaves[i] as number;
      const place = { firstLeaf, chunk, skip: segments.first[i] as number, leaves };
      firstLeaf += leaves;
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

/** The last of `chunks`, which are in order, that begins at or before `leaf`. */
function lastAtOrBefore(chunks: readonly LeafChunk[], leaf: number): LeafChunk | undefined {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunks[middle] as LeafChunk).firstLeaf <= leaf) low = middle + 1;
    else high = middle;
  }
  return chunks[low - 1];
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
