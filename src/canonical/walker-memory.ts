/**
 * Where a walker's tables, window and output lie in the memory of its kernel instance:
 *
 *     secret | clustering table | column tables | names | scratch | window | leaf tables | output
 *
 * The part before the window is written once. The window stays where it is when it grows, so that
 * pending bytes need not move; what follows it holds nothing between two steps.
 */
import { ByteWriter } from '../binary/index.js';
import type { KernelInstance } from '../codec/index.js';
import type { ColumnDefinition, SerializationHeader } from '../components/index.js';
import { LIMITS } from '../limits.js';
import type { WalkerOptions } from './walker-types.js';

const SECRET_BYTES = 192;
/** As COLUMN_ENTRY in native-bindings/assembly/table.ts. */
const COLUMN_ENTRY_BYTES = 20;
/** As HEAD_MAX there. */
const HEAD_MAX = 32;
/** Flags of a live cell with the write time of its row. */
const PLAIN_CELL = 0x08;
/** What a head has behind the name: flags and the vint of a length. */
const HEAD_REST = 10;
/** The kernel may touch this many bytes on both sides of the window and the output. */
const MARGIN = 256;
/** One leaf for so many native bytes; more of them end a step early. */
const BYTES_PER_LEAF = 40;
const LEAVES_MIN = 1024;
const LEAVES_MAX = 262144;
const OUTPUT_MIN = 65536;
/** Windows above this are for single large rows, which hardly grow. */
const LARGE_WINDOW = 16 * 1024 * 1024;

const align = (address: number): number => Math.ceil(address / 64) * 64;

/** Addresses of the leaf tables, and how many leaves they have room for. */
export interface LeafTables {
  readonly leaves: number;
  readonly ends: number;
  readonly starts: number;
  readonly cuts: number;
  readonly digests: number;
  readonly heads: number;
  readonly notes: number;
  readonly partitions: number;
  readonly highs: number;
  readonly lows: number;
}

export class WalkerMemory {
  readonly instance: KernelInstance;
  /** Address of the window. */
  readonly windowAt: number;
  windowCapacity = 0;
  tables: LeafTables = NO_TABLES;
  outAt = 0;
  outLimit = 0;

  constructor(instance: KernelInstance, options: WalkerOptions) {
    this.instance = instance;
    this.windowAt = writeTables(instance, options) + MARGIN;
  }

  /** Makes room for a window of `capacity` bytes, with tables and output to match. */
  growWindow(capacity: number): void {
    if (capacity <= this.windowCapacity) return;
    const wanted = Math.ceil(capacity / BYTES_PER_LEAF);
    const leaves = Math.min(Math.max(wanted, LEAVES_MIN), LEAVES_MAX);
    let at = align(this.windowAt + capacity + MARGIN);
    const take = (bytes: number): number => {
      const start = at;
      at = align(at + bytes * leaves);
      return start;
    };
    const tables = {
      leaves,
      ends: take(4),
      starts: take(4),
      cuts: take(4),
      digests: take(16),
      heads: take(1),
      notes: take(1),
      partitions: take(4),
      highs: take(4),
      lows: take(4),
    };
    const growth = capacity > LARGE_WINDOW ? 1.125 : 1.5;
    const outAt = at + MARGIN;
    const outLimit = outAt + OUTPUT_MIN + Math.ceil(capacity * growth);
    this.instance.ensure(outLimit + MARGIN);
    this.windowCapacity = capacity;
    this.tables = tables;
    this.outAt = outAt;
    this.outLimit = outLimit;
  }

  /** Twice the output, for one record that is larger than all of it. */
  growOutput(): void {
    const outLimit = this.outAt + 2 * (this.outLimit - this.outAt);
    this.instance.ensure(outLimit + MARGIN);
    this.outLimit = outLimit;
  }
}

const NO_TABLES: LeafTables = {
  leaves: 0,
  ends: 0,
  starts: 0,
  cuts: 0,
  digests: 0,
  heads: 0,
  notes: 0,
  partitions: 0,
  highs: 0,
  lows: 0,
};

/** Writes what the kernel knows about the SSTable; returns the first free address. */
function writeTables(instance: KernelInstance, options: WalkerOptions): number {
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
  const secret = options.digestSecret ?? defaultSecret(instance);
  bytes.set(secret, secretAt);
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
