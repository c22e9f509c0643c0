/** Canonical records back to the row model (docs/canonical-form.md, section 2). */
import { ByteReader, equalBytes } from '../binary/index.js';
import {
  type Cell,
  CellFlag,
  type ClusteringValues,
  type ColumnData,
  type ColumnDefinition,
  type DeletionTime,
  EPOCH_TIMESTAMP,
  isBoundary,
  isBoundKind,
  type Liveness,
  type Marker,
  type PartitionHead,
  type Row,
  type SerializationHeader,
  type Unfiltered,
} from '../components/index.js';
import { type ErrorDetails, errorDetails, isSstashError, SstashError } from '../errors.js';
import { BodyFlag, ColumnTag, HeadFlag, isBodyFlags, RecordTag } from './tags.js';

/** Native bytes kept as they are. */
export interface OpaqueRecord {
  readonly type: 'opaque';
  /** True for a partition's head. */
  readonly head: boolean;
  readonly native: Uint8Array;
}

export type CanonicalRecord = PartitionHead | Unfiltered | OpaqueRecord;

const NO_BYTES = new Uint8Array(0);
const NO_VALUES: ClusteringValues = [];

/**
 * Decodes the records of one or more leaves, in order. Positions and sizes are 0: they are facts of
 * an SSTable, not of a leaf. Keys, paths and values are views into `bytes`.
 *
 * @param header gives the columns their types; a column it does not know is REPOSITORY_CORRUPT
 */
export function decodeRecords(
  bytes: Uint8Array,
  header: SerializationHeader,
  where: ErrorDetails = {},
): CanonicalRecord[] {
  const decoder = new RecordDecoder(bytes, header, where);
  const records: CanonicalRecord[] = [];
  try {
    while (!decoder.done) records.push(decoder.next());
  } catch (error) {
    if (!isSstashError(error, 'SSTABLE_CORRUPT', 'SSTABLE_TRUNCATED')) throw error;
    const details = { ...errorDetails(error), cause: error };
    throw new SstashError(
      'REPOSITORY_CORRUPT',
      `not a canonical record: ${error.message}`,
      details,
    );
  }
  return records;
}

class RecordDecoder {
  readonly #r: ByteReader;
  readonly #header: SerializationHeader;
  readonly #where: ErrorDetails;
  #previousTime = EPOCH_TIMESTAMP;

  constructor(bytes: Uint8Array, header: SerializationHeader, where: ErrorDetails) {
    this.#r = new ByteReader(bytes, { where });
    this.#header = header;
    this.#where = where;
  }

  get done(): boolean {
    return this.#r.remaining === 0;
  }

  next(): CanonicalRecord {
    const r = this.#r;
    this.#previousTime = EPOCH_TIMESTAMP;
    const tag = r.u8();
    if (tag === RecordTag.row) {
      const clustering = this.#values();
      if (clustering.length !== this.#header.clusteringTypes.length) {
        throw this.#corrupt(`${clustering.length} clustering values`);
      }
      return this.#row(clustering, this.#header.regularColumns);
    }
    if (tag === RecordTag.head) return this.#head();
    if (tag === RecordTag.marker) return this.#marker();
    if (tag === RecordTag.opaque || tag === RecordTag.opaqueHead) {
      return { type: 'opaque', head: tag === RecordTag.opaqueHead, native: r.vintBytes('record') };
    }
    throw this.#corrupt(`record tag ${tag}`);
  }

  #corrupt(message: string): SstashError {
    return new SstashError('REPOSITORY_CORRUPT', `not a canonical record: ${message}`, {
      offset: this.#r.position,
      ...this.#where,
    });
  }

  #head(): PartitionHead {
    const r = this.#r;
    const key = r.vintBytes('key');
    const flags = r.u8();
    if (flags > 3) throw this.#corrupt(`head flags ${flags}`);
    const deletion = (flags & HeadFlag.hasDeletion) !== 0 ? this.#deletion() : null;
    const staticRow =
      (flags & HeadFlag.hasStaticRow) !== 0
        ? this.#row(NO_VALUES, this.#header.staticColumns)
        : null;
    return { type: 'partition', position: 0, headerLength: 0, key, deletion, staticRow };
  }

  #marker(): Marker {
    const kind = this.#r.u8();
    if (!isBoundKind(kind)) throw this.#corrupt(`bound kind ${kind}`);
    const clustering = this.#values();
    const deletion = this.#deletion();
    const openingDeletion = isBoundary(kind) ? this.#deletion() : null;
    return { type: 'marker', position: 0, size: 0, kind, clustering, deletion, openingDeletion };
  }

  #row(clustering: ClusteringValues, columns: readonly ColumnDefinition[]): Row {
    const r = this.#r;
    const flags = r.u8();
    if (!isBodyFlags(flags)) throw this.#corrupt(`row flags ${flags}`);
    const liveness = (flags & BodyFlag.hasLiveness) !== 0 ? this.#liveness(flags) : null;
    const deletion = (flags & BodyFlag.hasDeletion) !== 0 ? this.#deletion() : null;
    const count = r.uvint('number of columns');
    if (count > columns.length) {
      throw this.#corrupt(`${count} columns where the header has ${columns.length}`);
    }
    const data: ColumnData[] = [];
    let from = 0;
    for (let i = 0; i < count; i++) {
      const column = this.#column(columns, from);
      from = column.index + 1;
      data.push(this.#data(column, liveness));
    }
    return {
      type: 'row',
      position: 0,
      size: 0,
      clustering,
      liveness,
      deletion,
      shadowable: (flags & BodyFlag.shadowable) !== 0,
      columns: data,
    };
  }

  /** Records name columns in the header's order, so the search goes on from the last one. */
  #column(columns: readonly ColumnDefinition[], from: number): ColumnDefinition {
    const name = this.#r.vintBytes('column name');
    for (let i = from; i < columns.length; i++) {
      const column = columns[i];
      if (column !== undefined && equalBytes(column.name, name)) return column;
    }
    const text = new TextDecoder().decode(name);
    throw this.#corrupt(`column "${text}" is not in the SSTable's header, or out of order`);
  }

  #data(column: ColumnDefinition, liveness: Liveness | null): ColumnData {
    const r = this.#r;
    if (!column.complex) {
      return { column, complexDeletion: null, cells: [this.#cell(liveness, false)] };
    }
    const tag = r.u8();
    if (tag !== ColumnTag.complex && tag !== ColumnTag.complexDeleted) {
      throw this.#corrupt(`column tag ${tag}`);
    }
    const complexDeletion = tag === ColumnTag.complexDeleted ? this.#deletion() : null;
    const count = r.uvint('number of cells');
    r.need(count * 2);
    const cells: Cell[] = [];
    for (let i = 0; i < count; i++) cells.push(this.#cell(liveness, true));
    return { column, complexDeletion, cells };
  }

  #cell(liveness: Liveness | null, complex: boolean): Cell {
    const r = this.#r;
    const flags = r.u8();
    const fromRow = (flags & (CellFlag.useRowTimestamp | CellFlag.useRowTtl)) !== 0;
    if (flags > 0x1f || (flags & 3) === 3 || (fromRow && liveness === null)) {
      throw this.#corrupt(`cell flags ${flags}`);
    }
    const row = liveness as Liveness;
    const timestamp = (flags & CellFlag.useRowTimestamp) !== 0 ? row.timestamp : this.#time();
    let localDeletionTime: number | null = null;
    let ttl = 0;
    if ((flags & CellFlag.useRowTtl) !== 0) {
      localDeletionTime = row.localExpirationTime;
      ttl = row.ttl;
    } else {
      if ((flags & 3) !== 0) localDeletionTime = this.#uint32('local deletion time');
      if ((flags & CellFlag.isExpiring) !== 0) ttl = this.#uint32('TTL') | 0;
    }
    const path = complex ? r.vintBytes('cell path') : null;
    const value = (flags & CellFlag.hasEmptyValue) !== 0 ? NO_BYTES : r.vintBytes('cell value');
    return { path, timestamp, ttl, localDeletionTime, value };
  }

  #liveness(flags: number): Liveness {
    const timestamp = this.#time();
    if ((flags & BodyFlag.expires) === 0) return { timestamp, ttl: 0, localExpirationTime: 0 };
    const ttl = this.#uint32('TTL') | 0;
    return { timestamp, ttl, localExpirationTime: this.#uint32('expiry') };
  }

  #deletion(): DeletionTime {
    const markedForDeleteAt = this.#time();
    return { markedForDeleteAt, localDeletionTime: this.#uint32('local deletion time') };
  }

  #uint32(what: string): number {
    const value = this.#r.uvint(what);
    if (value > 0xffffffff) throw this.#corrupt(`${what} has more than 32 bits`);
    return value;
  }

  #time(): bigint {
    this.#previousTime = BigInt.asIntN(64, this.#previousTime + this.#r.svintBig());
    return this.#previousTime;
  }

  #values(): ClusteringValues {
    const r = this.#r;
    const count = r.uvint('number of clustering values');
    if (count > this.#header.clusteringTypes.length) {
      throw this.#corrupt(`${count} clustering values`);
    }
    const values: (Uint8Array | null)[] = [];
    for (let i = 0; i < count; i++) {
      const length = r.uvint('length of a clustering value');
      values.push(length === 0 ? null : r.view8(length - 1));
    }
    return values;
  }
}
