/**
 * CRC.db of uncompressed SSTables (format reference, section 14).
 *
 *   chunkSize   i32
 *   checksums   u32 CRC-32 of each chunkSize bytes of Data.db, the last piece may be shorter;
 *               compactions leave one more, 00000000
 */
import { ByteReader } from '../binary/index.js';
import type { ErrorDetails } from '../errors.js';
import { checkLimit } from '../limits.js';

export interface DataChecksums {
  readonly chunkSize: number;
  readonly checksums: Uint32Array;
}

/**
 * Parses a whole CRC.db. With `dataSize`, the size of Data.db, the number of checksums must fit
 * it.
 */
export function parseCrc(
  bytes: Uint8Array,
  where: ErrorDetails = {},
  dataSize?: number,
): DataChecksums {
  checkLimit('crcBytesMax', bytes.length, where);
  const r = new ByteReader(bytes, { where });
  const chunkSize = r.i32();
  if (chunkSize < 1) throw r.corrupt(`the chunk size is ${chunkSize}`, 0);
  checkLimit('blockBytesMax', chunkSize, { ...where, offset: 0 });
  if (r.remaining % 4 !== 0) throw r.corrupt('the last checksum is not whole', bytes.length);
  const count = r.remaining / 4;
  const needed = dataSize === undefined ? count : Math.ceil(dataSize / chunkSize);
  if (count !== needed && count !== needed + 1) {
    throw r.corrupt(`${count} checksums for ${dataSize} bytes of Data.db`, 0);
  }
  const checksums = Uint32Array.from({ length: count }, () => r.u32());
  if (count > needed && checksums[needed] !== 0) {
    throw r.corrupt('the checksum after the last one is not 0', bytes.length - 4);
  }
  return { chunkSize, checksums };
}
