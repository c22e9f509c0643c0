/** Byte-comparable partition keys of a batch; for Murmur3 from the hashes that are there already. */
import { ByteWriter } from '../../binary/index.js';
import { type Partitioner, writeComparableKey } from '../../cql/index.js';
import { batchKey, HASH_WORDS, type PartitionBatch } from '../facts/index.js';

const COMPONENT = 0x40;
const END = 0x38;
const SIGN = 0x80000000;
/** Two markers and the token before the key, the end of it and of all behind it. */
const AROUND_BYTES = 16;

/** Bytes of a key in a buffer that is used again and again. */
export class ComparableKey {
  bytes = new Uint8Array(64);
  length = 0;

  /** Room for `length` bytes; what was there is lost. */
  room(length: number): Uint8Array {
    if (length > this.bytes.length) this.bytes = new Uint8Array(2 * length);
    return this.bytes;
  }

  /** Bytes that this key and the next one begin with alike; -1 unless that one is greater. */
  shared(next: ComparableKey): number {
    const [a, b] = [this.bytes, next.bytes];
    const most = Math.min(this.length, next.length);
    let at = 0;
    while (at < most && a[at] === b[at]) at++;
    return at < most && (a[at] as number) < (b[at] as number) ? at : -1;
  }
}

/** Sets `key` to the form of key `i` of a batch. */
export type BatchKeyWriter = (key: ComparableKey, batch: PartitionBatch, i: number) => void;

export function batchKeyWriter(partitioner: Partitioner): BatchKeyWriter {
  if (partitioner.name === 'Murmur3Partitioner') return setMurmur3Key;
  const w = new ByteWriter();
  return (key, batch, i) => {
    w.clear();
    writeComparableKey(w, partitioner.comparableToken, batchKey(batch, i));
    key.room(w.length).set(w.view());
    key.length = w.length;
  };
}

function setMurmur3Key(key: ComparableKey, batch: PartitionBatch, i: number): void {
  const from = i === 0 ? 0 : (batch.keyEnds[i - 1] ?? 0);
  const to = batch.keyEnds[i] ?? 0;
  let low = batch.hashes[HASH_WORDS * i] ?? 0;
  let high = batch.hashes[HASH_WORDS * i + 1] ?? 0;
  // The smallest token is that of the empty key alone.
  if (from === to) {
    low = 0;
    high = SIGN;
  } else if (high === SIGN && low === 0) {
    low = 0xffffffff;
    high = 0x7fffffff;
  }
  const out = key.room(2 * (to - from) + AROUND_BYTES);
  out[0] = COMPONENT;
  for (let byte = 0; byte < 4; byte++) {
    const shift = 24 - 8 * byte;
    out[1 + byte] = (high ^ SIGN) >>> shift;
    out[5 + byte] = low >>> shift;
  }
  out[9] = COMPONENT;
  const end = escapeTo(out, 10, batch.keys, from, to);
  out[end] = END;
  key.length = end + 1;
}

/** As in cql, from the middle of an array to that of another; returns where it ends. */
function escapeTo(
  out: Uint8Array,
  start: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let at = start;
  let inZeros = false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte === 0) {
      out[at++] = inZeros ? 0xfe : 0;
      inZeros = true;
      continue;
    }
    if (inZeros) out[at++] = 0xff;
    inZeros = false;
    out[at++] = byte;
  }
  out[at++] = inZeros ? 0xfe : 0;
  return at;
}
