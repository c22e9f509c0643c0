/**
 * Index fragments: what several packs hold, in one file, so that a repository opens without reading
 * every pack. Written after the packs they speak of, never changed, merged on open; any of them can
 * be made again from the packs.
 *
 * The file is a frame around (integers big-endian):
 *
 * | size | field |
 * |---|---|
 * | 8 | `SSTINDX1` |
 * | 4 | u32 packs |
 * | 36 × packs | SHA-256 of the pack, u32 bytes of the pack |
 * | 4 | u32 entries |
 * | 49 × entries | u32 number of the pack, entry (entries.ts); sorted by id |
 *
 * Its name is the SHA-256 of the file.
 */
import { ByteWriter, compareBytes, equalBytes, fromHex, toHex } from '../binary/index.js';
import type { ErrorDetails } from '../errors.js';
import {
  ENTRY_BYTES,
  type PackEntry,
  parseRepositoryBytes,
  readEntry,
  writeEntry,
} from './entries.js';
import { type Compression, decodeFrame, encodeFrame } from './frame.js';
import { contentName } from './keys.js';

const HEAD = new TextEncoder().encode('SSTINDX1');

export function indexKey(name: string): string {
  return `index/${name}`;
}

export interface IndexedPack {
  readonly name: string;
  readonly bytes: number;
  readonly entries: readonly PackEntry[];
}

/** A fragment's name and file. */
export function encodeFragment(
  packs: readonly IndexedPack[],
  compression: Compression,
): { name: string; file: Uint8Array } {
  const entries = packs.flatMap((pack, number) => pack.entries.map((entry) => ({ number, entry })));
  entries.sort((a, b) => compareBytes(a.entry.id, b.entry.id));
  const writer = new ByteWriter(16 + packs.length * 36 + entries.length * (ENTRY_BYTES + 4));
  writer.bytes(HEAD);
  writer.u32(packs.length);
  for (const pack of packs) {
    writer.bytes(fromHex(pack.name) as Uint8Array);
    writer.u32(pack.bytes);
  }
  writer.u32(entries.length);
  for (const { number, entry } of entries) {
    writer.u32(number);
    writeEntry(writer, entry);
  }
  const file = encodeFrame(writer.view(), compression);
  return { name: contentName([file]), file };
}

export interface FragmentVisitor {
  /** One pack of the fragment, before any of its entries. */
  pack(name: string, bytes: number): void;
  /** `entry.id` is a view. */
  entry(pack: string, entry: PackEntry): void;
}

/** Goes through a fragment's file; throws REPOSITORY_CORRUPT. */
export function visitFragment(
  file: Uint8Array,
  visitor: FragmentVisitor,
  where: ErrorDetails = {},
): void {
  parseRepositoryBytes(decodeFrame(file, where), where, (reader) => {
    if (!equalBytes(reader.view8(HEAD.length), HEAD)) {
      throw reader.corrupt('this is not an index fragment');
    }
    const packs: { name: string; bytes: number }[] = [];
    for (let left = reader.u32(); left > 0; left--) {
      const pack = { name: toHex(reader.view8(32)), bytes: reader.u32() };
      packs.push(pack);
      visitor.pack(pack.name, pack.bytes);
    }
    const count = reader.u32();
    for (let i = 0; i < count; i++) {
      const pack = packs[reader.u32()];
      if (pack === undefined) throw reader.corrupt('an entry names a pack that is not listed');
      const entry = readEntry(reader);
      if (entry.offset + entry.length > pack.bytes) {
        throw reader.corrupt('an entry points outside its pack');
      }
      visitor.entry(pack.name, entry);
    }
    if (reader.remaining > 0) throw reader.corrupt('bytes follow the last entry');
  });
}
