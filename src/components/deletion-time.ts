/**
 * DeletionTime where it stands alone: partition deletions in Data.db and Index.db, open markers of
 * index blocks (format reference, 7.2). In rows it is a pair of deltas instead.
 *
 *   before oa    i32 localDeletionTime, i64 markedForDeleteAt; live = 7fffffff, 8000000000000000
 *   oa and later live: the byte 80; else i64 markedForDeleteAt (never negative), u32
 *                localDeletionTime
 */
import type { ByteReader, ByteWriter } from '../binary/index.js';
import type { FormatVersion } from './versions.js';

const LIVE_TIMESTAMP = -(2n ** 63n);

/**
 * Reads one; null when live. The local deletion time is unsigned, whatever the version. Before oa a
 * deletion with the time of a live one and another local time can be read: it deletes nothing, but
 * Cassandra does not take it for live.
 */
export function readDeletionTime(
  r: ByteReader,
  version: FormatVersion,
): { markedForDeleteAt: bigint; localDeletionTime: number } | null {
  const start = r.position;
  if (!version.hasUIntDeletionTime) {
    r.need(12);
    const localDeletionTime = r.u32();
    const markedForDeleteAt = r.i64();
    const isLive = markedForDeleteAt === LIVE_TIMESTAMP && localDeletionTime === 0x7fffffff;
    return isLive ? null : { markedForDeleteAt, localDeletionTime };
  }
  r.need(1);
  const first = r.view.getUint8(r.offset);
  if (first >= 0x80) {
    if (first !== 0x80) throw r.corrupt(`a deletion begins with ${first}`, start);
    r.skip(1);
    return null;
  }
  r.need(12);
  const markedForDeleteAt = r.i64();
  return { markedForDeleteAt, localDeletionTime: r.u32() };
}

/** Writes one; null is live. */
export function writeDeletionTime(
  w: ByteWriter,
  version: FormatVersion,
  deletion: { readonly markedForDeleteAt: bigint; readonly localDeletionTime: number } | null,
): void {
  if (!version.hasUIntDeletionTime) {
    w.u32(deletion?.localDeletionTime ?? 0x7fffffff);
    w.i64(deletion?.markedForDeleteAt ?? LIVE_TIMESTAMP);
  } else if (deletion === null) {
    w.u8(0x80);
  } else {
    w.i64(deletion.markedForDeleteAt);
    w.u32(deletion.localDeletionTime);
  }
}
