/**
 * What the kernels that walk and encode rows know about their SSTable, at the start of the memory
 * (native-bindings/assembly/table.ts):
 *
 *     secret | clustering table | column tables | scratch | names
 */
import { ByteWriter } from '../binary/index.js';
import { align, type KernelInstance } from '../codec/index.js';
import type {
  ColumnDefinition,
  RowWriterOptions,
  SerializationHeader,
} from '../components/index.js';
import { LIMITS } from '../limits.js';

const SECRET_BYTES = 192;
/** As COLUMN_ENTRY in native-bindings/assembly/table.ts. */
const COLUMN_ENTRY_BYTES = 20;
/** As HEAD_MAX there. */
const HEAD_MAX = 32;
/** Flags of a live cell with the write time of its row. */
const PLAIN_CELL = 0x08;
/** What a head has behind the name: flags and the vint of a length. */
const HEAD_REST = 10;
/** The kernel may touch this many bytes behind the tables. */
const MARGIN = 256;

/**
 * Writes what the kernels know about the SSTable to the start of the memory that the instance's user
 * may lay out; returns the first free address.
 *
 * @param digestSecret of leaf digests, the usual one when not given
 */
export function writeKernelTables(
  instance: KernelInstance,
  options: RowWriterOptions,
  digestSecret: Uint8Array = defaultSecret(instance),
): number {
  const { header, version } = options;
  const { clusteringTypes, staticColumns, regularColumns } = header;
  const secretAt = align(instance.start);
  const clusteringAt = secretAt + SECRET_BYTES;
  const staticAt = align(clusteringAt + 4 * clusteringTypes.length);
  const regularAt = staticAt + COLUMN_ENTRY_BYTES * staticColumns.length;
  const scratchAt = regularAt + COLUMN_ENTRY_BYTES * regularColumns.length;
  const columns = Math.max(staticColumns.length, regularColumns.length);
  const namesAt = align(scratchAt + 4 * columns);
  const end = namesAt + namesLength(header);
  instance.ensure(end + MARGIN);
  const { bytes, exports } = instance;
  const view = new DataView(bytes.buffer);
  bytes.set(digestSecret, secretAt);
  clusteringTypes.forEach((type, i) => {
    view.setInt32(clusteringAt + 4 * i, type.fixedLength, true);
  });
  let name = writeColumns(bytes, staticAt, namesAt, staticColumns);
  name = writeColumns(bytes, regularAt, name, regularColumns);
  exports.setEncoding(
    header.minTimestamp,
    header.minLocalDeletionTime,
    header.minTTL,
    version.hasUIntDeletionTime ? 1 : 0,
    options.liveComplexDeletionTime,
    LIMITS.rowBytesMax,
  );
  exports.setColumns(
    clusteringTypes.length,
    clusteringAt,
    staticColumns.length,
    staticAt,
    regularColumns.length,
    regularAt,
    scratchAt,
    secretAt,
  );
  return align(name);
}

function defaultSecret(instance: KernelInstance): Uint8Array {
  const at = instance.exports.xxh3DefaultSecret();
  return instance.bytes.slice(at, at + SECRET_BYTES);
}

function namesLength(header: SerializationHeader): number {
  let total = 0;
  for (const { name } of [...header.staticColumns, ...header.regularColumns]) {
    total += canonicalName(name).length + HEAD_REST;
  }
  // A head is copied in pieces of 16 bytes.
  return total + HEAD_MAX;
}

/** A name as canonical rows carry it: vint length, then the bytes. */
function canonicalName(name: Uint8Array): Uint8Array {
  const writer = new ByteWriter(name.length + 9);
  writer.vintBytes(name);
  return writer.toBytes();
}

/** What stands behind the name in every plain cell of the column; empty where there are none. */
function plainHead(column: ColumnDefinition): Uint8Array {
  if (column.complex || column.fixedLength === 0) return new Uint8Array(0);
  const writer = new ByteWriter(HEAD_REST);
  writer.u8(PLAIN_CELL);
  if (column.fixedLength > 0) writer.uvint(column.fixedLength);
  return writer.toBytes();
}

/** Column table entries at `at`, names from `nameAt` on; returns where the names end. */
function writeColumns(
  bytes: Uint8Array,
  at: number,
  nameAt: number,
  columns: readonly ColumnDefinition[],
): number {
  const view = new DataView(bytes.buffer);
  let nextName = nameAt;
  columns.forEach((column, i) => {
    const entry = at + COLUMN_ENTRY_BYTES * i;
    const name = canonicalName(column.name);
    view.setInt32(entry, column.fixedLength, true);
    view.setUint32(entry + 4, column.complex ? 1 : 0, true);
    view.setUint32(entry + 8, nextName, true);
    view.setUint32(entry + 12, name.length, true);
    bytes.set(name, nextName);
    const rest = plainHead(column);
    const head = name.length + rest.length;
    view.setUint32(entry + 16, rest.length > 0 && head <= HEAD_MAX ? head : 0, true);
    bytes.set(rest, nextName + name.length);
    nextName += head;
  });
  return nextName;
}
