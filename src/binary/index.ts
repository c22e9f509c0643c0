/** Readers and writers of Cassandra's primitive encodings; knows bytes, not SSTables. */
export { ByteReader, type ByteReaderOptions, NeedMoreBytes } from './byte-reader.js';
export { ByteWriter, vintLength } from './byte-writer.js';
export { compareBytes, equalBytes } from './compare.js';
export { fromHex, toHex } from './hex.js';
