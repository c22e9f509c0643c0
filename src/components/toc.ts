/** TOC.txt: names of the components, one per line, in any order; may be out of date. */
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';

/** Names in file order, as `Data.db`. Throws SSTABLE_CORRUPT when a line cannot be a name. */
export function parseToc(bytes: Uint8Array, where: ErrorDetails = {}): string[] {
  checkLimit('smallTextBytesMax', bytes.length, where);
  const names = Buffer.from(bytes)
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  for (const name of names) {
    if (/^[A-Za-z0-9_+][A-Za-z0-9_+.@%$-]*$/.test(name)) continue;
    throw new SstashError('SSTABLE_CORRUPT', 'TOC.txt has a line that is no component name', {
      found: JSON.stringify(name.slice(0, 80)),
      ...where,
    });
  }
  return names;
}
