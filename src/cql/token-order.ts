/**
 * Order of partition keys by the token of a partitioner that needs no type: by token, then by the
 * key's bytes (format reference, section 16).
 */
import { compareBytes } from '../binary/index.js';
import type { Comparator } from './compare-scalars.js';
import { bytesToBigInt } from './decimal.js';
import { murmur3 } from './murmur3.js';

export type TokenOf = (key: Uint8Array) => bigint;

/** The MD5 sum as a signed number, without its sign; -1 for an empty key. */
export function randomToken(key: Uint8Array): bigint {
  if (key.length === 0) return -1n;
  // Asked for here: no other partitioner needs it, and it takes a while to load.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const sum = bytesToBigInt(createHash('md5').update(key).digest());
  return sum < 0n ? -sum : sum;
}

export function tokenOrder(token: TokenOf): Comparator {
  return (a, b) => {
    const left = token(a);
    const right = token(b);
    return left < right ? -1 : left > right ? 1 : compareBytes(a, b);
  };
}

/** The order of keys under the partitioner of a class name, or null for any other one. */
export function orderOfPartitioner(className: string): Comparator | null {
  switch (className.slice(className.lastIndexOf('.') + 1)) {
    case 'Murmur3Partitioner':
      return tokenOrder((key) => murmur3(key).token);
    case 'RandomPartitioner':
      return tokenOrder(randomToken);
    case 'ByteOrderedPartitioner':
      return compareBytes;
    default:
      return null;
  }
}
