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
import { checkLimit } from '../../limits.js';
import { readClusteringValues } from '../clustering-prefix.js';
import { readDeletionTime } from '../deletion-time.js';
import type { ColumnDefinition, SerializationHeader } from '../serialization-header.js';
import type { FormatVersion } from '../versions.js';
import { ColumnSubsetReader } from './column-subset.js';
import { CellFlag, ExtendedFlag, isBoundary, isBoundKind, RowFlag } from './flags.js';
import type {
  Cell,
  ClusteringValues,
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
const NO_VALUES: ClusteringValues = [];

export interface RowReaderOptions {
  /** Also check each previous size. */
  readonly strict?: boolean;
}

export class RowReader {
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  readonly #strict: boolean;
  /** Of the clustering values; -1 where they carry their length. */
  readonly #fixedLengths: readonly number[];
  readonly #staticSubsets: ColumnSubsetReader;
  readonly #regularSubsets: ColumnSubsetReader;
  /** The base of timestamps as a number, NaN where that is not exact. */
  readonly #minTimestamp: number;
  /** The last timestamp, as number and as bigint: in most tables the next one often is the same. */
  #lastNumber = Number.NaN;
  #lastTimestamp = 0n;
  /** Offset in the window where the body of the current row or marker ends. */
  #bodyEnd = 0;
  /** Start of the item that the next previous size counts from, or -1 when it is not known. */
  #previousStart = -1;

  constructor(header: SerializationHeader, version: FormatVersion, options: RowReaderOptions = {}) {
    this.header = header;
    this.version = version;
    this.#strict = options.strict ?? false;
    this.#fixedLengths = header.clusteringTypes.map((type) => type.fixedLength);
    this.#staticSubsets = new ColumnSubsetReader(header.staticColumns);
    this.#regularSubsets = new ColumnSubsetReader(header.regularColumns);
    const base = Number(header.minTimestamp);
    this.#minTimestamp = Number.isSafeInteger(base) ? base : Number.NaN;
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
    return this.#rowBody(r, position, flags, false, NO_VALUES, this.#staticSubsets, 0);
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
    const clustering = this.#clustering(r, this.#fixedLengths.length);
    const shadowable = extended !== 0;
    const subsets = this.#regularSubsets;
    const row = this.#rowBody(r, position, flags, shadowable, clustering, subsets, previous);
    this.#previousStart = position;
    return row;
  }

  #clustering(r: ByteReader, count: number): ClusteringValues {
    if (count === 0) return NO_VALUES;
    r.need(1);
    // The common case: at most one batch, in which no value is empty or null.
    if (count > 32 || r.view.getUint8(r.offset) !== 0) {
      return readClusteringValues(r, this.header.clusteringTypes, count);
    }
    r.offset++;
    const values: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const fixed = this.#fixedLengths[i] as number;
      const length = fixed < 0 ? this.#clusteringLength(r) : fixed;
      values.push(r.view8(length));
    }
    return values;
  }

  #clusteringLength(r: ByteReader): number {
    const start = r.position;
    const length = r.uvint('length of a clustering value');
    checkLimit('rowBytesMax', length, { offset: start, ...r.where });
    return length;
  }

  #marker(r: ByteReader, position: number, previous: number): Marker {
    const kind = r.u8();
    if (!isBoundKind(kind)) throw r.corrupt(`${kind} is not the kind of a bound`, position + 1);
    const count = r.u16();
    const { length } = this.#fixedLengths;
    if (count > length) {
      throw r.corrupt(`${count} clustering values for ${length} columns`, position + 2);
    }
    const clustering = this.#clustering(r, count);
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
    clustering: ClusteringValues,
    subsets: ColumnSubsetReader,
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
    const present = (flags & RowFlag.hasAllColumns) !== 0 ? subsets.columns : subsets.read(r);
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
    checkLimit('rowBytesMax', size, { offset: start, ...r.where });
    r.need(size);
    this.#bodyEnd = r.offset + size;
    return r.position + size;
  }

  /** Bytes behind their length, which must lie in the body of the row; a view. */
  #bytes(r: ByteReader, what: string): Uint8Array {
    const start = r.position;
    const length = r.uvint(`length of ${what}`);
    if (length > this.#bodyEnd - r.offset) {
      throw r.corrupt(`${what} of ${length} bytes goes beyond its row`, start);
    }
    return r.view8(length);
  }

  #previousSize(r: ByteReader, expected: number): void {
    if (!this.#strict || expected < 0) {
      r.skipVint();
      return;
    }
    const start = r.position;
    const found = r.uvintBig();
    if (found === BigInt(expected)) return;
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
    if (count * 2 > this.#bodyEnd - r.offset) {
      throw r.corrupt(`${count} cells have no room in their row`, start);
    }
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
    // Both 01 and 02, with a TTL of 0, is how compactions of 6.0 write a tombstone.
    if (flags > 0x1f) throw r.corrupt(`cell flags are ${flags}`, start);
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
    const path = complex === null ? null : this.#bytes(r, 'a cell path');
    let value: Uint8Array = NO_BYTES;
    if ((flags & CellFlag.hasEmptyValue) === 0) {
      value = fixedLength < 0 ? this.#bytes(r, 'a cell value') : r.view8(fixedLength);
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
    r.need(1);
    if (r.view.getUint8(r.offset) >= 0xfe) {
      return BigInt.asIntN(64, r.uvintBig() + this.header.minTimestamp);
    }
    const delta = r.uvint('timestamp');
    const value = this.#minTimestamp + delta;
    if (value !== this.#lastNumber) {
      if (!Number.isSafeInteger(value)) {
        return BigInt.asIntN(64, BigInt(delta) + this.header.minTimestamp);
      }
      this.#lastNumber = value;
      this.#lastTimestamp = BigInt(value);
    }
    return this.#lastTimestamp;
  }

  #localDeletionTime(r: ByteReader): number {
    return (r.uvint32('local deletion time') + this.header.minLocalDeletionTime) >>> 0;
  }

  #ttl(r: ByteReader): number {
    return (r.uvint32('TTL') + this.header.minTTL) | 0;
  }
}
