/** Words for what a walk found wrong, the same for both walkers. */
import { SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';

/** As in native-bindings/assembly/status.ts. */
const ROW_TOO_LARGE = 4;
const TRUNCATED = -9;

const REASONS: Readonly<Record<number, string>> = {
  [-1]: 'the flags of a partition end are wrong',
  [-2]: 'the flags of a row or marker are wrong',
  [-3]: 'a row does not end where its size says',
  [-4]: 'the column subset of a row is wrong',
  [-5]: 'the flags of a cell are wrong',
  [-6]: 'a range tombstone marker is malformed',
  [-7]: 'a partition deletion is malformed',
  [-10]: 'the clustering of a row is malformed',
  [-8]: 'a TTL or local deletion time does not fit 32 bits',
};

const HINT = 'Check the file with `sstash check`; restore it from another replica or backup.';

/** The error for a negative status of the kernel (or ROW_TOO_LARGE) in the record at `position`. */
export function walkDamage(status: number, position: number): SstashError {
  const where = { component: 'Data.db', uncompressedOffset: position, hint: HINT };
  if (status === ROW_TOO_LARGE) {
    return new SstashError('LIMIT_EXCEEDED', 'a row is too large', {
      ...where,
      expected: `at most ${LIMITS.rowBytesMax} bytes`,
    });
  }
  if (status === TRUNCATED) {
    return new SstashError('SSTABLE_TRUNCATED', 'the rows end inside a partition', where);
  }
  const reason = REASONS[status] ?? 'a row is malformed';
  return new SstashError('SSTABLE_CORRUPT', reason, where);
}
