/** Canonical records from the row model (docs/canonical-form.md, section 2). */
import type { ByteWriter } from '../binary/index.js';
import {
  type Cell,
  CellFlag,
  type ClusteringValues,
  type ColumnData,
  cellFlags,
  type DeletionTime,
  EPOCH_TIMESTAMP,
  type Liveness,
  type PartitionHead,
  type Row,
  type Unfiltered,
} from '../components/index.js';
import { BodyFlag, ColumnTag, HeadFlag, RecordTag } from './tags.js';

/** Appends the canonical head record of `head`. */
export function encodeHead(w: ByteWriter, head: PartitionHead): void {
  new RecordEncoder(w).head(head);
}

/** Appends the canonical record of a row or marker. */
export function encodeUnfiltered(w: ByteWriter, unfiltered: Unfiltered): void {
  new RecordEncoder(w).unfiltered(unfiltered);
}

/** Appends a record whose native bytes no encoder would write again: they are kept as they are. */
export function encodeOpaque(
  w: ByteWriter,
  tag: typeof RecordTag.opaque | typeof RecordTag.opaqueHead,
  native: Uint8Array,
): void {
  w.u8(tag);
  w.vintBytes(native);
}

class RecordEncoder {
  readonly #w: ByteWriter;
  /** Every time is a difference to the one before in the same record. */
  #previousTime = EPOCH_TIMESTAMP;

  constructor(writer: ByteWriter) {
    this.#w = writer;
  }

  head(head: PartitionHead): void {
    const w = this.#w;
    this.#previousTime = EPOCH_TIMESTAMP;
    const staticRow =
      head.staticRow !== null && !isEmptyRow(head.staticRow) ? head.staticRow : null;
    w.u8(RecordTag.head);
    w.vintBytes(head.key);
    w.u8(
      (head.deletion === null ? 0 : HeadFlag.hasDeletion) |
        (staticRow === null ? 0 : HeadFlag.hasStaticRow),
    );
    if (head.deletion !== null) this.#deletion(head.deletion);
    if (staticRow !== null) this.#body(staticRow);
  }

  unfiltered(unfiltered: Unfiltered): void {
    const w = this.#w;
    this.#previousTime = EPOCH_TIMESTAMP;
    if (unfiltered.type === 'row') {
      w.u8(RecordTag.row);
      writePlace(w, unfiltered);
      this.#body(unfiltered);
      return;
    }
    w.u8(RecordTag.marker);
    writePlace(w, unfiltered);
    this.#deletion(unfiltered.deletion);
    if (unfiltered.openingDeletion !== null) this.#deletion(unfiltered.openingDeletion);
  }

  #body(row: Row): void {
    const w = this.#w;
    const { liveness, deletion, columns } = row;
    let flags = 0;
    if (liveness !== null) flags |= BodyFlag.hasLiveness;
    if (liveness !== null && liveness.ttl !== 0) flags |= BodyFlag.expires;
    if (deletion !== null) flags |= BodyFlag.hasDeletion;
    if (row.shadowable) flags |= BodyFlag.shadowable;
    w.u8(flags);
    if (liveness !== null) this.#time(liveness.timestamp);
    if (liveness !== null && liveness.ttl !== 0) {
      w.uvint(liveness.ttl >>> 0);
      w.uvint(liveness.localExpirationTime);
    }
    if (deletion !== null) this.#deletion(deletion);
    w.uvint(columns.length);
    for (const data of columns) this.#column(data, liveness);
  }

  #column(data: ColumnData, liveness: Liveness | null): void {
    const w = this.#w;
    w.vintBytes(data.column.name);
    if (data.column.complex) {
      w.u8(data.complexDeletion === null ? ColumnTag.complex : ColumnTag.complexDeleted);
      if (data.complexDeletion !== null) this.#deletion(data.complexDeletion);
      w.uvint(data.cells.length);
    }
    for (const cell of data.cells) this.#cell(cell, liveness);
  }

  #cell(cell: Cell, liveness: Liveness | null): void {
    const w = this.#w;
    const flags = cellFlags(cell, liveness);
    w.u8(flags);
    if ((flags & CellFlag.useRowTimestamp) === 0) this.#time(cell.timestamp);
    if ((flags & CellFlag.useRowTtl) === 0) {
      if (cell.localDeletionTime !== null) w.uvint(cell.localDeletionTime);
      if (cell.ttl !== 0) w.uvint(cell.ttl >>> 0);
    }
    if (cell.path !== null) w.vintBytes(cell.path);
    if ((flags & CellFlag.hasEmptyValue) === 0) w.vintBytes(cell.value);
  }

  #deletion(deletion: DeletionTime): void {
    this.#time(deletion.markedForDeleteAt);
    this.#w.uvint(deletion.localDeletionTime);
  }

  #time(time: bigint): void {
    this.#w.svintBig(BigInt.asIntN(64, time - this.#previousTime));
    this.#previousTime = time;
  }
}

/** A static row without content: native bytes have one wherever the table has static columns. */
export function isEmptyRow(row: Row): boolean {
  return row.liveness === null && row.deletion === null && row.columns.length === 0;
}

/** What tells an unfiltered's place: a row's clustering; a marker's kind and clustering. */
export function writePlace(w: ByteWriter, unfiltered: Unfiltered): void {
  if (unfiltered.type === 'marker') w.u8(unfiltered.kind);
  writeValues(w, unfiltered.clustering);
}

function writeValues(w: ByteWriter, values: ClusteringValues): void {
  w.uvint(values.length);
  for (const value of values) {
    if (value === null) {
      w.u8(0);
    } else {
      w.uvint(value.length + 1);
      w.bytes(value);
    }
  }
}
