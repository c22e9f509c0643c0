/** Keys and paths of a command line, where options take several values. */
import { existsSync } from 'node:fs';
import { fromHex } from '../binary/index.js';
import { SstashError } from '../errors.js';

/** The bytes of `--key-hex`. Throws KEY_INVALID. */
export function parseHexKey(text: string): Uint8Array {
  const bytes = fromHex(text.replace(/^0x/i, ''));
  if (bytes !== null) return bytes;
  throw new SstashError('KEY_INVALID', `${text} is not bytes in hex`, {
    hint: 'Give two hex digits per byte, for example --key-hex 0000002a.',
  });
}

/**
 * Options that take several values also take the PATH when it stands behind them; it is taken back
 * here (`dump --key 42 nb-1-big-Data.db`) and away from `lists`. Throws USAGE where there is none.
 */
export function takePaths(
  paths: readonly string[],
  lists: readonly string[][],
  example: string,
): string[] {
  const found = [...paths];
  for (const list of lists) {
    const last = list.at(-1);
    if (found.length === 0 && list.length > 1 && last !== undefined && existsSync(last)) {
      list.pop();
      found.push(last);
    }
  }
  if (found.length > 0) return found;
  throw new SstashError('USAGE', 'which SSTables?', {
    hint: `Give a path: \`sstash ${example}\`.`,
  });
}
