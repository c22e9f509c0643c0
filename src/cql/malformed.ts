/** The error for bytes that are not a value of their type. */
import { toHex } from '../binary/index.js';
import { SstashError } from '../errors.js';
import type { CqlType } from './types.js';

/** SSTABLE_CORRUPT; the caller knows where and adds it with `with`. */
export function malformed(type: CqlType, bytes: Uint8Array, message: string): SstashError {
  const shown = toHex(bytes.subarray(0, 32));
  return new SstashError('SSTABLE_CORRUPT', `not a value of ${type.text}: ${message}`, {
    length: bytes.length,
    found: bytes.length > 32 ? `0x${shown}…` : `0x${shown}`,
  });
}
