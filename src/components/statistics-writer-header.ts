/** HEADER of Statistics.db, object to bytes; the layout is drawn in serialization-header.ts. */
import type { ByteWriter } from '../binary/index.js';
import {
  type ColumnDefinition,
  EPOCH_LOCAL_DELETION_TIME,
  EPOCH_TIMESTAMP,
  type SerializationHeader,
} from './serialization-header.js';

/** Writes HEADER; its columns come out in Cassandra's order. */
export function writeSerializationHeader(w: ByteWriter, header: SerializationHeader): void {
  w.uvintBig(BigInt.asUintN(64, header.minTimestamp - EPOCH_TIMESTAMP));
  w.uvint32((header.minLocalDeletionTime - EPOCH_LOCAL_DELETION_TIME) | 0);
  w.uvint32(header.minTTL);
  writeString(w, header.keyTypeText);
  w.uvint(header.clusteringTypeTexts.length);
  for (const text of header.clusteringTypeTexts) writeString(w, text);
  writeColumns(w, header.staticColumns);
  writeColumns(w, header.regularColumns);
}

function writeColumns(w: ByteWriter, columns: readonly ColumnDefinition[]): void {
  w.uvint(columns.length);
  for (const { name, typeText } of columns) {
    w.vintBytes(name);
    writeString(w, typeText);
  }
}

/** A vint length and UTF-8. */
export function writeString(w: ByteWriter, text: string): void {
  w.vintBytes(Buffer.from(text, 'utf8'));
}
