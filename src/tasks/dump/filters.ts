/** Which partitions are printed. */
import { toHex } from '../../binary/index.js';
import { type CqlType, partitioner } from '../../cql/index.js';

/** Tokens above `after` up to and with `upTo`; where `after` is not below, over the end of the ring. */
export interface TokenRange {
  readonly after: bigint;
  readonly upTo: bigint;
}

export function isInRange(token: bigint, range: TokenRange): boolean {
  const { after, upTo } = range;
  return after < upTo ? token > after && token <= upTo : token > after || token <= upTo;
}

export interface PartitionFilter {
  /** Keys in hex that are left out. */
  readonly excludedKeys: readonly string[];
  /** Null: every token. */
  readonly tokens: TokenRange | null;
}

/** Whether a partition with this key is printed, as one function. */
export function keyPredicate(
  filter: PartitionFilter,
  partitionerName: string,
  keyType: CqlType,
): (key: Uint8Array) => boolean {
  const excluded = new Set(filter.excludedKeys);
  const { tokens } = filter;
  const ring = tokens === null ? null : partitioner(partitionerName, keyType);
  return (key) => {
    if (excluded.size > 0 && excluded.has(toHex(key))) return false;
    return ring === null || tokens === null || isInRange(ring.token(key), tokens);
  };
}
