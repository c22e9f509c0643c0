/**
 * Statistics.db: metadata of an SSTable (format reference, section 6).
 *
 *   count      i32                           number of components
 *   crc        u32                           CRC-32 of count                              [na]
 *   contents   count × (i32 type, i32 offset)
 *   crc        u32                           CRC-32 of count and contents                 [na]
 *   bodies     one after another, each followed by the u32 CRC-32 of its bytes            [na]
 *
 * Types: 0 VALIDATION (utf partitioner, f64 Bloom filter chance), 1 COMPACTION (int-bytes sketch of
 * the keys), 2 STATS (stats-metadata.ts), 3 HEADER (serialization-header.ts); others are skipped.
 * Foreign writers may give the contents in any order.
 */
import { crc32 } from 'node:zlib';
import { ByteReader } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { parseSerializationHeader, type SerializationHeader } from './serialization-header.js';
import { parseStatsMetadata, type StatsMetadata } from './stats-metadata.js';
import type { FormatVersion } from './versions.js';

export interface Statistics {
  /** Class name with package. */
  readonly partitioner: string;
  /** 1 = no filter. */
  readonly bloomFilterFpChance: number;
  /** HyperLogLog++ sketch of the partition keys; no bytes when the file has none. */
  readonly cardinality: Uint8Array;
  readonly stats: StatsMetadata;
  readonly header: SerializationHeader;
  /**
   * Local deletion time that the writer of this SSTable puts into a live complex deletion beside
   * one that is not live: it depends on the Cassandra version, not on the format version.
   */
  readonly liveComplexDeletionTime: number;
  /** Where the parts lie in the file, in ascending order. */
  readonly parts: readonly StatisticsPart[];
}

export interface StatisticsPart {
  readonly type: number;
  readonly offset: number;
  /** Without the checksum that follows. */
  readonly length: number;
}

const NAMES = ['VALIDATION', 'COMPACTION', 'STATS', 'HEADER'];
const VALIDATION = 0;
const COMPACTION = 1;
const STATS = 2;
const HEADER = 3;
const PARTS_MAX = 64;

/** Buckets of estimatedPartitionSize that only Cassandra 5.0 and later write. */
const PARTITION_SIZE_BUCKETS_5_0 = 156;

/**
 * Parses a whole Statistics.db. Throws SSTABLE_CHECKSUM, SSTABLE_CORRUPT, SSTABLE_TRUNCATED,
 * SSTABLE_UNSUPPORTED_TYPE or LIMIT_EXCEEDED. The result keeps nothing of `bytes`.
 */
export function parseStatistics(
  bytes: Uint8Array,
  version: FormatVersion,
  where: ErrorDetails = {},
): Statistics {
  checkLimit('statisticsBytesMax', bytes.length, where);
  const parts = readContents(bytes, version, where);
  const bodies = new Map<number, ByteReader>();
  for (const part of parts) {
    if (version.hasMetadataChecksum) {
      checkCrc(bytes, part.offset, part.length, `the part ${partName(part.type)}`, where);
    }
    const body = bytes.subarray(part.offset, part.offset + part.length);
    bodies.set(part.type, new ByteReader(body, { base: part.offset, where }));
  }
  const validation = wanted(bodies, VALIDATION, where);
  const partitioner = validation.utf();
  const bloomFilterFpChance = validation.f64();
  expectEnd(validation, VALIDATION);
  const headerReader = wanted(bodies, HEADER, where);
  const header = parseSerializationHeader(headerReader, version);
  expectEnd(headerReader, HEADER);
  const stats = parseStatsMetadata(wanted(bodies, STATS, where), version);
  return {
    partitioner,
    bloomFilterFpChance,
    cardinality: readCardinality(bodies.get(COMPACTION)),
    stats,
    header,
    liveComplexDeletionTime: liveComplexDeletionTime(stats, version),
    parts,
  };
}

/** The bytes of HEADER in those of its Statistics.db; a view. */
export function headerBytes(bytes: Uint8Array, { parts }: Statistics): Uint8Array {
  const part = parts.find(({ type }) => type === HEADER);
  if (part === undefined) throw new TypeError('a Statistics.db that was read has HEADER');
  return bytes.subarray(part.offset, part.offset + part.length);
}

function partName(type: number): string {
  return NAMES[type] ?? `of type ${type}`;
}

function readContents(
  bytes: Uint8Array,
  version: FormatVersion,
  where: ErrorDetails,
): StatisticsPart[] {
  const r = new ByteReader(bytes, { where });
  const count = r.i32();
  const sum = version.hasMetadataChecksum ? 4 : 0;
  if (sum > 0) checkCrc(bytes, 0, 4, 'the number of parts', where);
  if (count < 1 || count > PARTS_MAX) throw r.corrupt(`the file has ${count} parts`, 0);
  r.skip(sum);
  const contentsStart = r.offset;
  const parts = Array.from({ length: count }, () => ({ type: r.i32(), offset: r.i32() }));
  if (sum > 0) checkContentsCrc(bytes, contentsStart, r.offset, where);
  r.skip(sum);
  parts.sort((a, b) => a.offset - b.offset);
  if (parts[0]?.offset !== r.offset) throw r.corrupt('the first part is not after the contents');
  const seen = new Set<number>();
  return parts.map((part, i) => {
    const end = parts[i + 1]?.offset ?? bytes.length;
    const length = end - sum - part.offset;
    if (length < 0) throw r.corrupt(`the part ${partName(part.type)} has no room`, part.offset);
    if (seen.has(part.type)) throw r.corrupt(`the part ${partName(part.type)} comes twice`);
    seen.add(part.type);
    return { ...part, length };
  });
}

/** The second sum runs over the number of parts and the contents, not over the sum between them. */
function checkContentsCrc(
  bytes: Uint8Array,
  start: number,
  end: number,
  where: ErrorDetails,
): void {
  const sum = crc32(bytes.subarray(start, end), crc32(bytes.subarray(0, 4)));
  compareCrc(bytes, end, sum, 'the contents', where);
}

function checkCrc(
  bytes: Uint8Array,
  start: number,
  length: number,
  what: string,
  where: ErrorDetails,
): void {
  compareCrc(bytes, start + length, crc32(bytes.subarray(start, start + length)), what, where);
}

function compareCrc(
  bytes: Uint8Array,
  offset: number,
  sum: number,
  what: string,
  where: ErrorDetails,
): void {
  const r = new ByteReader(bytes, { where });
  r.offset = offset;
  const stored = r.u32();
  if (stored === sum) return;
  throw new SstashError('SSTABLE_CHECKSUM', `the checksum of ${what} does not match`, {
    offset,
    expected: String(stored),
    found: String(sum),
    hint: 'Statistics.db is damaged; take it from another copy of this SSTable.',
    ...where,
  });
}

function wanted(bodies: Map<number, ByteReader>, type: number, where: ErrorDetails): ByteReader {
  const body = bodies.get(type);
  if (body !== undefined) return body;
  throw new SstashError('SSTABLE_CORRUPT', `the part ${partName(type)} is missing`, where);
}

function expectEnd(r: ByteReader, type: number): void {
  if (r.remaining === 0) return;
  throw r.corrupt(`${r.remaining} bytes too many in the part ${partName(type)}`);
}

/** The sketch; some foreign writers put an empty i32 list before it. */
function readCardinality(r: ByteReader | undefined): Uint8Array {
  if (r === undefined) return new Uint8Array(0);
  const first = r.intBytes('cardinality');
  if (first.length === 0 && r.remaining > 0) {
    const second = r.intBytes('cardinality').slice();
    expectEnd(r, COMPACTION);
    return second;
  }
  expectEnd(r, COMPACTION);
  return first.slice();
}

function liveComplexDeletionTime(stats: StatsMetadata, version: FormatVersion): number {
  const buckets = stats.estimatedPartitionSize.buckets.length;
  const is5 = version.hasUIntDeletionTime || buckets === PARTITION_SIZE_BUCKETS_5_0;
  return is5 ? 0xffffffff : 0x7fffffff;
}
