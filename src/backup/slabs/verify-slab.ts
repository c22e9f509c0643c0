/** The slabs of a pack, every byte of them. */
import { equalBytes, toHex } from '../../binary/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../../errors.js';
import { OBJECT_KINDS, objectId, type PackEntry } from '../../repository/index.js';
import { chunkKey, chunkNumbers, isChunk } from './slab-head.js';
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
    rows = await SlabRows.open(file.subarray(slab.offset, end), slab.id, idsKey, place);
  } catch (error) {
    if (!isSstashError(error)) throw error;
    for (const entry of [slab, ...chunks]) wrong.set(entry, error);
    return;
  }
  const found = inspectChunks(rows, file.subarray(end), idsKey, place);
  const numbers = chunkNumbers(rows.head.chunks);
  for (const chunk of chunks) {
    const number = numbers.get(toHex(chunkKey(chunk.id)));
    const id = number === undefined ? notThere(place) : (found[number] as Uint8Array | SstashError);
    if (id instanceof SstashError) wrong.set(chunk, id);
    else if (!equalBytes(id, chunk.id)) wrong.set(chunk, otherRows(place));
  }
  for (const [i, id] of found.entries()) {
    if (id instanceof SstashError) wrong.set(slab, id);
    else if (!isChunk(rows.head.chunks, i, id)) wrong.set(slab, otherRows(place));
  }
}

/** Ids of the chunks of a slab by their rows, or what is wrong with them. */
function inspectChunks(
  rows: SlabRows,
  blocks: Uint8Array,
  idsKey: Uint8Array,
  where: ErrorDetails,
): (Uint8Array | SstashError)[] {
  const { count } = rows.head.chunks;
  const idsOf = (run: ChunkRun): Uint8Array[] | SstashError => {
    try {
      let span = rows.spanOf(run);
      for (;;) {
        const stored = blocks.subarray(span.offset, span.offset + span.length);
        const raws = rows.chunks(run, span, stored);
        if (raws !== null) return raws.map((raw) => objectId(idsKey, raw));
        const longer = rows.longer(span);
        if (longer.end === span.end) return otherRows(where);
        span = longer;
      }
    } catch (error) {
      if (isSstashError(error)) return error;
      throw error;
    }
  };
  const found: (Uint8Array | SstashError)[] = [];
  for (let first = 0; first < count; first += CHUNKS) {
    const end = Math.min(count, first + CHUNKS);
    const ids = idsOf({ first, end });
    if (!(ids instanceof SstashError)) {
      found.push(...ids);
      continue;
    }
    for (let i = first; i < end; i++) {
      const one = idsOf({ first: i, end: i + 1 });
      found.push(one instanceof SstashError ? one : (one[0] as Uint8Array));
    }
  }
  return found;
}

function otherRows(where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', 'a slab has other rows than it says', where);
}

function notThere(where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', 'a slab does not have a chunk of it', where);
}
