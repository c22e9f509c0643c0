/** Leaves taken apart into records again, opaque ones included. */
import { ByteReader } from '../../binary/index.js';
import { decodeRecords } from '../../canonical/index.js';
import {
  type FormatVersion,
  type PartitionHead,
  type Row,
  RowReader,
  type SerializationHeader,
  type Unfiltered,
} from '../../components/index.js';

/** Time of what is not there: Cassandra takes facts that have it for absent. */
const NO_TIME = -(2n ** 63n);

export class LeafRecords {
  readonly #header: SerializationHeader;
  readonly #version: FormatVersion;

  constructor(header: SerializationHeader, version: FormatVersion) {
    this.#header = header;
    this.#version = version;
  }

  /** The records of one leaf; views of `leaf`. */
  decode(leaf: Uint8Array): (PartitionHead | Unfiltered)[] {
    return decodeRecords(leaf, this.#header).map((record) => {
      return record.type === 'opaque' ? this.#opaque(record.native, record.head) : record;
    });
  }

  #opaque(native: Uint8Array, isHead: boolean): PartitionHead | Unfiltered {
    const rows = new RowReader(this.#header, this.#version);
    rows.startInside();
    const r = new ByteReader(native);
    const record = isHead ? rows.readHead(r) : rows.readNext(r);
    if (record.type === 'end') throw new TypeError('the end of a partition is no record');
    if (record.type === 'row') return withoutNothing(record);
    if (record.type === 'marker') return record;
    const { staticRow } = record;
    return { ...record, staticRow: staticRow === null ? null : withoutNothing(staticRow) };
  }
}

/** The row without what its bytes have and Cassandra passes over. */
function withoutNothing(row: Row): Row {
  const liveness = row.liveness?.timestamp === NO_TIME ? null : row.liveness;
  const deletion = row.deletion?.markedForDeleteAt === NO_TIME ? null : row.deletion;
  const columns = row.columns.filter(
    ({ complexDeletion, cells }) => complexDeletion !== null || cells.length > 0,
  );
  return { ...row, liveness, deletion, shadowable: deletion !== null && row.shadowable, columns };
}
