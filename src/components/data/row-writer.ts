/**
 * Writes the row model as Cassandra's own serialiser does, byte for byte, given the SSTable's header
 * (layout: row-reader.ts; the choices: writing reference, section 2).
 */
import { ByteWriter } from '../../binary/index.js';
import type { CqlType } from '../../cql/index.js';
import type { ColumnDefinition, SerializationHeader } from '../serialization-header.js';
import type { FormatVersion } from '../versions.js';
import { writeColumnSubset } from './column-subset.js';
import { CellFlag, ExtendedFlag, RowFlag } from './flags.js';
import type {
  Cell,
  ClusteringValues,
  ColumnData,
  DeletionTime,
  Liveness,
  Marker,
  PartitionHead,
  Row,
  Unfiltered,
} from './row-model.js';

const NO_TIMESTAMP = -(2n ** 63n);

export interface RowWriterOptions {
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  /** What this SSTable's writer puts as local deletion time of a live complex deletion. */
  readonly liveComplexDeletionTime: number;
}

export class RowWriter {
  readonly #header: SerializationHeader;
  readonly #version: FormatVersion;
  readonly #liveComplexDeletionTime: number;
  readonly #body = new ByteWriter(4096);

  constructor(options: RowWriterOptions) {
    this.#header = options.header;
    this.#version = options.version;
    this.#liveComplexDeletionTime = options.liveComplexDeletionTime;
  }

  /** Key, partition deletion and, where the header has static columns, the static row. */
  writeHead(w: ByteWriter, head: PartitionHead): void {
    w.shortBytes(head.key);
    this.#partitionDeletion(w, head.deletion);
    if (this.#header.staticColumns.length > 0) {
      this.#row(w, head.staticRow ?? EMPTY_STATIC_ROW, true, 0);
    }
  }

  /** @param previousSize distance from the start of what stands before (of the partition at first) */
  writeUnfiltered(w: ByteWriter, unfiltered: Unfiltered, previousSize: number): void {
    if (unfiltered.type === 'row') this.#row(w, unfiltered, false, previousSize);
    else this.#marker(w, unfiltered, previousSize);
  }

  writePartitionEnd(w: ByteWriter): void {
    w.u8(RowFlag.endOfPartition);
  }

  #partitionDeletion(w: ByteWriter, deletion: DeletionTime | null): void {
    if (this.#version.hasUIntDeletionTime) {
      if (deletion === null) {
        w.u8(0x80);
        return;
      }
      w.i64(deletion.markedForDeleteAt);
      w.u32(deletion.localDeletionTime);
      return;
    }
    w.u32(deletion?.localDeletionTime ?? 0x7fffffff);
    w.i64(deletion?.markedForDeleteAt ?? NO_TIMESTAMP);
  }

  #row(w: ByteWriter, row: Row, isStatic: boolean, previousSize: number): void {
    const all = isStatic ? this.#header.staticColumns : this.#header.regularColumns;
    const complexDeletions = row.columns.some((data) => data.complexDeletion !== null);
    const extended = isStatic
      ? ExtendedFlag.isStatic
      : row.shadowable
        ? ExtendedFlag.shadowable
        : 0;
    let flags = extended === 0 ? 0 : RowFlag.extension;
    if (row.liveness !== null) {
      flags |= RowFlag.hasTimestamp;
      if (row.liveness.ttl !== 0) flags |= RowFlag.hasTtl;
    }
    if (row.deletion !== null) flags |= RowFlag.hasDeletion;
    if (row.columns.length === all.length) flags |= RowFlag.hasAllColumns;
    if (complexDeletions) flags |= RowFlag.hasComplexDeletion;
    w.u8(flags);
    if (extended !== 0) w.u8(extended);
    const types = this.#header.clusteringTypes;
    if (!isStatic) writeClusteringValues(w, types, row.clustering);
    const body = this.#body;
    body.clear();
    body.uvint(previousSize);
    if (row.liveness !== null) this.#liveness(body, row.liveness);
    if (row.deletion !== null) this.#deletion(body, row.deletion);
    if ((flags & RowFlag.hasAllColumns) === 0) {
      const present = row.columns.map((data) => data.column.index);
      writeColumnSubset(body, all.length, present);
    }
    for (const data of row.columns) this.#column(body, data, row.liveness, complexDeletions);
    w.uvint(body.length);
    w.bytes(body.view());
  }

  #marker(w: ByteWriter, marker: Marker, previousSize: number): void {
    w.u8(RowFlag.isMarker);
    w.u8(marker.kind);
    w.u16(marker.clustering.length);
    writeClusteringValues(w, this.#header.clusteringTypes, marker.clustering);
    const body = this.#body;
    body.clear();
    body.uvint(previousSize);
    this.#deletion(body, marker.deletion);
    if (marker.openingDeletion !== null) this.#deletion(body, marker.openingDeletion);
    w.uvint(body.length);
    w.bytes(body.view());
  }

  #column(
    w: ByteWriter,
    data: ColumnData,
    liveness: Liveness | null,
    complexDeletions: boolean,
  ): void {
    if (data.column.complex) {
      if (complexDeletions) this.#complexDeletion(w, data.complexDeletion);
      w.uvint(data.cells.length);
    }
    for (const cell of data.cells) this.#cell(w, data.column, cell, liveness);
  }

  #complexDeletion(w: ByteWriter, deletion: DeletionTime | null): void {
    const live = {
      markedForDeleteAt: NO_TIMESTAMP,
      localDeletionTime: this.#liveComplexDeletionTime,
    };
    this.#deletion(w, deletion ?? live);
  }

  #cell(w: ByteWriter, column: ColumnDefinition, cell: Cell, liveness: Liveness | null): void {
    const flags = cellFlags(cell, liveness);
    w.u8(flags);
    if ((flags & CellFlag.useRowTimestamp) === 0) this.#timestamp(w, cell.timestamp);
    if ((flags & CellFlag.useRowTtl) === 0) {
      if (cell.localDeletionTime !== null) this.#localDeletionTime(w, cell.localDeletionTime);
      if (cell.ttl !== 0) this.#ttl(w, cell.ttl);
    }
    if (cell.path !== null) w.vintBytes(cell.path);
    if ((flags & CellFlag.hasEmptyValue) !== 0) return;
    if (column.complex || column.fixedLength < 0) w.vintBytes(cell.value);
    else w.bytes(cell.value);
  }

  #liveness(w: ByteWriter, liveness: Liveness): void {
    this.#timestamp(w, liveness.timestamp);
    if (liveness.ttl === 0) return;
    this.#ttl(w, liveness.ttl);
    this.#localDeletionTime(w, liveness.localExpirationTime);
  }

  #deletion(w: ByteWriter, deletion: DeletionTime): void {
    this.#timestamp(w, deletion.markedForDeleteAt);
    this.#localDeletionTime(w, deletion.localDeletionTime);
  }

  #timestamp(w: ByteWriter, timestamp: bigint): void {
    w.uvintBig(timestamp - this.#header.minTimestamp);
  }

  #localDeletionTime(w: ByteWriter, time: number): void {
    w.uvint32((time - this.#header.minLocalDeletionTime) | 0);
  }

  #ttl(w: ByteWriter, ttl: number): void {
    w.uvint32((ttl - this.#header.minTTL) | 0);
  }
}

const EMPTY_STATIC_ROW: Row = {
  type: 'row',
  position: 0,
  size: 0,
  clustering: [],
  liveness: null,
  deletion: null,
  shadowable: false,
  columns: [],
};

/** The flags that Cassandra's cell serialiser sets: functions of the facts. */
export function cellFlags(cell: Cell, liveness: Liveness | null): number {
  let flags = 0;
  if (cell.value.length === 0) flags |= CellFlag.hasEmptyValue;
  if (cell.ttl !== 0) flags |= CellFlag.isExpiring;
  else if (cell.localDeletionTime !== null) flags |= CellFlag.isDeleted;
  if (liveness === null) return flags;
  if (cell.timestamp === liveness.timestamp) flags |= CellFlag.useRowTimestamp;
  if (
    cell.ttl !== 0 &&
    cell.ttl === liveness.ttl &&
    cell.localDeletionTime === liveness.localExpirationTime
  ) {
    flags |= CellFlag.useRowTtl;
  }
  return flags;
}

/** The mirror of readClusteringValues: empty and null are bits of the header, not bytes. */
export function writeClusteringValues(
  w: ByteWriter,
  types: readonly CqlType[],
  values: ClusteringValues,
): void {
  for (let first = 0; first < values.length; first += 32) {
    const batch = values.slice(first, first + 32);
    let bits = 0n;
    batch.forEach((value, i) => {
      if (value === null) bits |= 2n << BigInt(2 * i);
      else if (value.length === 0) bits |= 1n << BigInt(2 * i);
    });
    w.uvintBig(bits);
    batch.forEach((value, i) => {
      if (value === null || value.length === 0) return;
      if ((types[first + i]?.fixedLength ?? -1) >= 0) w.bytes(value);
      else w.vintBytes(value);
    });
  }
}
