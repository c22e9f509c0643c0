/**
 * The physical digest of an SSTable: the same when and only when every component file has the same
 * bytes under the same name (the generation left out).
 *
 * The digest of a component is XXH3-128 over the digests, XXH3-128 too, of its pieces: the blocks of
 * Data.db as they are in the file, with their checksums, and each MiB of the other components. So who
 * reads the rows has read already what takes longest.
 */
import { toHex } from '../binary/index.js';
import { xxh3_128 } from '../codec/index.js';
import { openFile, type RandomAccessFile } from '../io/index.js';
import { checkLimit } from '../limits.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { SSTable, StoredDigests, StreamRange } from '../sstable/index.js';

const READ_BYTES = 1024 * 1024;
const DIGEST_BYTES = 16;
const NOTHING = new Uint8Array(0);

/** Room for the digests of the blocks that begin in a range of the stream. */
export function roomForDigests(
  { blockLength }: SSTable,
  { from, to }: StreamRange,
): StoredDigests & { readonly bytes: Uint8Array<ArrayBuffer> } {
  const first = Math.ceil(from / blockLength);
  const count = Math.ceil(to / blockLength) - first;
  return { first, bytes: new Uint8Array(DIGEST_BYTES * count) };
}

export interface PhysicalOptions {
  readonly signal?: AbortSignal;
  /** Digests of the first blocks of Data.db, as far as they are known. */
  readonly blocks?: Uint8Array;
}

/** Where each piece of a file of `size` bytes begins, all but the last of `length` bytes. */
function evenStarts(size: number, length: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(size / length) }, (_, i) => i * length);
}

function blockStarts({ compression, dataSize, blockLength }: SSTable): Float64Array {
  return compression?.chunkOffsets ?? evenStarts(dataSize, blockLength);
}

/** Digests of the pieces of `file` that begin at `starts`, from the one after `known` on. */
async function pieceDigests(
  file: RandomAccessFile,
  starts: Float64Array,
  known: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const digests = new Uint8Array(DIGEST_BYTES * starts.length);
  digests.set(known);
  const startOf = (piece: number): number => starts[piece] ?? file.size;
  let piece = known.length / DIGEST_BYTES;
  while (piece < starts.length) {
    throwIfInterrupted(signal);
    const base = startOf(piece);
    let end = piece + 1;
    while (end < starts.length && startOf(end + 1) - base <= READ_BYTES) end++;
    const where = { file: file.path, offset: base };
    checkLimit('blockBytesMax', Math.floor((startOf(end) - base) / 2), where);
    const bytes = await file.read(base, startOf(end) - base);
    for (; piece < end; piece++) {
      const own = bytes.subarray(startOf(piece) - base, startOf(piece + 1) - base);
      digests.set(xxh3_128(own), DIGEST_BYTES * piece);
    }
  }
  return digests;
}

/** 32 hex digits: XXH3-128 of the lines `component size digest`, sorted by component. */
export async function physicalDigest(
  sstable: SSTable,
  { signal, blocks = NOTHING }: PhysicalOptions = {},
): Promise<string> {
  const lines: string[] = [];
  for (const [name, { path, size }] of sstable.components) {
    const isData = name === 'Data.db';
    const file = await openFile(path);
    try {
      const starts = isData ? blockStarts(sstable) : evenStarts(file.size, READ_BYTES);
      const digests = await pieceDigests(file, starts, isData ? blocks : NOTHING, signal);
      lines.push(`${name} ${size} ${toHex(xxh3_128(digests))}\n`);
    } finally {
      await file.close();
    }
  }
  return toHex(xxh3_128(new TextEncoder().encode(lines.sort().join(''))));
}

/** The physical digest of a table: over those of its SSTables, in no order. */
export function combinePhysical(digests: readonly string[]): string {
  return toHex(xxh3_128(new TextEncoder().encode([...digests].sort().join('\n'))));
}
