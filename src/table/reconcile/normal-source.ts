/**
 * A table's merged view in normal form as rows to compare: what `normal-scan.ts` digests, record by
 * record, read from wherever the SSTables are kept. It stands in a comparison for one SSTable.
 */
import type {
  Marker,
  PartitionHead,
  SerializationHeader,
  Unfiltered,
} from '../../components/index.js';
import type { LeafSpan, SSTableTree } from '../../merkle/index.js';
import type { LeafSource, PartitionPlace, PlacedRecord } from '../leaf-source.js';
import type { PlaceOrder } from '../place-order.js';
import { RecordCursor } from '../record-cursor.js';
import { MergedColumns } from './columns.js';
import { mergeHeads, PartitionMerger, type RowVersion } from './merge-partition.js';
import { prefixOf } from './partition-cursor.js';
import { Purger, type PurgeTimes } from './purge.js';

export interface NormalSourceParts {
  readonly sources: readonly LeafSource[];
  /** Of the merged view; its positions are ordinals of leaves. */
  readonly tree: SSTableTree;
  readonly order: PlaceOrder;
  readonly times: PurgeTimes;
  readonly dropped?: ReadonlyMap<string, bigint>;
}

/** High halves of ring places. */
interface Ring {
  readonly from: number;
  readonly to: number;
}

const RING = 2 ** 32;
const BATCH_RECORDS = 256;

export class NormalSource implements LeafSource {
  readonly name = 'the merged view';
  readonly tree: SSTableTree;
  readonly header: SerializationHeader;
  readonly partitioner: string;
  readonly #sources: readonly LeafSource[];
  readonly #order: PlaceOrder;
  readonly #columns: MergedColumns;
  readonly #purger: Purger;

  constructor({ sources, tree, order, times, dropped }: NormalSourceParts) {
    const [first] = sources;
    if (first === undefined) throw new TypeError('no SSTables to merge');
    this.tree = tree;
    this.header = first.header;
    this.partitioner = first.partitioner;
    this.#sources = sources;
    this.#order = order;
    const headers = sources.map(({ header }) => header);
    this.#columns = new MergedColumns(headers, {
      droppedAt: ({ text }) => dropped?.get(text) ?? null,
    });
    this.#purger = new Purger(times);
  }

  get bytesRead(): number {
    return this.#sources.reduce((sum, source) => sum + source.bytesRead, 0);
  }

  /** The records of whole partitions: all with the ring places of the span's runs. */
  async *read(span: LeafSpan, signal?: AbortSignal): AsyncGenerator<readonly PlacedRecord[], void> {
    yield* this.readRing(ringOf(this.tree, span), signal);
  }

  /** All partitions with these places. */
  async *readRing(ring: Ring, signal?: AbortSignal): AsyncGenerator<readonly PlacedRecord[], void> {
    const cursors = this.#sources.flatMap((source) => {
      const spans = spansOf(source.tree, ring);
      return spans.length === 0 ? [] : [new RecordCursor(source, spans, signal)];
    });
    const batch: PlacedRecord[] = [];
    try {
      for (const cursor of cursors) await cursor.fill();
      for (;;) {
        const partition = this.#first(cursors);
        if (partition === null) break;
        const isIn = partition.ringHigh >= ring.from && partition.ringHigh < ring.to;
        for await (const record of this.#partition(cursors, partition)) {
          if (isIn || this.tree.ordered === false) batch.push({ partition, record });
          if (batch.length >= BATCH_RECORDS) yield batch.splice(0);
        }
      }
      if (batch.length > 0) yield batch;
    } finally {
      for (const cursor of cursors) await cursor.close();
    }
  }

  #first(cursors: readonly RecordCursor[]): PartitionPlace | null {
    let least: PartitionPlace | null = null;
    for (const { current } of cursors) {
      if (current === null) continue;
      const { partition } = current;
      if (least === null || this.#order.partitions(partition, least) < 0) least = partition;
    }
    return least;
  }

  /** The partition's records in normal form, none where nothing is left of it. */
  async *#partition(
    cursors: readonly RecordCursor[],
    partition: PartitionPlace,
  ): AsyncGenerator<PartitionHead | Unfiltered, void> {
    const here = cursors.filter(
      ({ current }) => current && this.#order.partitions(current.partition, partition) === 0,
    );
    const isHere = ({ current }: RecordCursor): boolean =>
      current !== null && this.#order.partitions(current.partition, partition) === 0;
    const heads: PartitionHead[] = [];
    for (const cursor of here) {
      const record = cursor.current?.record;
      if (record?.type !== 'partition') throw new TypeError('a partition without a head');
      heads.push(record);
      await advance(cursor);
    }
    const merged = mergeHeads(heads, this.#columns);
    const merger = new PartitionMerger(here.length, merged.deletion, this.#columns);
    const deletion = this.#purger.deletion(merged.deletion);
    const staticRow = merged.staticRow === null ? null : this.#purger.row(merged.staticRow);
    const place = { type: 'partition', position: 0, headerLength: 0, key: merged.key } as const;
    // A head that says nothing is there for the sake of its rows.
    let head: PartitionHead | null = { ...place, deletion, staticRow };
    if (deletion !== null || staticRow !== null) {
      yield head;
      head = null;
    }
    for (;;) {
      const versions = this.#firstRows(here.filter(isHere));
      if (versions.length === 0) return;
      const record = this.#merge(merger, versions, here);
      for (const cursor of versions) await advance(cursor);
      if (record === null) continue;
      if (head !== null) yield head;
      head = null;
      yield record;
    }
  }

  /** The cursors that stand at the first place. */
  #firstRows(cursors: readonly RecordCursor[]): RecordCursor[] {
    let same: RecordCursor[] = [];
    for (const cursor of cursors) {
      const [least] = same;
      const difference = least === undefined ? 0 : this.#compare(cursor, least);
      if (difference < 0) same = [cursor];
      else if (difference === 0) same.push(cursor);
    }
    return same;
  }

  #compare(a: RecordCursor, b: RecordCursor): number {
    const [left, right] = [a.current?.record, b.current?.record];
    if (left === undefined || left.type === 'partition') throw new TypeError('no row');
    if (right === undefined || right.type === 'partition') throw new TypeError('no row');
    return this.#order.clusterings(prefixOf(left), prefixOf(right));
  }

  #merge(
    merger: PartitionMerger,
    versions: readonly RecordCursor[],
    all: readonly RecordCursor[],
  ): Unfiltered | null {
    const rows: RowVersion[] = [];
    const markers: { source: number; marker: Marker }[] = [];
    for (const cursor of versions) {
      const record = cursor.current?.record;
      const source = all.indexOf(cursor);
      if (record?.type === 'row') rows.push({ source, row: record });
      else if (record?.type === 'marker') markers.push({ source, marker: record });
    }
    if (rows.length > 0) {
      const merged = merger.rows(rows);
      return merged === null ? null : this.#purger.row(merged.row);
    }
    const merged = merger.markers(markers);
    return merged === null ? null : this.#purger.marker(merged.marker);
  }
}

async function advance(cursor: RecordCursor): Promise<void> {
  if (!cursor.next()) await cursor.fill();
}

/** The ring places of the runs of `span`; each run is of one prefix. */
function ringOf({ runs, rule, ordered }: SSTableTree, span: LeafSpan): Ring {
  if (!ordered) return { from: 0, to: RING };
  let first = 0;
  while (first < runs.count && (runs.firstLeaf[first] as number) < span.firstLeaf) first++;
  let last = first;
  const end = span.firstLeaf + span.leafCount;
  while (last + 1 < runs.count && (runs.firstLeaf[last + 1] as number) < end) last++;
  const width = 2 ** (32 - rule.depth);
  return {
    from: runs.ringHigh[first] as number,
    to: (runs.ringHigh[last] as number) + width,
  };
}

/** Leaves of whole partitions, among them all with places in `ring`. */
function spansOf(tree: SSTableTree, ring: Ring): LeafSpan[] {
  const { runs, ordered } = tree;
  if (!ordered) return runs.count === 0 ? [] : [tree.span(0, runs.count)];
  let from = Math.max(0, tree.lowerBound(ring.from) - 1);
  let to = ring.to >= RING ? runs.count : tree.lowerBound(ring.to);
  // Runs that begin inside a partition belong to the ones before.
  while (from > 0 && runs.startsInside(from)) from--;
  while (to < runs.count && runs.startsInside(to)) to++;
  return from < to ? [tree.span(from, to)] : [];
}
