/**
 * Where objects lie, as kept in the index of a pack and in index fragments.
 *
 * An entry is 45 bytes, integers big-endian:
 *
 * | size | field |
 * |---|---|
 * | 32 | object id |
 * | 4 | offset of the frame in the pack, or of the blocks of a chunk in a slab |
 * | 4 | length of the frame, or of those blocks |
 * | 4 | raw length |
 * | 1 | kind, see `ObjectKind` |
 */
import { ByteReader, type ByteWriter } from '../binary/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../errors.js';
import { OBJECT_ID_BYTES } from './keys.js';

export const ENTRY_BYTES = OBJECT_ID_BYTES + 13;

/**
 * What an object is for. Says how it is best kept; its id depends on its bytes alone. `leaves` is a
 * chunk that has no frame: its rows are in the blocks behind a `slab`, and the entry has the bytes of
 * those blocks that are counted as its own.
 */
export const OBJECT_KINDS = {
  chunk: 1,
  list: 2,
  recipe: 3,
  tree: 4,
  record: 5,
  slab: 6,
  leaves: 7,
} as const;
export type ObjectKind = keyof typeof OBJECT_KINDS;

export interface PackEntry {
  readonly id: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly rawLength: number;
  readonly kind: number;
}

export function writeEntry(writer: ByteWriter, entry: PackEntry): void {
  writer.bytes(entry.id);
  writer.u32(entry.offset);
  writer.u32(entry.length);
  writer.u32(entry.rawLength);
  writer.u8(entry.kind);
}

/** The next entry; its id is a view. */
export function readEntry(reader: ByteReader): PackEntry {
  return {
    id: reader.view8(OBJECT_ID_BYTES),
    offset: reader.u32(),
    length: reader.u32(),
    rawLength: reader.u32(),
    kind: reader.u8(),
  };
}

/** Runs `parse` over `bytes`; whatever the reader finds wrong is REPOSITORY_CORRUPT. */
export function parseRepositoryBytes<T>(
  bytes: Uint8Array,
  where: ErrorDetails,
  parse: (reader: ByteReader) => T,
): T {
  try {
    return parse(new ByteReader(bytes));
  } catch (cause) {
    if (!isSstashError(cause, 'SSTABLE_CORRUPT', 'SSTABLE_TRUNCATED')) throw cause;
    throw new SstashError('REPOSITORY_CORRUPT', cause.message, { cause, ...where });
  }
}
