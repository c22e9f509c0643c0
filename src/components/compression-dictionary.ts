/**
 * The compression dictionary that may end CompressionInfo.db from version pa on (format reference,
 * section 1):
 *
 *   kind       u8, 0 = Zstandard
 *   id         i64; its low 32 bits are the id in the dictionary and in every frame
 *   length     i32
 *   bytes      the dictionary
 *   checksum   u32, CRC-32C over kind, id in little-endian order, bytes
 */
import type { ByteReader, ByteWriter } from '../binary/index.js';
import { SstashError } from '../errors.js';

export interface CompressionDictionary {
  readonly kind: number;
  readonly id: bigint;
  readonly bytes: Uint8Array;
}

/** Reads the dictionary; its bytes are a copy. */
export function readDictionary(r: ByteReader): CompressionDictionary {
  const start = r.position;
  const kind = r.u8();
  if (kind !== 0) throw r.corrupt(`a compression dictionary of kind ${kind}`, start);
  const id = r.i64();
  const bytes = r.intBytes('compression dictionary').slice();
  const at = r.position;
  const stored = r.u32();
  const sum = checksum({ kind, id, bytes });
  if (sum !== stored) {
    throw new SstashError('SSTABLE_CHECKSUM', 'the checksum of the dictionary does not match', {
      offset: at,
      expected: String(stored),
      found: String(sum),
      ...r.where,
    });
  }
  return { kind, id, bytes };
}

/** Writes the dictionary. */
export function writeDictionary(w: ByteWriter, dictionary: CompressionDictionary): void {
  w.u8(dictionary.kind);
  w.i64(dictionary.id);
  w.i32(dictionary.bytes.length);
  w.bytes(dictionary.bytes);
  w.u32(checksum(dictionary));
}

function checksum({ kind, id, bytes }: CompressionDictionary): number {
  const head = new DataView(new ArrayBuffer(9));
  head.setUint8(0, kind);
  head.setBigInt64(1, id, true);
  return crc32c(bytes, crc32c(new Uint8Array(head.buffer)));
}

let table: Uint32Array | null = null;

/** Few tables have a dictionary: it is made with the first one. */
function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
    return sum >>> 0;
  });
}

/** CRC-32C (Castagnoli) of `bytes`, going on from `before`. */
function crc32c(bytes: Uint8Array, before = 0): number {
  table ??= makeTable();
  let sum = ~before;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  return ~sum >>> 0;
}
