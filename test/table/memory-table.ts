/** Tables in memory as sides of a comparison: SSTables of made-up rows, with trees of any rule. */
import { ByteWriter } from '../../src/binary/index.js';
import { encodeHead, encodeUnfiltered } from '../../src/canonical/index.js';
import { kernels, xxh3_128 } from '../../src/codec/index.js';
import type {
  ColumnDefinition,
  PartitionHead,
  Row,
  SerializationHeader,
} from '../../src/components/index.js';
import { parseType } from '../../src/cql/index.js';
import { type LeafBatch, RunBuilder, type RunRule, SSTableTree } from '../../src/merkle/index.js';
import {
  type LeafSource,
  type OpenedTable,
  type PlacedRecord,
  placeOf,
} from '../../src/table/index.js';

/** One value: SSTable `file`, partition `key`, clustering `row`, written at `time`. */
export interface Put {
  readonly file: number;
  readonly key: number;
  readonly row: number;
  readonly value: number;
  readonly time: number;
}

const int = parseType('org.apache.cassandra.db.marshal.Int32Type');

const column: ColumnDefinition = {
  name: Buffer.from('v'),
  text: 'v',
  type: int,
  typeText: int.text,
  complex: false,
  fixedLength: 4,
  index: 0,
  kind: 'regular',
};

export const header: SerializationHeader = {
  minTimestamp: 0n,
  minLocalDeletionTime: 0,
  minTTL: 0,
  keyType: int,
  keyTypeText: int.text,
  clusteringTypes: [int],
  clusteringTypeTexts: [int.text],
  staticColumns: [],
  regularColumns: [column],
};

export function bytesOfInt(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

function rowOf({ row, value, time }: Put): Row {
  const cell = { path: null, ttl: 0, localDeletionTime: null, value: bytesOfInt(value) };
  return {
    type: 'row',
    position: 0,
    size: 0,
    clustering: [bytesOfInt(row)],
    liveness: null,
    deletion: null,
    shadowable: false,
    columns: [{ column, complexDeletion: null, cells: [{ ...cell, timestamp: BigInt(time) }] }],
  };
}

interface Leaf {
  readonly records: readonly PlacedRecord[];
  readonly digest: Uint8Array;
  readonly cut: number;
}

/** The leaves of one partition, as docs/canonical-form.md cuts them. */
function leavesOf(key: number, puts: readonly Put[]): Leaf[] {
  const partition = placeOf(bytesOfInt(key));
  const head: PartitionHead = {
    type: 'partition',
    position: 0,
    headerLength: 0,
    key: partition.key,
    deletion: null,
    staticRow: null,
  };
  const rows = [...puts].sort((a, b) => a.row - b.row).map(rowOf);
  const groups: (PartitionHead | Row)[][] =
    rows.length === 1 ? [[head, ...rows]] : [[head], ...rows.map((row) => [row])];
  return groups.map((records): Leaf => {
    const writer = new ByteWriter();
    writer.bytes(kernels().murmur3(partition.key));
    for (const record of records) {
      if (record.type === 'partition') encodeHead(writer, record);
      else encodeUnfiltered(writer, record);
    }
    const digest = xxh3_128(writer.view());
    const first = records[0];
    const place = first?.type === 'row' ? (first.clustering[0] ?? partition.key) : partition.key;
    const cut = new DataView(xxh3_128(place).buffer).getUint32(12);
    return { records: records.map((record) => ({ partition, record })), digest, cut };
  });
}

function batchOf(leaves: readonly Leaf[]): LeafBatch {
  const heads = leaves.filter((leaf) => leaf.records[0]?.record.type === 'partition');
  const places = heads.flatMap((leaf) => leaf.records.slice(0, 1).map((r) => r.partition));
  const leafDigests = new Uint8Array(16 * leaves.length);
  for (const [i, leaf] of leaves.entries()) leafDigests.set(leaf.digest, 16 * i);
  return {
    position: 0,
    leafCount: leaves.length,
    leafStarts: Uint32Array.from(leaves, (_, i) => 10 * i),
    leafDigests,
    leafCuts: Uint32Array.from(leaves, (leaf) => leaf.cut),
    leafIsHead: Uint8Array.from(leaves, (leaf) => (heads.includes(leaf) ? 1 : 0)),
    partitionTokenHigh: Int32Array.from(places, (place) => place.ringHigh ^ 0x80000000),
    partitionTokenLow: Uint32Array.from(places, (place) => place.ringLow),
  };
}

class MemorySource implements LeafSource {
  readonly name: string;
  readonly tree: SSTableTree;
  readonly header = header;
  readonly partitioner = 'org.apache.cassandra.dht.Murmur3Partitioner';
  bytesRead = 0;
  leavesRead = 0;
  readonly #leaves: readonly Leaf[];

  constructor(file: number, leaves: readonly Leaf[], rule: RunRule) {
    this.name = `memory-${file}`;
    this.#leaves = leaves;
    const builder = new RunBuilder(rule);
    builder.add(batchOf(leaves));
    this.tree = new SSTableTree(rule, builder.finish(), 10 * leaves.length, true);
  }

  async *read({ firstLeaf, leafCount }: { firstLeaf: number; leafCount: number }) {
    for (let at = firstLeaf; at < firstLeaf + leafCount; at += 7) {
      const batch = this.#leaves.slice(at, Math.min(at + 7, firstLeaf + leafCount));
      this.leavesRead += batch.length;
      yield batch.flatMap((leaf) => leaf.records);
    }
  }
}

export interface MemoryTable extends OpenedTable {
  readonly sources: readonly MemorySource[];
}

/** `puts` as a table; `rules` by SSTable. */
export function memoryTable(puts: readonly Put[], rules: (file: number) => RunRule): MemoryTable {
  const files = [...new Set(puts.map((put) => put.file))].sort((a, b) => a - b);
  const sources = files.map((file) => {
    const own = puts.filter((put) => put.file === file);
    const keys = [...new Set(own.map((put) => put.key))].map((key) => ({
      key,
      place: placeOf(bytesOfInt(key)),
    }));
    keys.sort((a, b) => a.place.ringHigh - b.place.ringHigh || a.place.ringLow - b.place.ringLow);
    const leaves = keys.flatMap(({ key }) =>
      leavesOf(
        key,
        own.filter((put) => put.key === key),
      ),
    );
    return new MemorySource(file, leaves, rules(file));
  });
  return {
    trees: sources.map((source) => source.tree),
    sources,
    partitioners: ['org.apache.cassandra.dht.Murmur3Partitioner'],
    treeBytesRead: 0,
    bytesReadForTrees: 0,
    close: async () => undefined,
  };
}
