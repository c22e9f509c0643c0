/**
 * Writes Rows.db (layout: rows-file.ts). Between two blocks stands a separator: what the last name of
 * the one and the first name of the other have in common, and the next byte of the former plus one;
 * behind the last block the shortest such key above its last name.
 */
import { ByteReader, ByteWriter } from '../../binary/index.js';
import { type CqlType, writeComparableClustering } from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import { readIndexName } from '../clustering-prefix.js';
import { writeDeletionTime } from '../deletion-time.js';
import {
  batchKey,
  batchPosition,
  type IndexedPartition,
  type PartitionBatch,
} from '../facts/index.js';
import type { IndexDeletion } from '../promoted-index.js';
import type { SerializationHeader } from '../serialization-header.js';
import { formatVersion } from '../versions.js';
import { putNumber, signedLength } from './number-bytes.js';
import { TrieWriter } from './trie-writer.js';

/** Row indexes have the deletions of oa, whatever the version of BTI. */
const DELETION_VERSION = formatVersion('big', 'oa');
const WITH_DELETION = 8;

/** Where the entries of a batch stand in Rows.db, and how long the file is behind each partition. */
export interface RowsPlaces {
  /** -1 for a partition without a row index. */
  readonly positions: Float64Array;
  readonly lengths: Float64Array;
}

export class RowsWriter {
  readonly #types: readonly CqlType[];
  readonly #out = new ByteWriter(1 << 12);
  readonly #trie = new TrieWriter(this.#out, 0);
  /** Byte-comparable names, and the separator that was added last. */
  readonly #first = new ByteWriter();
  readonly #last = new ByteWriter();
  #separator = new ByteWriter();
  #next = new ByteWriter();
  readonly #payload = new ByteWriter();
  readonly #number = new Uint8Array(8);

  constructor(header: SerializationHeader) {
    this.#types = header.clusteringTypes;
  }

  /** Row indexes of the next partitions. Throws SSTABLE_CORRUPT, SSTABLE_UNSUPPORTED_TYPE. */
  add(batch: PartitionBatch): RowsPlaces {
    const positions = new Float64Array(batch.count).fill(-1);
    const lengths = new Float64Array(batch.count);
    let from = 0;
    for (const partition of batch.indexed) {
      lengths.fill(this.#trie.position, from, partition.at);
      positions[partition.at] = this.#partition(batch, partition);
      from = partition.at;
    }
    lengths.fill(this.#trie.position, from);
    return { positions, lengths };
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const bytes = this.#out.toBytes();
    this.#trie.taken(bytes.length);
    this.#out.clear();
    return bytes;
  }

  #partition(batch: PartitionBatch, { at, deletion, blocks }: IndexedPartition): number {
    this.#separator.clear();
    this.#addBlock(this.#separator.view(), 0, blocks.offsets[0] ?? 0, blocks.open[0] ?? null);
    this.#encode(this.#last, blocks.names, blocks.nameEnds, 1);
    for (let block = 1; block < blocks.count; block++) {
      this.#encode(this.#first, blocks.names, blocks.nameEnds, 2 * block);
      const last = this.#last.view();
      const shared = sharedLength(last, this.#first.view());
      this.#separate(last, shared, blocks.offsets[block] ?? 0, blocks.open[block] ?? null);
      this.#encode(this.#last, blocks.names, blocks.nameEnds, 2 * block + 1);
    }
    const last = this.#last.view();
    let shared = sharedLength(last, this.#separator.view());
    while (last[shared] === 0xff) shared++;
    this.#separate(last, shared, blocks.end, null);
    const root = this.#trie.finish();
    const position = this.#trie.position;
    const out = this.#out;
    out.shortBytes(batchKey(batch, at));
    const base = this.#trie.position;
    out.uvint(batchPosition(batch, at));
    out.svint(root - base);
    out.uvint(blocks.count);
    out.bytes(deletion);
    return position;
  }

  /** Adds the first `shared` bytes of `last` and the next one, greater by one. */
  #separate(last: Uint8Array, shared: number, offset: number, open: IndexDeletion | null): void {
    const next = this.#next;
    next.clear();
    next.bytes(last.subarray(0, shared));
    next.u8((last[shared] ?? 0) + 1);
    const before = this.#separator.view();
    const key = next.view();
    const same = sharedLength(before, key);
    if ((before[same] ?? -1) >= (key[same] ?? -1)) {
      throw new SstashError('SSTABLE_CORRUPT', 'the clusterings of a partition do not ascend');
    }
    this.#addBlock(key, same, offset, open);
    this.#next = this.#separator;
    this.#separator = next;
  }

  /** Adds a key that shares `shared` bytes with the one before; its bytes are not kept. */
  #addBlock(key: Uint8Array, shared: number, offset: number, open: IndexDeletion | null): void {
    const payload = this.#payload;
    payload.clear();
    const length = signedLength(offset);
    payload.part(this.#number, 0, putNumber(this.#number, 0, offset, length));
    if (open !== null) writeDeletionTime(payload, DELETION_VERSION, open);
    const bits = open === null ? length : length + WITH_DELETION;
    this.#trie.add(key, shared, bits, payload.view());
  }

  #encode(w: ByteWriter, names: Uint8Array, ends: Uint32Array, i: number): void {
    w.clear();
    const bytes = names.subarray(i === 0 ? 0 : ends[i - 1], ends[i]);
    const prefix = readIndexName(new ByteReader(bytes), this.#types);
    writeComparableClustering(w, this.#types, prefix);
  }
}

/** Bytes that two keys begin with alike. */
function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at++;
  return at;
}
