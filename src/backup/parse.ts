/** Reading of what a backup wrote; whatever contradicts its format is REPOSITORY_CORRUPT. */
import { ByteReader } from '../binary/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../errors.js';

export function parseBackupBytes<T>(
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
