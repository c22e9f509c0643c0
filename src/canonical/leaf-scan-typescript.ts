/** The twin of native-bindings/assembly/leaves.ts, which it specifies. */
import { ByteReader } from '../binary/index.js';
import { xxh3_128 } from '../codec/index.js';
import { isSstashError } from '../errors.js';
import { RecordTag } from './tags.js';

const MATCH_DIGEST_BYTES = 12;

/** Null where `bytes` do not hold exactly `count` leaves. */
export function leafEndsTypescript(bytes: Uint8Array, count: number): Uint32Array | null {
  const reader = new ByteReader(bytes);
  const ends: number[] = [];
  try {
    while (reader.remaining > 0) {
      const isHead = isHeadAt(bytes, reader.position);
      skipRecord(reader);
      const headEnd = reader.position;
      if (isHead && reader.remaining > 0 && !isHeadAt(bytes, headEnd)) {
        skipRecord(reader);
        const next = reader.position;
        const isSingle = next < bytes.length ? isHeadAt(bytes, next) : ends.length + 1 === count;
        if (!isSingle) reader.offset = headEnd;
      }
      ends.push(reader.position);
    }
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
  return ends.length === count ? Uint32Array.from(ends) : null;
}

/** A one-row partition; the head of a larger one, or of one without rows; a row or marker. */
export type LeafKind = 'partition' | 'head' | 'record';

export function leafKind(leaf: Uint8Array): LeafKind {
  if (!isHeadAt(leaf, 0)) return 'record';
  const reader = new ByteReader(leaf);
  skipRecord(reader);
  return reader.remaining > 0 ? 'partition' : 'head';
}

export function leafDigestsTypescript(
  bytes: Uint8Array,
  ends: Uint32Array,
  secret: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(ends.length * MATCH_DIGEST_BYTES);
  let from = 0;
  for (const [i, to] of ends.entries()) {
    const digest = xxh3_128(bytes.subarray(from, to), secret);
    out.set(digest.subarray(0, MATCH_DIGEST_BYTES), i * MATCH_DIGEST_BYTES);
    from = to;
  }
  return out;
}

function isHeadAt(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === RecordTag.head || bytes[at] === RecordTag.opaqueHead;
}

function skipRecord(reader: ByteReader): void {
  const tag = reader.u8();
  if (tag === RecordTag.row) {
    skipClustering(reader);
    skipBody(reader);
  } else if (tag === RecordTag.marker) {
    const kind = reader.u8();
    skipClustering(reader);
    skipVints(reader, kind === 2 || kind === 5 ? 4 : 2);
  } else if (tag === RecordTag.opaque || tag === RecordTag.opaqueHead) {
    reader.vintBytes('opaque record');
  } else if (tag === RecordTag.head) {
    reader.vintBytes('key');
    const flags = reader.u8();
    if ((flags & 1) !== 0) skipVints(reader, 2);
    if ((flags & 2) !== 0) skipBody(reader);
  } else {
    throw reader.corrupt(`there is no record ${tag}`);
  }
}

function skipClustering(reader: ByteReader): void {
  for (let count = reader.uvint('clustering values'); count > 0; count--) {
    const length = reader.uvint('clustering value');
    if (length > 0) reader.view8(length - 1);
  }
}

function skipBody(reader: ByteReader): void {
  const flags = reader.u8();
  if ((flags & 1) !== 0) skipVints(reader, 1);
  if ((flags & 2) !== 0) skipVints(reader, 2);
  if ((flags & 4) !== 0) skipVints(reader, 2);
  for (let columns = reader.uvint('columns'); columns > 0; columns--) {
    reader.vintBytes('name');
    const first = reader.u8();
    if (first < 0x80) {
      skipCell(reader, first, false);
      continue;
    }
    if ((first & 0x40) !== 0) skipVints(reader, 2);
    for (let cells = reader.uvint('cells'); cells > 0; cells--) {
      skipCell(reader, reader.u8(), true);
    }
  }
}

function skipCell(reader: ByteReader, flags: number, hasPath: boolean): void {
  if ((flags & 0x08) === 0) skipVints(reader, 1);
  if ((flags & 0x03) !== 0 && (flags & 0x10) === 0) skipVints(reader, (flags & 0x02) !== 0 ? 2 : 1);
  if (hasPath) reader.vintBytes('path');
  if ((flags & 0x04) === 0) reader.vintBytes('value');
}

function skipVints(reader: ByteReader, count: number): void {
  for (let i = 0; i < count; i++) reader.skipVint();
}
