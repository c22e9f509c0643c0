/**
 * Every cap in the program, each with its reason. A size or count read from a file is compared
 * with its cap before anything is allocated or looped over.
 */
import { type ErrorDetails, SstashError } from './errors.js';

const KiB = 1024;
const MiB = 1024 * KiB;

export const LIMITS = {
  /** Cassandra stores a key behind a u16 length. */
  keyBytesMax: 65535,
  /** Compressed blocks: Cassandra's chunk_length_in_kb is an int, 64 KiB by default, 256 KiB at most seen. */
  blockBytesMax: 16 * MiB,
  /** One cell value; Cassandra's mutations are at most half a commit log segment (16 MiB default). */
  valueBytesMax: 256 * MiB,
  /** Digits of a decimal that is written out without exponent; its scale alone may ask for 2^31. */
  decimalDigitsMax: 1024 * 1024,
  /** One row or marker with all its cells, held in memory whole while it is decoded. */
  rowBytesMax: 256 * MiB,
  /** Columns in one SSTable header; Cassandra gets unusable far below. */
  columnsMax: 32768,
  clusteringColumnsMax: 1024,
  /** Nesting of a CQL type (list of map of ...). */
  typeDepthMax: 64,
  typeTextBytesMax: 1 * MiB,
  /** Statistics.db is read whole; real ones are 5 KB, with huge clusterings some 100 KB. */
  statisticsBytesMax: 64 * MiB,
  /** Buckets of a histogram in Statistics.db; Cassandra writes at most 156 and 100. */
  histogramBucketsMax: 65536,
  /** CompressionInfo.db is read whole: 8 bytes a block, 512 MiB is 1 TB of 16 KiB blocks. */
  compressionInfoBytesMax: 512 * MiB,
  /** Filter.db is read whole where it is checked. */
  filterBytesMax: 1024 * MiB,
  /** Summary.db is read whole. */
  summaryBytesMax: 512 * MiB,
  /** Any other component that is read whole. */
  componentBytesMax: 1024 * MiB,
  /** CRC.db is read whole: 4 bytes per 64 KiB. */
  crcBytesMax: 128 * MiB,
  /** Digest.crc32 is ten digits, TOC.txt some names. */
  smallTextBytesMax: 1 * MiB,
  /** One promoted index entry of Index.db, read whole. */
  indexEntryBytesMax: 256 * MiB,
  /** Raw bytes of one object of a repository: a chunk that holds the largest row, with room. */
  objectBytesMax: 288 * MiB,
  /** Stretches of leaves that make up one range of an SSTable: a range has at most 24 MiB of rows. */
  segmentsMax: 4 * MiB,
  /** Raw bytes of the chunks that one such range is put together from, held at once. */
  rangeChunkBytesMax: 512 * MiB,
  /** Index at the end of a pack, and an index fragment, each read whole: 49 bytes an object. */
  packIndexBytesMax: 256 * MiB,
  indexFragmentBytesMax: 512 * MiB,
  /** A manifest or the config of a repository: a summary, some lines a table. */
  manifestBytesMax: 64 * MiB,
  /** A file beside the SSTables (schema.cql, manifest.json); larger ones are not Cassandra's. */
  sideFileBytesMax: 64 * MiB,
  /** The ledger beside restored files, read whole: some 250 bytes a file. */
  ledgerBytesMax: 1024 * MiB,
  /** One Merkle tree, read whole: 68 bytes per 64 KiB of rows, so 2 GiB is some 2 TB of rows. */
  treeBytesMax: 2048 * MiB,
} as const;

export type LimitName = keyof typeof LIMITS;

/** Throws LIMIT_EXCEEDED when `value` is above the cap `name`. */
export function checkLimit(name: LimitName, value: number, details: ErrorDetails = {}): void {
  if (value <= LIMITS[name]) return;
  throw new SstashError('LIMIT_EXCEEDED', `${value} is above the limit ${name} (${LIMITS[name]})`, {
    expected: `at most ${LIMITS[name]}`,
    found: String(value),
    ...details,
  });
}
