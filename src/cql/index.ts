/** CQL types, values and keys: type strings, value texts, orders, tokens; knows no files. */
export {
  type ComparableWriter,
  comparableWriter,
  writeComparableClustering,
  writeComparableKey,
} from './byte-comparable.js';
export { quoteJson } from './bytes.js';
export {
  type ClusteringComparator,
  ClusteringKind,
  type ClusteringPrefix,
  clusteringComparator,
  compareClusterings,
} from './clustering.js';
export { comparator, compareValues } from './compare.js';
export type { Comparator } from './compare-scalars.js';
export { type CounterShard, counterShards, counterTotal } from './counter.js';
export { mergeCounters } from './counter-merge.js';
export { bigIntToBytes, bytesToBigInt } from './decimal.js';
export { compositeComponents, pathField } from './elements.js';
export { quoteName, type ReservedWords } from './identifiers.js';
export { doubleToJava } from './java-float.js';
export { jsonWriter, valueToJson } from './json.js';
export { type KeyHash, murmur3 } from './murmur3.js';
export { parseKeyText } from './parse-key.js';
export { parseType } from './parse-type.js';
export { type Partitioner, partitioner } from './partitioner.js';
export type { TextWriter } from './scalars.js';
export { parseSchema, type TableSchema } from './schema.js';
export { keyText, keyTexts, keyTextWriter, literalText, valueText } from './text.js';
export { TEXT_4_1, type TextDialect } from './text-dialect.js';
export { typeToCql } from './type-names.js';
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
export { uuidText } from './uuid.js';
export { type Validator, validator } from './validate.js';
export { UdtVersions } from './widen-types.js';
