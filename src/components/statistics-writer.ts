/**
 * Statistics.db, object to bytes (layout: statistics.ts; choices: format writing reference, 14): the
 * four parts in the order VALIDATION, COMPACTION, STATS, HEADER without gaps, with checksums from na
 * on.
 */
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../binary/index.js';
import type { Statistics } from './statistics.js';
import { writeSerializationHeader } from './statistics-writer-header.js';
import { writeStatsMetadata } from './statistics-writer-stats.js';
import type { FormatVersion } from './versions.js';

/** A part of Statistics.db that is written as it is. */
export type StatisticsBodies = readonly { readonly type: number; readonly body: Uint8Array }[];

/**
 * The file as Cassandra writes it. An empty `cardinality` leaves the part COMPACTION out, which
 * every reader accepts.
 */
export function writeStatistics(statistics: Statistics, version: FormatVersion): Uint8Array {
  const bodies = [
    { type: 0, body: validationBody(statistics) },
    { type: 1, body: compactionBody(statistics) },
    { type: 2, body: statsBody(statistics, version) },
    { type: 3, body: headerBody(statistics) },
  ].filter(({ type }) => type !== 1 || statistics.cardinality.length > 0);
  return joinStatistics(bodies, version);
}

/** Partitioner and Bloom filter chance. */
export function validationBody(statistics: Statistics): Uint8Array {
  const w = new ByteWriter();
  w.shortBytes(Buffer.from(statistics.partitioner, 'utf8'));
  w.f64(statistics.bloomFilterFpChance);
  return w.toBytes();
}

/** The sketch of the keys. */
export function compactionBody({ cardinality }: Statistics): Uint8Array {
  const w = new ByteWriter(cardinality.length + 4);
  w.i32(cardinality.length);
  w.bytes(cardinality);
  return w.toBytes();
}

/** What the rows add up to. */
export function statsBody({ stats }: Statistics, version: FormatVersion): Uint8Array {
  const w = new ByteWriter(8192);
  writeStatsMetadata(w, stats, version);
  return w.toBytes();
}

/** Bases of deltas and columns. */
export function headerBody({ header }: Statistics): Uint8Array {
  const w = new ByteWriter(1024);
  writeSerializationHeader(w, header);
  return w.toBytes();
}

/** The container around bodies that come in the order of their types. */
export function joinStatistics(bodies: StatisticsBodies, version: FormatVersion): Uint8Array {
  const w = new ByteWriter(16384);
  const sum = version.hasMetadataChecksum ? 4 : 0;
  w.i32(bodies.length);
  const count = w.toBytes();
  if (sum > 0) w.u32(crc32(count));
  const contentsAt = w.length;
  let offset = 4 + 2 * sum + 8 * bodies.length;
  for (const { type, body } of bodies) {
    w.i32(type);
    w.i32(offset);
    offset += body.length + sum;
  }
  if (sum > 0) w.u32(crc32(w.view().subarray(contentsAt), crc32(count)));
  for (const { body } of bodies) {
    w.bytes(body);
    if (sum > 0) w.u32(crc32(body));
  }
  return w.toBytes();
}
