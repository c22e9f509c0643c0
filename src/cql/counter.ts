/**
 * Counter contexts (format reference, section 9):
 *
 *   headerCount   i16, number of header elements (its absolute value)
 *   header        headerCount × i16
 *   shards        n × (16-byte counter id, i64 clock, i64 count)
 */
import { ByteReader, toHex } from '../binary/index.js';
import { malformed } from './malformed.js';
import type { CqlType } from './types.js';

export interface CounterShard {
  readonly id: string;
  readonly kind: 'global' | 'local' | 'remote';
  readonly clock: bigint;
  readonly count: bigint;
}

/** The shards of a counter's bytes; none for an empty value. */
export function counterShards(type: CqlType, bytes: Uint8Array): CounterShard[] {
  if (bytes.length === 0) return [];
  const r = new ByteReader(bytes);
  if (bytes.length < 2) throw malformed(type, bytes, 'no counter header');
  const headers = Math.abs(r.i16());
  if (r.remaining < 2 * headers || (r.remaining - 2 * headers) % 32 !== 0) {
    throw malformed(type, bytes, 'no whole number of counter shards');
  }
  const kinds = new Map<number, 'global' | 'local'>();
  for (let i = 0; i < headers; i++) {
    const element = r.i16();
    kinds.set(element < 0 ? element + 32768 : element, element < 0 ? 'global' : 'local');
  }
  const shards: CounterShard[] = [];
  for (let i = 0; r.remaining > 0; i++) {
    const id = toHex(r.view8(16));
    shards.push({ id, kind: kinds.get(i) ?? 'remote', clock: r.i64(), count: r.i64() });
  }
  return shards;
}

/** The value of a counter: the sum over its shards, modulo 2^64. */
export function counterTotal(type: CqlType, bytes: Uint8Array): bigint {
  let total = 0n;
  for (const shard of counterShards(type, bytes)) total += shard.count;
  return BigInt.asIntN(64, total);
}
