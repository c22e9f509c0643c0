/** Byte-comparable partition keys of a batch; for Murmur3 from the hashes that are there already. */
import type { ByteWriter } from '../../binary/index.js';
import { type Partitioner, writeComparableKey } from '../../cql/index.js';
import { batchKey, HASH_WORDS, type PartitionBatch } from '../facts/index.js';

const COMPONENT = 0x40;
const END = 0x38;
const SIGN = 0x80000000;

/** Appends the form of key `i` of a batch. */
export type BatchKeyWriter = (w: ByteWriter, batch: PartitionBatch, i: number) => void;

export function batchKeyWriter(partitioner: Partitioner): BatchKeyWriter {
  if (partitioner.name === 'Murmur3Partitioner') return writeMurmur3Key;
  return (w, batch, i) => writeComparableKey(w, partitioner.comparableToken, batchKey(batch, i));
}

function writeMurmur3Key(w: ByteWriter, batch: PartitionBatch, i: number): void {
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
  w.u8(COMPONENT);
  w.u32((high ^ SIGN) >>> 0);
  w.u32(low);
  w.u8(COMPONENT);
  writeEscaped(w, batch.keys, from, to);
  w.u8(END);
}

/** As in cql, from the middle of an array. */
function writeEscaped(w: ByteWriter, bytes: Uint8Array, from: number, to: number): void {
  let inZeros = false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte === 0) {
      w.u8(inZeros ? 0xfe : 0);
      inZeros = true;
      continue;
    }
    if (inZeros) w.u8(0xff);
    inZeros = false;
    w.u8(byte);
  }
  w.u8(inZeros ? 0xfe : 0);
}
