/** Worker side of a restore: a range that is a slab, of which the blocks come back as they are. */
import { combineCrc32, KernelInstance, kernelKind } from '../../codec/index.js';
import { SstashError } from '../../errors.js';
import { damage, type ObjectLocation, type PlacedObject, packKey } from '../../repository/index.js';
import type { BlobStore } from '../../store/index.js';
import { type BlockException, CRC_BYTES } from '../block-layout.js';
import type { PackedBlocks } from '../block-packer.js';
import type { SlabHead } from './slab-head.js';
import { SlabRows } from './slab-rows.js';

/** Native bytes that are decoded at a time: what stays in the processor's cache. */
const STEP_BYTES = 256 * 1024;

/** What the blocks of a slab give; `blocks` are those that lie in the range with all their bytes. */
export interface RestoredSlab extends PackedBlocks {
  /** Number of the block that goes on in the next range, and what is stored of it. */
  readonly edge: BlockException | null;
  /** Bytes of packs that were read for it. */
  readonly bytesRead: number;
}

export interface SlabRange {
  /** Native position and length. */
  readonly position: number;
  readonly nativeBytes: number;
  /** Memory for the blocks. */
  readonly room?: ArrayBufferLike;
}

interface StoredSlab {
  readonly head: SlabHead;
  readonly blocks: Uint8Array;
  readonly rows: SlabRows;
  readonly bytesRead: number;
}

/**
 * Reads a slab and gives its range back. `begin` is called for each copy that is tried; what it gives
 * is told of the range's native bytes in order.
 * Throws REPOSITORY_CORRUPT or STORE_NOT_FOUND.
 */
export async function restoreSlab(
  store: BlobStore,
  idsKey: Uint8Array,
  object: PlacedObject,
  range: SlabRange,
  begin: () => (bytes: Uint8Array) => void,
): Promise<RestoredSlab> {
  const { others = [], ...first } = object;
  let failure: SstashError | undefined;
  for (const place of [first, ...others]) {
    try {
      const slab = await readSlab(store, idsKey, { ...place, id: object.id }, range.room);
      checkRange(slab.head, range, store, place);
      const stretch = decodeAll(slab, begin());
      return { ...cut(slab, range, stretch), bytesRead: slab.bytesRead };
    } catch (error) {
      const wrong = damage(error);
      failure ??= wrong;
    }
  }
  throw failure;
}

async function readSlab(
  store: BlobStore,
  idsKey: Uint8Array,
  place: PlacedObject,
  room: ArrayBufferLike | undefined,
): Promise<StoredSlab> {
  const key = packKey(place.pack);
  const where = { file: `${store.location}/${key}`, component: 'pack', offset: place.offset };
  const frame = await store.get(key, { offset: place.offset, length: place.length });
  const rows = await SlabRows.open(frame, place.id, idsKey, where);
  const { head } = rows;
  const length = head.blocks.reduce((sum, bytes) => sum + bytes, 0);
  const fits = room !== undefined && room.byteLength >= length;
  const into = fits ? { into: new Uint8Array(room, 0, length) } : {};
  const blocks = await store.get(key, { offset: place.offset + place.length, length, ...into });
  if (blocks.length !== length) {
    throw new SstashError('REPOSITORY_CORRUPT', 'the pack ends before the blocks of a slab', where);
  }
  return { head, blocks, rows, bytesRead: frame.length + blocks.length };
}

function checkRange(
  { lead, nativeBytes, compression }: SlabHead,
  range: SlabRange,
  store: BlobStore,
  { pack, offset }: ObjectLocation,
): void {
  const isSame = nativeBytes === range.nativeBytes;
  if (isSame && lead === range.position % compression.blockLength) return;
  throw new SstashError('REPOSITORY_CORRUPT', 'a slab is not of the range that names it', {
    file: `${store.location}/${packKey(pack)}`,
    component: 'pack',
    offset,
  });
}

/** Native bytes at both edges of the range, and the CRC-32 of the blocks between them. */
interface Stretch {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  readonly crc: number;
}

function decodeAll(slab: StoredSlab, native: (bytes: Uint8Array) => void): Stretch {
  const { blockLength } = slab.head.compression;
  const length = Math.max(1, Math.floor(STEP_BYTES / blockLength)) * blockLength;
  if (kernelKind() === 'typescript') return decodeSteps(slab, new Uint8Array(length), native);
  // In a kernel's memory blocks are decoded in place, and their partitions passed over quickly.
  const instance = KernelInstance.acquire();
  try {
    const { start } = instance;
    instance.ensure(start + length);
    return decodeSteps(slab, instance.bytes.subarray(start, start + length), native);
  } finally {
    instance.release();
  }
}

/** The same with a buffer for some whole blocks. */
function decodeSteps(
  { head, blocks, rows }: StoredSlab,
  buffer: Uint8Array,
  native: (bytes: Uint8Array) => void,
): Stretch {
  const { lead, nativeBytes, compression } = head;
  const { blockLength } = compression;
  const { from, to } = wholeBlocks(head);
  const end = lead + nativeBytes;
  const step = buffer.length / blockLength;
  let first = new Uint8Array(0);
  let last = new Uint8Array(0);
  let crc = 0;
  for (let block = 0; block < head.blocks.length; ) {
    const start = block * blockLength;
    // Blocks at the edges are taken alone: their bytes are not in the CRC.
    const edge = [from, to].find((each) => each > block) ?? head.blocks.length;
    const span = rows.span(start, Math.min(block + step, edge) * blockLength);
    const stored = blocks.subarray(span.offset, span.offset + span.length);
    const one = rows.decode(span, stored, buffer);
    if (block >= from && block < to) crc = combineCrc32(crc, one, span.length);
    const plain = buffer.subarray(0, rows.nativeOf(span));
    block = span.end;
    native(plain.subarray(Math.max(0, lead - start), Math.min(plain.length, end - start)));
    if (start === 0 && lead > 0) first = plain.slice(lead, Math.min(blockLength, end));
    const tail = to * blockLength;
    if (tail >= start && tail < end && tail < start + plain.length) {
      last = plain.slice(tail - start, end - start);
    }
  }
  // A range inside of one block has no other edge.
  return { first, last: lead > 0 && to < from ? new Uint8Array(0) : last, crc };
}

/** Blocks of which the range has all bytes, from one to before another. */
function wholeBlocks({ lead, nativeBytes, compression }: SlabHead): { from: number; to: number } {
  return {
    from: lead > 0 ? 1 : 0,
    to: Math.floor((lead + nativeBytes) / compression.blockLength),
  };
}

function cut(
  { head, blocks }: StoredSlab,
  { position }: SlabRange,
  { first, last, crc }: Stretch,
): Omit<RestoredSlab, 'bytesRead'> {
  const { lead, compression } = head;
  const { from, to } = wholeBlocks(head);
  const lengths = head.blocks.slice(from, Math.max(from, to));
  const before = sum(head.blocks.slice(0, from));
  const whole = blocks.subarray(before, before + sum(lengths));
  const shared = { head: first, blocks: whole, lengths, crc, tail: last };
  if (last.length === 0) return { ...shared, edge: null };
  const at = before + sum(lengths);
  const payload = blocks.slice(at, at + (head.blocks[to] as number) - CRC_BYTES);
  return { ...shared, edge: { block: (position - lead) / compression.blockLength + to, payload } };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
