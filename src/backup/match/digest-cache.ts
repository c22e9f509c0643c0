/**
 * Match digests of what a repository holds, on this machine, so that matching reads nothing from the
 * repository. A cache is only speed: what is missing or does not check out is made again of the
 * chunks themselves.
 *
 * One file per chunk list, `<cache>/leaves/<repository>/<2 hex>/<list>`:
 *
 * | bytes | |
 * |---|---|
 * | 8 | `SSTLEAF1` |
 * | 8 | f64, little-endian: number of leaves |
 * | … | blocks: 8192 digests of 12 bytes (in the last one what is left), u32 CRC-32, little-endian |
 */
import { join } from 'node:path';
import { equalBytes } from '../../binary/index.js';
import { MATCH_DIGEST_BYTES } from '../../canonical/index.js';
import { crc32 } from '../../codec/index.js';
import { isSstashError } from '../../errors.js';
import { copyBytes, makeDirectory, openFile, publish, removeFile } from '../../io/index.js';

const MAGIC = new TextEncoder().encode('SSTLEAF1');
const HEADER_BYTES = 16;
const BLOCK_LEAVES = 8192;
const CRC_BYTES = 4;
const BLOCK_BYTES = BLOCK_LEAVES * MATCH_DIGEST_BYTES + CRC_BYTES;

/** Where digests of a repository are kept: files by the id of a list. */
export class DigestCache {
  readonly #directory: string;

  constructor(cacheDirectory: string, repository: string) {
    this.#directory = join(cacheDirectory, 'leaves', repository);
  }

  pathOf(list: string): string {
    return join(this.#directory, list.slice(0, 2), list);
  }

  /** Keeps what `encodeDigests` made for a list; where that is not possible, nothing is kept. */
  async write(list: string, digestFile: Uint8Array): Promise<void> {
    const path = this.pathOf(list);
    try {
      await makeDirectory(join(path, '..'));
      await publish(path, digestFile);
    } catch (error) {
      if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
    }
  }

  async forget(list: string): Promise<void> {
    await removeFile(this.pathOf(list)).catch((error: unknown) => {
      if (!isSstashError(error)) throw error;
    });
  }
}

/** The file of the digests of all leaves of a list, in `room` where that suffices. */
export function encodeDigests(digests: Uint8Array, room?: SharedArrayBuffer): Uint8Array {
  const leaves = digests.length / MATCH_DIGEST_BYTES;
  const length = fileBytes(leaves);
  const fits = room !== undefined && room.byteLength >= length;
  const file = fits ? new Uint8Array(room, 0, length) : new Uint8Array(length);
  const view = new DataView(file.buffer);
  file.set(headerOf(leaves));
  const step = BLOCK_LEAVES * MATCH_DIGEST_BYTES;
  let at = HEADER_BYTES;
  for (let from = 0; from < digests.length; from += step) {
    const block = digests.subarray(from, from + step);
    copyBytes(file, block, at);
    at += block.length;
    view.setUint32(at, crc32(block), true);
    at += CRC_BYTES;
  }
  return file;
}

/**
 * Digests of the leaves `from` to `to` of the `leaves` of a list, back to back into `target`; false
 * where the file is not there or is not what was written.
 */
export async function readDigests(
  path: string,
  leaves: number,
  from: number,
  to: number,
  target: Uint8Array,
): Promise<boolean> {
  try {
    const file = await openFile(path);
    try {
      const header = await file.read(0, Math.min(HEADER_BYTES, file.size));
      if (!equalBytes(header, headerOf(leaves)) || file.size !== fileBytes(leaves)) return false;
      const first = Math.floor(from / BLOCK_LEAVES);
      const end = Math.ceil(to / BLOCK_LEAVES);
      const at = HEADER_BYTES + first * BLOCK_BYTES;
      const bytes = await file.read(at, Math.min(file.size - at, (end - first) * BLOCK_BYTES));
      return openBlocks(bytes, from - first * BLOCK_LEAVES, to - from, target);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isSstashError(error)) return false;
    throw error;
  }
}

function headerOf(leaves: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  new DataView(header.buffer).setFloat64(8, leaves, true);
  return header;
}

function fileBytes(leaves: number): number {
  const blocks = Math.ceil(leaves / BLOCK_LEAVES);
  return HEADER_BYTES + leaves * MATCH_DIGEST_BYTES + blocks * CRC_BYTES;
}

/** `count` digests from digest `skip` of the blocks on; false where a checksum is wrong. */
function openBlocks(bytes: Uint8Array, skip: number, count: number, target: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = -skip * MATCH_DIGEST_BYTES;
  const end = count * MATCH_DIGEST_BYTES;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const crcAt = Math.min(at + BLOCK_BYTES, bytes.length) - CRC_BYTES;
    const block = bytes.subarray(at, crcAt);
    if (crc32(block) !== view.getUint32(crcAt, true)) return false;
    const part = block.subarray(Math.max(0, -position), Math.max(0, end - position));
    target.set(part, Math.max(0, position));
    position += block.length;
  }
  return true;
}
