/** CQL types, values and keys: type strings, value texts, orders, tokens; knows no files. */
export { ClusteringKind, type ClusteringPrefix } from './clustering.js';
export { parseType } from './parse-type.js';
export type {
  ColumnToCollectionType,
  CompositeType,
  CqlKind,
  CqlType,
  DynamicCompositeType,
  ListType,
  MapType,
  PartitionerDefinedOrder,
  ScalarKind,
  ScalarType,
  SetType,
  TupleType,
  UdtField,
  UdtType,
  VectorType,
} from './types.js';
