/**
 * Reads the uncompressed stream of Data.db into the row model (format reference, sections 5, 7, 8).
 *
 *   partition    u16 key length, key, partition deletion, static row when the header has static
 *                columns, unfiltereds, end byte (bit 01)
 *   row          u8 flags, u8 extended flags when 80, clustering values, uvint row size, then within
 *                that size: uvint previous size, liveness, deletion, column subset, columns
 *   marker       u8 flags (02), u8 kind, u16 count, clustering values, uvint size, then uvint
 *                previous size and one or two deletions
 */
import type { ByteReader } from '../../binary/index.js';
import { LIMITS } from '../../limits.js';
import { readClusteringValues } from '../clustering-prefix.js';
import { readDeletionTime } from '../deletion-time.js';
import type { ColumnDefinition, SerializationHeader } from '../serialization-header.js';
import type { FormatVersion } from '../versions.js';
import { readColumnSubset } from './column-subset.js';
import { CellFlag, ExtendedFlag, isBoundary, isBoundKind, RowFlag } from './flags.js';
import type {
  Cell,
  ColumnData,
  DeletionTime,
  Liveness,
  Marker,
  PartitionEnd,
  PartitionHead,
  Row,
  Unfiltered,
} from './row-model.js';

const NO_TIMESTAMP = -(2n ** 63n);
const NO_BYTES = new Uint8Array(0);
const NO_VALUES: readonly (Uint8Array | null)[] = [];

export interface RowReaderOptions {
  /** Also check each previous size. */
  readonly strict?: boolean;
}

export class RowReader {
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  readonly #strict: boolean;
  /** Start of the item that the next previous size counts from, or -1 when it is not known. */
  #previousStart = -1;

  constructor(header: SerializationHeader, version: FormatVersion, options: RowReaderOptions = {}) {
    this.header = header;
    this.version = version;
    this.#strict = options.strict ?? false;
  }

  /** Prepares for unfiltereds from the middle of a partition, whose last start is not known. */
  startInside(previousStart = -1): void {
    this.#previousStart = previousStart;
  }

  /** Reads key, partition deletion and static row; views. On NeedMoreBytes nothing is consumed. */
  readHead(r: ByteReader): PartitionHead {
    const offset = r.offset;
    try {
      return this.#head(r);
    } catch (error) {
      r.offset = offset;
      throw error;
    }
  }

  #head(r: ByteReader): PartitionHead {
    const position = r.position;
    const key = r.shortBytes();
    const deletion = readDeletionTime(r, this.version);
    const staticRow = this.header.staticColumns.length > 0 ? this.#staticRow(r) : null;
    this.#previousStart = position;
    const headerLength = r.position - position;
    return { type: 'partition', position, headerLength, key, deletion, staticRow };
  }

  #staticRow(r: ByteReader): Row {
    const position = r.position;
    const flags = r.u8();
    const extended = (flags & RowFlag.extension) !== 0 ? r.u8() : 0;
    if (extended !== ExtendedFlag.isStatic || (flags & 3) !== 0) {
      throw r.corrupt('a static row must stand here', position);
    }
    return this.#rowBody(r, position, flags, false, NO_VALUES, this.header.staticColumns, 0);
  }

  /** The next row or marker, or the end of the partition. On NeedMoreBytes nothing is consumed. */
  readNext(r: ByteReader): Unfiltered | PartitionEnd {
    const offset = r.offset;
    try {
      return this.#next(r);
    } catch (error) {
      r.offset = offset;
      throw error;
    }
  }

  #next(r: ByteReader): Unfiltered | PartitionEnd {
    const position = r.position;
    const flags = r.u8();
    if ((flags & RowFlag.endOfPartition) !== 0) {
      if (flags !== RowFlag.endOfPartition) throw r.corrupt(`end flags are ${flags}`, position);
      return { type: 'end', position };
    }
    const previous = this.#previousStart < 0 ? -1 : position - this.#previousStart;
    if ((flags & RowFlag.isMarker) !== 0) {
      if (flags !== RowFlag.isMarker) throw r.corrupt(`marker flags are ${flags}`, position);
      const marker = this.#marker(r, position, previous);
      this.#previousStart = position;
      return marker;
    }
    const extended = (flags & RowFlag.extension) !== 0 ? r.u8() : 0;
    if ((extended & ~ExtendedFlag.shadowable) !== 0) {
      throw r.corrupt(`extended row flags are ${extended}`, position);
    }
    const types = this.header.clusteringTypes;
    const clustering =
      types.length === 0 ? NO_VALUES : readClusteringValues(r, types, types.length);
    const columns = this.header.regularColumns;
    const shadowable = extended !== 0;
    const row = this.#rowBody(r, position, flags, shadowable, clustering, columns, previous);
    this.#previousStart = position;
    return row;
  }

  #marker(r: ByteReader, position: number, previous: number): Marker {
    const kind = r.u8();
    if (!isBoundKind(kind)) throw r.corrupt(`${kind} is not the kind of a bound`, position + 1);
    const count = r.u16();
    const types = this.header.clusteringTypes;
    if (count > types.length) {
      throw r.corrupt(`${count} clustering values for ${types.length} columns`, position + 2);
    }
    const clustering = readClusteringValues(r, types, count);
    const end = this.#sizedEnd(r, 'marker');
    this.#previousSize(r, previous);
    const deletion = this.#deletion(r);
    const openingDeletion = isBoundary(kind) ? this.#deletion(r) : null;
    this.#atEnd(r, end, 'marker');
    const size = end - position;
    return { type: 'marker', position, size, kind, clustering, deletion, openingDeletion };
  }

  #rowBody(
    r: ByteReader,
    position: number,
    flags: number,
    shadowable: boolean,
    clustering: readonly (Uint8Array | null)[],
    columns: readonly ColumnDefinition[],
    previous: number,
  ): Row {
    const end = this.#sizedEnd(r, 'row');
    this.#previousSize(r, previous);
    const liveness = (flags & RowFlag.hasTimestamp) !== 0 ? this.#liveness(r, flags) : null;
    if (liveness === null && (flags & RowFlag.hasTtl) !== 0) {
      throw r.corrupt('a row has a TTL without liveness', position);
    }
    const deletion = (flags & RowFlag.hasDeletion) !== 0 ? this.#deletion(r) : null;
    if (shadowable && deletion === null) {
      throw r.corrupt('a shadowable deletion is missing', position);
    }
    const present = (flags & RowFlag.hasAllColumns) !== 0 ? columns : readColumnSubset(r, columns);
    const complexDeletions = (flags & RowFlag.hasComplexDeletion) !== 0;
    const data: ColumnData[] = [];
    for (const column of present) {
      data.push(this.#column(r, column, liveness, complexDeletions));
    }
    this.#atEnd(r, end, 'row');
    const size = end - position;
    return {
      type: 'row',
      position,
      size,
      clustering,
      liveness,
      deletion,
      shadowable,
      columns: data,
    };
  }

  #sizedEnd(r: ByteReader, what: string): number {
    const start = r.position;
    const size = r.uvint(`${what} size`);
    if (size > LIMITS.rowBytesMax) {
      throw r.corrupt(`${what} size ${size} is above the limit rowBytesMax`, start);
    }
    r.need(size);
    return r.position + size;
  }

  #previousSize(r: ByteReader, expected: number): void {
    const start = r.position;
    const found = r.uvintBig();
    if (!this.#strict || expected < 0 || found === BigInt(expected)) return;
    throw r.corrupt('the previous size is wrong', start, {
      expected: String(expected),
      found: String(found),
    });
  }

  #atEnd(r: ByteReader, end: number, what: string): void {
    if (r.position === end) return;
    throw r.corrupt(`the ${what} does not end where its size says`, r.position, {
      expected: String(end),
      found: String(r.position),
    });
  }

  #column(
    r: ByteReader,
    column: ColumnDefinition,
    liveness: Liveness | null,
    complexDeletions: boolean,
  ): ColumnData {
    if (!column.complex) {
      const cell = this.#cell(r, liveness, null, column.fixedLength);
      return { column, complexDeletion: null, cells: [cell] };
    }
    const deletion = complexDeletions ? this.#deletion(r) : null;
    const live = deletion === null || deletion.markedForDeleteAt === NO_TIMESTAMP;
    const start = r.position;
    const count = r.uvint('number of cells');
    // A cell is at least two bytes: flags and the length of its path.
    if (count * 2 > LIMITS.rowBytesMax) throw r.corrupt(`${count} cells in one column`, start);
    r.need(count * 2);
    const cells: Cell[] = [];
    for (let i = 0; i < count; i++) cells.push(this.#cell(r, liveness, column, -1));
    return { column, complexDeletion: live ? null : deletion, cells };
  }

  #cell(
    r: ByteReader,
    liveness: Liveness | null,
    complex: ColumnDefinition | null,
    fixedLength: number,
  ): Cell {
    const start = r.position;
    const flags = r.u8();
    if (flags > 0x1f || (flags & 3) === 3) throw r.corrupt(`cell flags are ${flags}`, start);
    const rowTime = (flags & CellFlag.useRowTimestamp) !== 0;
    const rowTtl = (flags & CellFlag.useRowTtl) !== 0;
    if ((rowTime || rowTtl) && liveness === null) {
      throw r.corrupt('a cell refers to the liveness of a row that has none', start);
    }
    const timestamp = rowTime && liveness !== null ? liveness.timestamp : this.#timestamp(r);
    let localDeletionTime: number | null = null;
    let ttl = 0;
    if (rowTtl && liveness !== null) {
      localDeletionTime = liveness.localExpirationTime;
      ttl = liveness.ttl;
    } else {
      if ((flags & 3) !== 0) localDeletionTime = this.#localDeletionTime(r);
      if ((flags & CellFlag.isExpiring) !== 0) ttl = this.#ttl(r);
    }
    const path = complex === null ? null : r.vintBytes('cell path');
    let value: Uint8Array = NO_BYTES;
    if ((flags & CellFlag.hasEmptyValue) === 0) {
      value = fixedLength >= 0 ? r.view8(fixedLength) : r.vintBytes('cell value');
    }
    return { path, timestamp, ttl, localDeletionTime, value };
  }

  #liveness(r: ByteReader, flags: number): Liveness {
    const timestamp = this.#timestamp(r);
    if ((flags & RowFlag.hasTtl) === 0) return { timestamp, ttl: 0, localExpirationTime: 0 };
    const ttl = this.#ttl(r);
    return { timestamp, ttl, localExpirationTime: this.#localDeletionTime(r) };
  }

  #deletion(r: ByteReader): DeletionTime {
    const markedForDeleteAt = this.#timestamp(r);
    return { markedForDeleteAt, localDeletionTime: this.#localDeletionTime(r) };
  }

  #timestamp(r: ByteReader): bigint {
    return BigInt.asIntN(64, r.uvintBig() + this.header.minTimestamp);
  }

  #localDeletionTime(r: ByteReader): number {
    return (r.uvint32('local deletion time') + this.header.minLocalDeletionTime) >>> 0;
  }

  #ttl(r: ByteReader): number {
    return (r.uvint32('TTL') + this.header.minTTL) | 0;
  }
}
