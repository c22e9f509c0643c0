/** Which partitions a dump prints: keys, excluded keys and tokens of the command line. */
import { toHex } from '../../binary/index.js';
import { parseKeyText } from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import type { SSTable } from '../../sstable/index.js';
import type { TokenRange } from '../../tasks/index.js';
import type { DumpOptions } from '../commands/dump.js';
import { parseHexKey, takePaths } from '../key-arguments.js';

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

/** Throws USAGE where no path was given. */
export function readSelection(paths: readonly string[], options: DumpOptions): Selection {
  const lists = [options.key, options.keyHex, options.excludeKey].map((list) => [...(list ?? [])]);
  const found = takePaths(paths, lists, 'dump nb-1-big-Data.db');
  const [keys = [], hex = [], excludedKeys = []] = lists;
  const tokens = options.token === undefined ? null : parseTokens(options.token);
  const hasKeys = keys.length + hex.length > 0;
  return { paths: found, keys, hexKeys: hex.map(parseHexKey), excludedKeys, tokens, hasKeys };
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
