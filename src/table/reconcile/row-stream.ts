/** The rows and markers of one partition of one SSTable, decoded no further than is needed. */
import { ByteReader } from '../../binary/index.js';
import { RecordTag } from '../../canonical/index.js';
import type { ClusteringValues, PartitionHead, Row, Unfiltered } from '../../components/index.js';
import {
  type ClusteringComparator,
  ClusteringKind,
  type ClusteringPrefix,
} from '../../cql/index.js';
import type { LeafCursor } from './leaf-cursor.js';
import { prefixOf } from './partition-cursor.js';

export class RowStream {
  readonly cursor: LeafCursor;
  readonly #compare: ClusteringComparator;
  /** The record at hand where it was decoded. */
  #record: Unfiltered | null = null;
  /** Whether the leaf at hand is the record at hand, and nothing else. */
  #isLeaf = false;
  /** Where the record at hand stands; null behind the last one. */
  prefix: ClusteringPrefix | null = null;

  constructor(cursor: LeafCursor, compare: ClusteringComparator) {
    this.cursor = cursor;
    this.#compare = compare;
  }

  /** The head; the stream stands at the first row or marker behind it. */
  async open(): Promise<PartitionHead> {
    const { cursor } = this;
    cursor.judge(false);
    const [head, first] = cursor.decode();
    if (head?.type !== 'partition') throw new TypeError('a partition without a head');
    if (first !== undefined && first.type !== 'partition') {
      this.#record = first;
      this.prefix = prefixOf(first);
      return head;
    }
    // What is read next may take the memory that the head is a view of.
    const kept = structuredClone({ ...head, staticRow: null });
    const staticRow = head.staticRow === null ? null : copyRow(head.staticRow);
    if (!this.advance()) await this.advanceOver();
    return { ...kept, staticRow };
  }

  get isRow(): boolean {
    return this.prefix?.kind === ClusteringKind.row;
  }

  /** Whether the leaf's own digest is that of the record at hand. */
  get isLeaf(): boolean {
    return this.#isLeaf;
  }

  record(): Unfiltered {
    if (this.#record === null) {
      const [record] = this.cursor.decode();
      if (record === undefined || record.type === 'partition') throw new TypeError('no row');
      this.#record = record;
    }
    return this.#record;
  }

  /** Goes to the next row or marker; false where that takes `advanceOver`. */
  advance(): boolean {
    const { cursor, prefix } = this;
    if (cursor.atLast) return false;
    this.#stand(cursor.step() === true, prefix);
    return true;
  }

  /** `advance` over the end of a window. */
  async advanceOver(): Promise<void> {
    const { prefix } = this;
    // Another window takes the memory of this one.
    const before = prefix && {
      ...prefix,
      values: prefix.values.map((value) => value?.slice() ?? null),
    };
    this.#stand(await this.cursor.stepOver(), before);
  }

  #stand(inside: boolean, before: ClusteringPrefix | null): void {
    const { cursor } = this;
    this.#record = null;
    this.#isLeaf = inside;
    this.prefix = inside ? this.#place() : null;
    if (this.prefix === null) return;
    cursor.judge(false);
    if (before !== null && this.#compare(before, this.prefix) >= 0) throw cursor.outOfOrder();
  }

  #place(): ClusteringPrefix {
    const { bytes } = this.cursor;
    const tag = bytes[0];
    if (tag === RecordTag.row) return { kind: ClusteringKind.row, values: valuesAt(bytes, 1) };
    if (tag === RecordTag.marker) return { kind: bytes[1] as number, values: valuesAt(bytes, 2) };
    return prefixOf(this.record());
  }
}

/** `row` with bytes of its own. */
function copyRow(row: Row): Row {
  const columns = row.columns.map(({ cells, ...data }) => ({
    ...data,
    cells: cells.map((cell) => ({
      ...cell,
      path: cell.path?.slice() ?? null,
      value: cell.value.slice(),
    })),
  }));
  return { ...row, columns };
}

/** The clustering values of a record whose count is at `at`; views. */
function valuesAt(bytes: Uint8Array, at: number): ClusteringValues {
  const r = new ByteReader(bytes);
  r.offset = at;
  const values: (Uint8Array | null)[] = [];
  for (let n = r.uvint('number of values'); n > 0; n--) {
    const size = r.uvint('length of a value');
    values.push(size === 0 ? null : r.view8(size - 1));
  }
  return values;
}
