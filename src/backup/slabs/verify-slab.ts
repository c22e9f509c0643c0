/** The slabs of a pack, every byte of them. */
import { equalBytes, toHex } from '../../binary/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../../errors.js';
import { decodeFrame, OBJECT_KINDS, objectId, type PackEntry } from '../../repository/index.js';
import { chunkId, decodeSlabHead } from './slab-head.js';
import { type ChunkRun, SlabRows } from './slab-rows.js';

/** Chunks that are looked at together, and one by one where something is wrong with them. */
const CHUNKS = 16;

export interface SlabEntries {
  readonly slab: PackEntry;
  readonly chunks: readonly PackEntry[];
}

/** Each slab that a pack's index names, with the chunks in it. */
export function slabsOf(entries: readonly PackEntry[]): SlabEntries[] {
  const ordered = entries
    .filter(({ kind }) => kind === OBJECT_KINDS.slab || kind === OBJECT_KINDS.leaves)
    .sort((a, b) => a.offset - b.offset || b.kind - a.kind);
  const slabs: { slab: PackEntry; chunks: PackEntry[] }[] = [];
  for (const entry of ordered) {
    if (entry.kind === OBJECT_KINDS.slab) slabs.push({ slab: entry, chunks: [] });
    else slabs.at(-1)?.chunks.push(entry);
  }
  return slabs;
}

/**
 * Judges a slab in the bytes of its pack: notes in `wrong` each chunk that cannot be read or has
 * other rows, and then the slab too, since its range is restored as a whole. The head's frame has
 * been judged before.
 */
export async function inspectSlab(
  file: Uint8Array,
  { slab, chunks }: SlabEntries,
  idsKey: Uint8Array,
  where: ErrorDetails,
  wrong: Map<PackEntry, SstashError>,
): Promise<void> {
  const place = { ...where, offset: slab.offset };
  const headError = wrong.get(slab);
  if (headError !== undefined) {
    for (const chunk of chunks) wrong.set(chunk, headError);
    return;
  }
  const end = slab.offset + slab.length;
  let rows: SlabRows;
  try {
    const head = decodeSlabHead(decodeFrame(file.subarray(slab.offset, end), place), place);
    rows = await SlabRows.open(head, place);
  } catch (error) {
    if (!isSstashError(error)) throw error;
    for (const entry of [slab, ...chunks]) wrong.set(entry, error);
    return;
  }
  const bad = inspectChunks(rows, file.subarray(end), idsKey, place);
  const numbers = new Map<string, number>();
  const all = rows.head.chunks;
  for (let i = 0; i < all.count; i++) numbers.set(toHex(chunkId(all, i)), i);
  for (const chunk of chunks) {
    const number = numbers.get(toHex(chunk.id));
    const error = number === undefined ? notThere(place) : bad.get(number);
    if (error !== undefined) wrong.set(chunk, error);
  }
  for (const error of bad.values()) wrong.set(slab, error);
}

/** What is wrong with chunks of a slab, by their numbers. */
function inspectChunks(
  rows: SlabRows,
  blocks: Uint8Array,
  idsKey: Uint8Array,
  where: ErrorDetails,
): Map<number, SstashError> {
  const bad = new Map<number, SstashError>();
  const { chunks } = rows.head;
  const judge = (run: ChunkRun): SstashError | null => {
    try {
      let span = rows.spanOf(run);
      for (;;) {
        const stored = blocks.subarray(span.offset, span.offset + span.length);
        const raws = rows.chunks(run, span, rows.decode(span, stored));
        if (raws !== null) return sameIds(raws, run) ? null : otherRows(where);
        const longer = rows.longer(span);
        if (longer.end === span.end) return otherRows(where);
        span = longer;
      }
    } catch (error) {
      if (isSstashError(error)) return error;
      throw error;
    }
  };
  const sameIds = (raws: readonly Uint8Array[], { first }: ChunkRun): boolean =>
    raws.every((raw, i) => equalBytes(objectId(idsKey, raw), chunkId(chunks, first + i)));
  for (let first = 0; first < chunks.count; first += CHUNKS) {
    const end = Math.min(chunks.count, first + CHUNKS);
    if (judge({ first, end }) === null) continue;
    for (let i = first; i < end; i++) {
      const error = judge({ first: i, end: i + 1 });
      if (error !== null) bad.set(i, error);
    }
  }
  return bad;
}

function otherRows(where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', 'a slab has other rows than it says', where);
}

function notThere(where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', 'a slab does not have a chunk of it', where);
}
