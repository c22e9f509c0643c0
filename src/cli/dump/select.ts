/** Which partitions a dump prints: keys, excluded keys and tokens of the command line. */
import { existsSync } from 'node:fs';
import { fromHex, toHex } from '../../binary/index.js';
import { parseKeyText } from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import type { SSTable } from '../../sstable/index.js';
import type { TokenRange } from '../../tasks/index.js';
import type { DumpOptions } from '../commands/dump.js';

/** As on the command line; keys become bytes with the key type of each SSTable. */
export interface Selection {
  readonly paths: readonly string[];
  readonly keys: readonly string[];
  readonly hexKeys: readonly Uint8Array[];
  readonly excludedKeys: readonly string[];
  readonly tokens: TokenRange | null;
  /** Whether single keys are asked for. */
  readonly hasKeys: boolean;
}

export interface SSTableSelection {
  /** Null: all partitions. */
  readonly keys: { readonly text: string; readonly bytes: Uint8Array }[] | null;
  readonly filter: { readonly excludedKeys: string[]; readonly tokens: TokenRange | null };
}

/**
 * Options that take several values also take the PATH when it stands behind them; it is given back
 * here (`dump --key 42 nb-1-big-Data.db`).
 */
export function readSelection(paths: readonly string[], options: DumpOptions): Selection {
  const lists = [options.key, options.keyHex, options.excludeKey].map((list) => [...(list ?? [])]);
  const found = [...paths];
  for (const list of lists) {
    const last = list.at(-1);
    if (found.length === 0 && list.length > 1 && last !== undefined && existsSync(last)) {
      list.pop();
      found.push(last);
    }
  }
  if (found.length === 0) {
    throw new SstashError('USAGE', 'which SSTable?', {
      hint: 'Give a path: `sstash dump nb-1-big-Data.db`.',
    });
  }
  const [keys = [], hex = [], excludedKeys = []] = lists;
  const tokens = options.token === undefined ? null : parseTokens(options.token);
  const hasKeys = keys.length + hex.length > 0;
  return { paths: found, keys, hexKeys: hex.map(parseHex), excludedKeys, tokens, hasKeys };
}

function parseHex(text: string): Uint8Array {
  const bytes = fromHex(text.replace(/^0x/i, ''));
  if (bytes !== null) return bytes;
  throw new SstashError('KEY_INVALID', `${text} is not bytes in hex`, {
    hint: 'Give two hex digits per byte, for example --key-hex 0000002a.',
  });
}

/** `T` is that token alone, `A:B` what is above A up to and with B, as Cassandra's ranges are. */
function parseTokens(text: string): TokenRange {
  const match = /^(-?\d{1,40})(?::(-?\d{1,40}))?$/.exec(text.trim());
  if (match === null) {
    throw new SstashError('USAGE', `${text} is not a token or a range of tokens`, {
      hint: 'Give --token T, or --token A:B for the tokens above A up to and with B.',
    });
  }
  const [, first = '', second] = match;
  if (second === undefined) return { after: BigInt(first) - 1n, upTo: BigInt(first) };
  return { after: BigInt(first), upTo: BigInt(second) };
}

/** Throws KEY_INVALID for a key text that is none of this SSTable's key type. */
export function selectIn(sstable: SSTable, selection: Selection): SSTableSelection {
  const { keyType } = sstable.header;
  const keys = [
    ...selection.keys.map((text) => ({ text, bytes: parseKeyText(keyType, text) })),
    ...selection.hexKeys.map((bytes) => ({ text: toHex(bytes), bytes })),
  ];
  const excludedKeys = selection.excludedKeys.map((text) => toHex(parseKeyText(keyType, text)));
  return {
    keys: selection.hasKeys ? keys : null,
    filter: { excludedKeys, tokens: selection.tokens },
  };
}
