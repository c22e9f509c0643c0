/** Partitioners: the order of partitions in an SSTable (format reference, section 16). */
import { compareBytes, toHex } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { type ComparableWriter, comparableWriter } from './byte-comparable.js';
import { tokenWriter } from './comparable-token.js';
import { comparator } from './compare.js';
import { murmur3 } from './murmur3.js';
import { keyText } from './text.js';
import { randomToken, tokenOrder } from './token-order.js';
import type { CqlType } from './types.js';

export interface Partitioner {
  /** `Murmur3Partitioner` */
  readonly name: string;
  /**
   * Place of a key on the ring as a number that never contradicts the order of keys: the token of
   * Murmur3 and Random, the first eight bytes of a key of ByteOrdered, 0 of Local.
   */
  token(key: Uint8Array): bigint;
  /** The token as Cassandra's tools print it. */
  tokenText(key: Uint8Array): string;
  /** Order of two partition keys in an SSTable. */
  compareKeys(a: Uint8Array, b: Uint8Array): number;
  /** Byte-comparable form of the token of a key; none for keys that their type has none for. */
  readonly comparableToken: ComparableWriter;
  /** The type that the order of Local comes from. */
  readonly keyType?: CqlType;
}

const PACKAGE = 'org.apache.cassandra.dht.';

/**
 * The partitioner that Statistics.db names, with or without package. `keyType` is needed by Local
 * alone. Throws SSTABLE_UNSUPPORTED_PARTITIONER for any that is not Cassandra's own.
 */
export function partitioner(name: string, keyType: CqlType): Partitioner {
  const simple = name.startsWith(PACKAGE) ? name.slice(PACKAGE.length) : name;
  switch (simple) {
    case 'Murmur3Partitioner':
      return byToken(simple, (key) => murmur3(key).token);
    case 'RandomPartitioner':
      return byToken(simple, randomToken);
    case 'ByteOrderedPartitioner':
      return {
        name: simple,
        token: prefixToken,
        tokenText: toHex,
        compareKeys: compareBytes,
        comparableToken: comparableToken(simple),
      };
    case 'LocalPartitioner':
      return local(simple, keyType);
    default:
      throw new SstashError(
        'SSTABLE_UNSUPPORTED_PARTITIONER',
        `the partitioner ${name} is not supported`,
        {
          expected:
            'Murmur3Partitioner, RandomPartitioner, ByteOrderedPartitioner, LocalPartitioner',
          found: name,
        },
      );
  }
}

function byToken(name: string, token: (key: Uint8Array) => bigint): Partitioner {
  return {
    name,
    token,
    tokenText: (key) => token(key).toString(),
    compareKeys: tokenOrder(token),
    comparableToken: comparableToken(name),
  };
}

function prefixToken(key: Uint8Array): bigint {
  const padded = new Uint8Array(8);
  padded.set(key.subarray(0, 8));
  return new DataView(padded.buffer).getBigUint64(0);
}

function local(name: string, keyType: CqlType): Partitioner {
  const compare = comparator(keyType);
  return {
    name,
    token: () => 0n,
    tokenText: (key) => keyText(keyType, key),
    compareKeys: (a, b) => compare(a, b) || compareBytes(a, b),
    comparableToken: comparableWriter(keyType),
    keyType,
  };
}

function comparableToken(name: string): ComparableWriter {
  return tokenWriter(name) ?? (() => false);
}
