/**
 * Promoted index: the blocks of one big partition, inside its entry of Index.db (format reference,
 * section 10).
 *
 *   headerLength        uvint, from the partition's start to its first unfiltered
 *   partitionDeletion   DeletionTime
 *   blockCount          uvint, at least 2
 *   blocks              blockCount × block
 *   offsets             blockCount × i32, where each block begins, counted from the first one
 *
 * Block:
 *
 *   first, last         clustering names (clustering-prefix.ts)
 *   offset              uvint, from the partition's start
 *   width               svint, bytes minus 65536
 *   hasEndOpenMarker    bool: a range tombstone is open at the end
 *   endOpenMarker       DeletionTime, if so
 */
import { ByteReader } from '../binary/index.js';
import type { ClusteringPrefix } from '../cql/index.js';
import type { ErrorDetails } from '../errors.js';
import { readIndexName } from './clustering-prefix.js';
import { readDeletionTime } from './deletion-time.js';
import type { SerializationHeader } from './serialization-header.js';
import type { FormatVersion } from './versions.js';

export interface IndexBlock {
  readonly first: ClusteringPrefix;
  readonly last: ClusteringPrefix;
  /** From the partition's start. */
  readonly offset: number;
  /** The last block includes the end-of-partition byte if it was closed by it. */
  readonly width: number;
  /** The deletion in effect after the block, or null. */
  readonly openMarker: IndexDeletion | null;
}

export interface IndexDeletion {
  readonly markedForDeleteAt: bigint;
  /** Unsigned 32-bit. */
  readonly localDeletionTime: number;
}

export interface PromotedIndex {
  readonly headerLength: number;
  /** Null when live. */
  readonly deletion: IndexDeletion | null;
  /** Contiguous: each begins where the one before ends. */
  readonly blocks: readonly IndexBlock[];
}

const WIDTH_BASE = 65536;
/** Two names of a byte, offset, width, flag. */
const BLOCK_BYTES_MIN = 5;

/**
 * Parses `bytes`, the promoted index of one entry, which begins at `base` in Index.db. Names are
 * views. Throws SSTABLE_CORRUPT or SSTABLE_TRUNCATED.
 */
export function parsePromotedIndex(
  bytes: Uint8Array,
  header: SerializationHeader,
  version: FormatVersion,
  base = 0,
  where: ErrorDetails = {},
): PromotedIndex {
  const r = new ByteReader(bytes, { base, where });
  const headerLength = r.uvint('header length');
  const deletion = readDeletionTime(r, version);
  const countAt = r.position;
  const count = r.uvint('number of blocks');
  if (count < 2) throw r.corrupt(`a promoted index of ${count} blocks`, countAt);
  r.need(count * (BLOCK_BYTES_MIN + 4));
  const blocksStart = r.position;
  const starts: number[] = [];
  const blocks: IndexBlock[] = [];
  let expected = headerLength;
  for (let i = 0; i < count; i++) {
    starts.push(r.position - blocksStart);
    const block = readBlock(r, header, version);
    if (block.offset !== expected) {
      throw r.corrupt(`block ${i} begins at ${block.offset}, not at ${expected}`);
    }
    expected = block.offset + block.width;
    blocks.push(block);
  }
  for (const start of starts) {
    const at = r.position;
    const stored = r.i32();
    if (stored !== start) throw r.corrupt(`block offset ${stored} instead of ${start}`, at);
  }
  if (r.remaining > 0) throw r.corrupt(`${r.remaining} bytes after the promoted index`);
  return { headerLength, deletion, blocks };
}

function readBlock(r: ByteReader, header: SerializationHeader, version: FormatVersion): IndexBlock {
  const first = readIndexName(r, header.clusteringTypes);
  const last = readIndexName(r, header.clusteringTypes);
  const offset = r.uvint('offset of a block');
  const widthAt = r.position;
  const width = r.svint('width of a block') + WIDTH_BASE;
  if (width < 1) throw r.corrupt(`a block of ${width} bytes`, widthAt);
  const flagAt = r.position;
  const flag = r.u8();
  if (flag > 1) throw r.corrupt(`hasEndOpenMarker is ${flag}`, flagAt);
  const openMarker = flag === 1 ? readDeletionTime(r, version) : null;
  if (flag === 1 && openMarker === null) throw r.corrupt('a live open marker', flagAt);
  return { first, last, offset, width, openMarker };
}
