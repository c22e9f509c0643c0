/** The components of an SSTable, bytes to objects and back; opens no files. */
export {
  type ComponentName,
  compareIds,
  type Descriptor,
  isUuidId,
  parseComponentName,
  parseUuidId,
} from './descriptor.js';
export {
  type ColumnDefinition,
  compareColumnNames,
  compareColumns,
  EPOCH_LOCAL_DELETION_TIME,
  EPOCH_TIMESTAMP,
  parseSerializationHeader,
  type SerializationHeader,
} from './serialization-header.js';
export { type FormatName, type FormatVersion, formatVersion, KNOWN_VERSIONS } from './versions.js';
