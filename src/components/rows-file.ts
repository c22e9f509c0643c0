/**
 * Rows.db of BTI SSTables (format reference, 15.3): for each partition of two row blocks or more a trie
 * (trie-node.ts) and behind it an entry, at which Partitions.db points. No bytes where there is none.
 *
 *   key            short-bytes
 *   dataPosition   uvint, start of the partition in the uncompressed stream
 *   root           svint, position of the trie's root minus the position behind the key
 *   blockCount     uvint
 *   deletion       DeletionTime of the partition, as in oa
 *
 * Keys of the trie: nothing for the first block, then a separator between each two blocks, and at last
 * one that is greater than every row. Payload, by the payload bits: n = bits & 7 bytes of a signed
 * position, counted from the partition's start, of the block or, at last, of the end-of-partition
 * byte; with 8, the DeletionTime of the range tombstone that is open at the block's start.
 */
import { ByteReader } from '../binary/index.js';
import type { SstashError } from '../errors.js';
import { readDeletionTime } from './deletion-time.js';
import { signedNumber } from './partitions-file.js';
import type { IndexDeletion } from './promoted-index.js';
import type { TrieNode } from './trie-node.js';
import { formatVersion } from './versions.js';

/** Row indexes have the deletions of oa, whatever the version of BTI. */
const DELETION_VERSION = formatVersion('big', 'oa');
const DELETION_BYTES = 12;

export interface RowIndexEntry {
  readonly key: Uint8Array;
  readonly dataPosition: number;
  readonly root: number;
  /** Without the last entry of the trie, which is no block. */
  readonly blockCount: number;
  readonly deletion: IndexDeletion | null;
  /** Where the entry begins and where it ends. */
  readonly position: number;
  readonly end: number;
}

/** Reads one entry; the key is a view. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED, NeedMoreBytes. */
export function readRowIndexEntry(r: ByteReader): RowIndexEntry {
  const position = r.position;
  const key = r.shortBytes();
  const base = r.position;
  const dataPosition = r.uvint('data position');
  const root = base + r.svint('root of a row index');
  const countAt = r.position;
  const blockCount = r.uvint('number of row blocks');
  const deletion = readDeletionTime(r, DELETION_VERSION);
  if (root < 0 || root >= position) throw r.corrupt(`the root of a row index is at ${root}`, base);
  if (blockCount < 2 || blockCount > position) {
    throw r.corrupt(`a row index of ${blockCount} blocks`, countAt);
  }
  return { key, dataPosition, root, blockCount, deletion, position, end: r.position };
}

export interface RowIndexPayload {
  /** From the partition's start. */
  readonly offset: number;
  /** The range deletion in effect there. */
  readonly open: IndexDeletion | null;
}

export function rowIndexPayload(node: TrieNode): RowIndexPayload {
  const bits = node.payloadBits;
  const length = bits & 7;
  const offset = signedNumber(node.payload(0, length));
  if (length === 0 || offset < 0 || !Number.isSafeInteger(offset)) throw noOffset(node);
  if (bits < 8) return { offset, open: null };
  const bytes = node.payload(length, DELETION_BYTES);
  const open = readDeletionTime(new ByteReader(bytes), DELETION_VERSION);
  if (open === null) throw noOffset(node);
  return { offset, open };
}

function noOffset(node: TrieNode): SstashError {
  return node.corrupt('the payload of a trie node is no row block');
}
