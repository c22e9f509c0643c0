/** Digest.crc32: CRC-32 of the whole file Data.db as decimal text, with or without a line end. */
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';

/** The checksum, an unsigned 32-bit number. */
export function parseDigest(bytes: Uint8Array, where: ErrorDetails = {}): number {
  checkLimit('smallTextBytesMax', bytes.length, where);
  const text = Buffer.from(bytes).toString('latin1');
  const [line = '', ...rest] = text.split(/\r?\n/);
  const value = Number(line);
  if (!/^(0|[1-9][0-9]{0,9})$/.test(line) || value > 0xffffffff || rest.join('') !== '') {
    throw new SstashError('SSTABLE_CORRUPT', 'the digest is not a decimal number', {
      offset: 0,
      found: JSON.stringify(text.slice(0, 40)),
      ...where,
    });
  }
  return value;
}
