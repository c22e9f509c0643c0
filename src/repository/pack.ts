/**
 * Packs: many objects in one file, so that a store holds thousands of files and not millions.
 *
 * | part | content |
 * |---|---|
 * | head | `SSTPACK1`, 8 bytes |
 * | salt | 16 random bytes |
 * | frames | one per object, back to back; blocks follow the frame of a slab |
 * | index | a frame around: u32 count, count entries in file order (entries.ts) |
 * | trailer | u32 length of the index frame, u32 CRC-32 of it, `1KCAPTSS` |
 *
 * The name of a pack is the SHA-256 of the whole file; the salt keeps a pack that is made again from
 * having the name of one that was lost or damaged. The index at the end makes every index
 * fragment rebuildable from packs alone (invariant 5 of docs/repository-format.md).
 */
import { randomBytes } from 'node:crypto';
import { ByteWriter, equalBytes } from '../binary/index.js';
import { crc32 } from '../codec/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { copyBytes } from '../io/index.js';
import { checkLimit } from '../limits.js';
import type { BlobStore } from '../store/index.js';
import {
  ENTRY_BYTES,
  OBJECT_KINDS,
  type PackEntry,
  parseRepositoryBytes,
  readEntry,
  writeEntry,
} from './entries.js';
import { type Compression, decodeFrame, encodeFrame } from './frame.js';
import { contentName } from './keys.js';

const HEAD = new TextEncoder().encode('SSTPACK1');
const TAIL = new TextEncoder().encode('1KCAPTSS');
const SALT_BYTES = 16;
const TRAILER_BYTES = 8 + TAIL.length;
/** Enough for the trailer and the index of most packs: one read instead of two. */
const TAIL_GUESS_BYTES = 64 * 1024;

export function packKey(name: string): string {
  return `packs/${name.slice(0, 2)}/${name}`;
}

/** A pack that is closed: its bytes and where each object lies. */
export interface Pack {
  readonly name: string;
  /** A view of the builder's buffer. */
  readonly file: Uint8Array;
  readonly entries: readonly PackEntry[];
}

/** What says how the blocks behind it are read. */
export interface SlabFrame {
  readonly id: Uint8Array;
  readonly frame: Uint8Array;
  readonly rawLength: number;
}

/** A chunk of leaves in a slab. */
export interface SlabChunk {
  readonly id: Uint8Array;
  /** Bytes of the blocks that are counted as its own. */
  readonly length: number;
  readonly rawLength: number;
}

const BUFFER_BYTES_MIN = 64 * 1024;

/** Gathers frames in one buffer, which serves for pack after pack. */
export class PackBuilder {
  #buffer = new Uint8Array(BUFFER_BYTES_MIN);
  #entries: PackEntry[] = [];
  /** Bytes so far, without index and trailer. */
  bytes = 0;

  constructor() {
    this.clear();
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Begins a new pack; the file of the one before must not be used any more. */
  clear(): void {
    this.#entries = [];
    this.#buffer.set(HEAD);
    this.#buffer.set(randomBytes(SALT_BYTES), HEAD.length);
    this.bytes = HEAD.length + SALT_BYTES;
  }

  /** Copies `frame`; keeps `id`, which must not change any more. */
  add(id: Uint8Array, frame: Uint8Array, rawLength: number, kind: number): void {
    this.#entries.push({ id, offset: this.bytes, length: frame.length, rawLength, kind });
    this.#append(frame);
  }

  /**
   * Copies the frame of a slab and its blocks, of which each of `chunks` has its length, in order.
   * Keeps the ids.
   */
  addSlab(slab: SlabFrame, blocks: readonly Uint8Array[], chunks: readonly SlabChunk[]): void {
    const { id, frame, rawLength } = slab;
    this.add(id, frame, rawLength, OBJECT_KINDS.slab);
    let offset = this.bytes;
    for (const chunk of chunks) {
      this.#entries.push({ ...chunk, offset, kind: OBJECT_KINDS.leaves });
      offset += chunk.length;
    }
    for (const bytes of blocks) this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    const end = this.bytes + bytes.length;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.bytes));
      this.#buffer = grown;
    }
    copyBytes(this.#buffer, bytes, this.bytes);
    this.bytes = end;
  }

  /** Ends the pack; nothing may be added until `clear`. */
  finish(compression: Compression): Pack {
    const writer = new ByteWriter(4 + this.#entries.length * ENTRY_BYTES);
    writer.u32(this.#entries.length);
    for (const entry of this.#entries) writeEntry(writer, entry);
    const index = encodeFrame(writer.view(), compression);
    const trailer = new ByteWriter(TRAILER_BYTES);
    trailer.u32(index.length);
    trailer.u32(crc32(index));
    trailer.bytes(TAIL);
    this.#append(index);
    this.#append(trailer.view());
    const file = this.#buffer.subarray(0, this.bytes);
    return { name: contentName([file]), file, entries: this.#entries };
  }
}

/** The index of a pack, from its end; throws REPOSITORY_CORRUPT. */
export async function readPackIndex(
  store: BlobStore,
  name: string,
  bytes: number,
): Promise<PackEntry[]> {
  const key = packKey(name);
  const where: ErrorDetails = { file: `${store.location}/${key}`, component: 'pack' };
  const corrupt = (message: string): SstashError =>
    new SstashError('REPOSITORY_CORRUPT', message, where);
  const guess = Math.min(bytes, TAIL_GUESS_BYTES);
  let tail = await store.get(key, { offset: bytes - guess, length: guess });
  if (tail.length < HEAD.length + TRAILER_BYTES || tail.length !== guess) {
    throw corrupt('the pack is cut short');
  }
  const view = new DataView(tail.buffer, tail.byteOffset + tail.length - TRAILER_BYTES);
  if (!equalBytes(tail.subarray(tail.length - TAIL.length), TAIL)) {
    throw corrupt('the pack does not end as a pack does');
  }
  const length = view.getUint32(0);
  const checksum = view.getUint32(4);
  const indexEnd = bytes - TRAILER_BYTES;
  if (length > indexEnd - HEAD.length) throw corrupt(`its index says it has ${length} bytes`);
  checkLimit('packIndexBytesMax', length, where);
  if (length + TRAILER_BYTES > tail.length) {
    tail = await store.get(key, { offset: indexEnd - length, length: length + TRAILER_BYTES });
    if (tail.length !== length + TRAILER_BYTES) throw corrupt('the pack is cut short');
  }
  const start = tail.length - TRAILER_BYTES - length;
  const frame = tail.subarray(start, start + length);
  if (crc32(frame) !== checksum) throw corrupt('the checksum of its index does not match');
  return parsePackIndex(decodeFrame(frame, where), indexEnd - length, where);
}

function parsePackIndex(raw: Uint8Array, framesEnd: number, where: ErrorDetails): PackEntry[] {
  return parseRepositoryBytes(raw, where, (reader) => {
    const count = reader.u32();
    if (count * ENTRY_BYTES !== reader.remaining) {
      throw reader.corrupt(`the index says ${count} entries`);
    }
    const entries: PackEntry[] = [];
    for (let i = 0; i < count; i++) {
      const entry = readEntry(reader);
      if (entry.offset < HEAD.length || entry.offset + entry.length > framesEnd) {
        throw reader.corrupt('an entry of the index points outside the pack');
      }
      entries.push(entry);
    }
    return entries;
  });
}

/** Whether `head` begins as a pack does. */
export function isPackHead(head: Uint8Array): boolean {
  return equalBytes(head.subarray(0, HEAD.length), HEAD);
}
