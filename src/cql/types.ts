/**
 * CQL types as SSTables name them (format reference, section 4). FrozenType and ReversedType are not
 * kinds of their own: they are the flags `isMultiCell` and `reversed` of the type they wrap.
 */

export const SCALAR_KINDS = [
  'ascii',
  'text',
  'blob',
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'varint',
  'decimal',
  'float',
  'double',
  /** TimestampType: signed order. */
  'timestamp',
  /** DateType, the timestamp of old tables: unsigned byte order. */
  'legacy-timestamp',
  'date',
  'time',
  'duration',
  'uuid',
  'timeuuid',
  /** LegacyTimeUUIDType and TimeUUIDType differ in nothing but their name. */
  'legacy-timeuuid',
  'lexical-uuid',
  'inet',
  'counter',
  'empty',
] as const;

export type ScalarKind = (typeof SCALAR_KINDS)[number];

interface TypeBase {
  /** The type as it was written, outer FrozenType and ReversedType included. */
  readonly text: string;
  /** Bytes of every value that is not empty, or -1 when each value has its own length. */
  readonly fixedLength: number;
  /** The values of a column of this type are cells of their own, each with a path. */
  readonly isMultiCell: boolean;
  /** Descending: compares the other way round. */
  readonly reversed: boolean;
  /** Descending, but empty values come first all the same: so before version mc. */
  readonly emptyFirst?: boolean;
}

export interface ScalarType extends TypeBase {
  readonly kind: ScalarKind;
}
export interface ListType extends TypeBase {
  readonly kind: 'list';
  readonly element: CqlType;
}
export interface SetType extends TypeBase {
  readonly kind: 'set';
  readonly element: CqlType;
}
export interface MapType extends TypeBase {
  readonly kind: 'map';
  readonly key: CqlType;
  readonly value: CqlType;
}
export interface TupleType extends TypeBase {
  readonly kind: 'tuple';
  readonly elements: readonly CqlType[];
}
export interface UdtField {
  readonly name: string;
  readonly type: CqlType;
}
export interface UdtType extends TypeBase {
  readonly kind: 'udt';
  readonly keyspace: string;
  readonly name: string;
  readonly fields: readonly UdtField[];
}
export interface VectorType extends TypeBase {
  readonly kind: 'vector';
  readonly element: CqlType;
  readonly dimension: number;
}
/** Partition keys of several columns. */
export interface CompositeType extends TypeBase {
  readonly kind: 'composite';
  readonly elements: readonly CqlType[];
}
export interface DynamicCompositeType extends TypeBase {
  readonly kind: 'dynamic-composite';
  /** Type by its one-character alias. */
  readonly aliases: ReadonlyMap<string, CqlType>;
}
/** Keys of secondary-index tables, ordered by the partitioner. */
export interface PartitionerDefinedOrder extends TypeBase {
  readonly kind: 'partitioner-order';
  readonly partitioner: string;
  readonly base: CqlType | null;
}
/** Left over from comparators of before 3.0. */
export interface ColumnToCollectionType extends TypeBase {
  readonly kind: 'column-to-collection';
  readonly collections: ReadonlyMap<string, CqlType>;
}

export type CqlType =
  | ScalarType
  | ListType
  | SetType
  | MapType
  | TupleType
  | UdtType
  | VectorType
  | CompositeType
  | DynamicCompositeType
  | PartitionerDefinedOrder
  | ColumnToCollectionType;

export type CqlKind = CqlType['kind'];

/** Class name (without package) → kind and length of its values. */
export const SCALAR_CLASSES: ReadonlyMap<string, readonly [ScalarKind, number]> = new Map([
  ['AsciiType', ['ascii', -1]],
  ['UTF8Type', ['text', -1]],
  ['BytesType', ['blob', -1]],
  ['BooleanType', ['boolean', 1]],
  ['ByteType', ['tinyint', -1]],
  ['ShortType', ['smallint', -1]],
  ['Int32Type', ['int', 4]],
  ['LongType', ['bigint', 8]],
  ['IntegerType', ['varint', -1]],
  ['DecimalType', ['decimal', -1]],
  ['FloatType', ['float', 4]],
  ['DoubleType', ['double', 8]],
  ['TimestampType', ['timestamp', 8]],
  ['DateType', ['legacy-timestamp', 8]],
  ['SimpleDateType', ['date', -1]],
  ['TimeType', ['time', -1]],
  ['DurationType', ['duration', -1]],
  ['UUIDType', ['uuid', 16]],
  ['TimeUUIDType', ['timeuuid', 16]],
  ['LegacyTimeUUIDType', ['legacy-timeuuid', 16]],
  ['LexicalUUIDType', ['lexical-uuid', 16]],
  ['InetAddressType', ['inet', -1]],
  ['CounterColumnType', ['counter', -1]],
  ['EmptyType', ['empty', 0]],
]);
