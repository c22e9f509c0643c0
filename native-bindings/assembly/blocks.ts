/**
 * Many blocks of Data.db in one call: decoded one behind the other, hashed as they are in the file, or
 * encoded as they will be there. A table of u32 address and length per payload tells where they are.
 */
import { decode, encode, reproduces } from './lz4';
import { digest } from './xxh3';

/** Length of the plain block before the LZ4 block, and of the checksum behind it. */
const PREFIX: u32 = 4;
const CHECKSUM: u32 = 4;

/**
 * Decodes `count` payloads of LZ4Compressor to `target`, `blockLength` bytes each but for the last
 * one. Payloads of `rawFrom` bytes or more are plain. Returns how many were sound, from the first on.
 */
export function decodeBlocks(
  table: usize,
  count: i32,
  target: usize,
  blockLength: u32,
  lastLength: u32,
  rawFrom: u32,
): i32 {
  let to = target;
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(table);
    const length = load<u32>(table, 4);
    const plain = i == count - 1 ? lastLength : blockLength;
    if (length >= rawFrom) {
      if (length < plain) return i;
      memory.copy(to, from, plain);
    } else {
      if (length <= PREFIX || load<u32>(from) != plain) return i;
      const decoded = decode(from + PREFIX, <i32>(length - PREFIX), to, <i32>plain);
      if (decoded != <i32>plain) return i;
    }
    to += plain;
    table += 8;
  }
  return count;
}

/**
 * How many of `count` payloads of LZ4Compressor, from the first on, are what the encoder makes of the
 * bytes at `plain`, to which `decodeBlocks` decoded them. Stops at payloads of `rawFrom` bytes or more.
 */
export function reproducedBlocks(
  table: usize,
  count: i32,
  plain: usize,
  blockLength: u32,
  lastLength: u32,
  rawFrom: u32,
): i32 {
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(table);
    const length = load<u32>(table, 4);
    const plainLength = i == count - 1 ? lastLength : blockLength;
    if (length >= rawFrom) return i;
    if (!reproduces(plain, <i32>plainLength, from + PREFIX, <i32>(length - PREFIX))) return i;
    plain += blockLength;
    table += 8;
  }
  return count;
}

/**
 * Encodes `count` blocks of `blockLength` bytes at `plain` to payloads of LZ4Compressor, one behind the
 * other to `out`, each with room for its checksum; the table tells where. Ends early where there is
 * no room for one more below `outEnd`, and before a payload of `rawFrom` bytes or more, which will be
 * plain. Returns how many were encoded.
 */
export function encodeBlocks(
  table: usize,
  count: i32,
  plain: usize,
  blockLength: u32,
  out: usize,
  outEnd: usize,
  rawFrom: u32,
): i32 {
  const most = <usize>(PREFIX + blockLength + blockLength / 255 + 32 + CHECKSUM);
  for (let i = 0; i < count; i++) {
    if (out + most > outEnd) return i;
    const length = PREFIX + <u32>encode(plain, <i32>blockLength, out + PREFIX);
    if (length >= rawFrom) return i;
    store<u32>(out, blockLength);
    store<u32>(table, <u32>out);
    store<u32>(table, length, 4);
    out += length + CHECKSUM;
    plain += blockLength;
    table += 8;
  }
  return count;
}

/** Writes XXH3-128 of each payload with its checksum, 16 bytes a block. */
export function digestBlocks(table: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    digest(<usize>load<u32>(table), <usize>(load<u32>(table, 4) + CHECKSUM), 0, out);
    table += 8;
    out += 16;
  }
}
