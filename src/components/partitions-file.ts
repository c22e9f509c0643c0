/**
 * Partitions.db of BTI SSTables (format reference, 15.2):
 *
 *   trie        nodes (trie-node.ts), laid out in pages of 4096 bytes; keys are the shortest
 *               beginnings of byte-comparable partition keys that differ from their neighbours'
 *   firstKey    short-bytes
 *   lastKey     short-bytes
 *   footer      i64 position of firstKey, i64 number of partitions, i64 position of the root
 *
 * Payload, by the payload bits:
 *
 *   8 to 15     u8 hash (low byte of h2 of the key), then bits - 7 bytes of a position
 *   1 to 7      as many bytes of a position
 *
 * Position, signed big-endian: from 0 on of an entry in Rows.db; below, ~position is where the
 * partition begins in the uncompressed stream.
 */
import { ByteReader } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import type { TrieNode } from './trie-node.js';

export const PARTITIONS_FOOTER_BYTES = 24;

export interface PartitionsFooter {
  /** Where the trie ends and the first key begins. */
  readonly keysPosition: number;
  readonly partitions: number;
  readonly root: number;
}

/** Parses the last bytes of a file of `size` bytes. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED. */
export function parsePartitionsFooter(
  bytes: Uint8Array,
  size: number,
  where: ErrorDetails = {},
): PartitionsFooter {
  const base = size - PARTITIONS_FOOTER_BYTES;
  if (base < 0) {
    const message = `a Partitions.db of ${size} bytes has no footer`;
    throw new SstashError('SSTABLE_TRUNCATED', message, { offset: size, ...where });
  }
  const r = new ByteReader(bytes.subarray(-PARTITIONS_FOOTER_BYTES), { base, where });
  const keysPosition = r.i64Number('position of the first key');
  const partitions = r.i64Number('number of partitions');
  const root = r.i64Number('position of the root');
  if (keysPosition > base - 4) throw r.corrupt(`the first key is at ${keysPosition}`, base);
  checkLimit('keyBytesMax', Math.ceil((base - keysPosition - 4) / 2), { ...where, offset: base });
  if (root >= keysPosition) throw r.corrupt(`the root is at ${root}, behind the trie`, base + 16);
  if (partitions < 1 || partitions > keysPosition) {
    throw r.corrupt(`${partitions} partitions in ${keysPosition} bytes`, base + 8);
  }
  return { keysPosition, partitions, root };
}

/** The two keys, which are all of `bytes`; views. */
export function parsePartitionsKeys(
  bytes: Uint8Array,
  position: number,
  where: ErrorDetails = {},
): { firstKey: Uint8Array; lastKey: Uint8Array } {
  const r = new ByteReader(bytes, { base: position, where });
  const firstKey = r.shortBytes();
  const lastKey = r.shortBytes();
  if (r.remaining > 0) throw r.corrupt(`${r.remaining} bytes after the last key`);
  return { firstKey, lastKey };
}

export interface PartitionPayload {
  /** Low byte of h2 of the key, or -1. */
  readonly hash: number;
  /** Of the partition's entry in Rows.db, or -1. */
  readonly rowsPosition: number;
  /** Of the partition in the uncompressed stream; -1 where its entry in Rows.db says it. */
  readonly dataPosition: number;
}

export function partitionPayload(node: TrieNode): PartitionPayload {
  const bits = node.payloadBits;
  const hasHash = bits >= 8;
  const bytes = node.payload(hasHash ? 1 : 0, hasHash ? bits - 7 : bits);
  const hash = hasHash ? (node.payload(0, 1)[0] ?? 0) : -1;
  const value = signedNumber(bytes);
  if (Number.isSafeInteger(value)) {
    return value >= 0
      ? { hash, rowsPosition: value, dataPosition: -1 }
      : { hash, rowsPosition: -1, dataPosition: -1 - value };
  }
  throw node.corrupt('the payload of a trie node is no position');
}

/** Signed big-endian; not exact above 2^53. */
export function signedNumber(bytes: Uint8Array): number {
  let value = ((bytes[0] ?? 0) << 24) >> 24;
  for (let i = 1; i < bytes.length; i++) value = value * 256 + (bytes[i] as number);
  return value;
}
