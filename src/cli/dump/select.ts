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
  /** The tokens that were given. */
  readonly tokenEnds: readonly bigint[];
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
  const tokenEnds = options.token === undefined ? [] : parseTokens(options.token);
  const tokens = rangeOf(tokenEnds);
  const hasKeys = keys.length + hex.length > 0;
  const hexKeys = hex.map(parseHexKey);
  return { paths: found, keys, hexKeys, excludedKeys, tokens, tokenEnds, hasKeys };
}

/** `T` or `A:B`: one token or two. */
function parseTokens(text: string): bigint[] {
  const match = /^(-?\d{1,40})(?::(-?\d{1,40}))?$/.exec(text.trim());
  if (match === null) {
    throw new SstashError('USAGE', `${text} is not a token or a range of tokens`, {
      hint: 'Give --token T, or --token A:B for the tokens above A up to and with B.',
    });
  }
  return match.slice(1).flatMap((token) => (token === undefined ? [] : [BigInt(token)]));
}

/** `T` is that token alone, `A:B` what is above A up to and with B, as Cassandra's ranges are. */
function rangeOf([first, second]: readonly bigint[]): TokenRange | null {
  if (first === undefined) return null;
  return second === undefined ? { after: first - 1n, upTo: first } : { after: first, upTo: second };
}

/** First and last token; a ByteOrderedPartitioner's are the first eight bytes of the keys here. */
const RINGS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  Murmur3Partitioner: [-(2n ** 63n), 2n ** 63n - 1n],
  RandomPartitioner: [-1n, 2n ** 127n],
  ByteOrderedPartitioner: [0n, 2n ** 64n - 1n],
};

function refuseOutside(tokens: readonly bigint[], partitioner: string): void {
  const ring = RINGS[partitioner];
  if (ring === undefined) return;
  const [first, last] = ring;
  const outside = tokens.find((token) => token < first || token > last);
  if (outside === undefined) return;
  throw new SstashError('USAGE', `${outside} is no token of ${partitioner}`, {
    expected: `a token from ${first} to ${last}`,
    hint: `Its tokens are ${first} to ${last}.`,
  });
}

/**
 * Throws KEY_INVALID for a key text that is none of this SSTable's key type, USAGE for tokens outside
 * the ring of its partitioner.
 */
export function selectIn(sstable: SSTable, selection: Selection): SSTableSelection {
  refuseOutside(selection.tokenEnds, sstable.partitioner.name);
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
