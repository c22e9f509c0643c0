/**
 * The partition key in a head record, without taking the record apart: the record is a tag, a uvint
 * length and then the key, or, where it is opaque, native bytes that begin with the key behind an u16.
 */
import { RecordTag } from './tags.js';

function vintBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  return first < 0x80 ? 1 : Math.clz32(~(first << 24)) + 1;
}

/** Where the key of the head record at `at` begins. */
export function headKeyStart(bytes: Uint8Array, at: number): number {
  const start = at + 1 + vintBytes(bytes, at + 1);
  return bytes[at] === RecordTag.opaqueHead ? start + 2 : start;
}

/** Bytes of that key. */
export function headKeyLength(bytes: Uint8Array, at: number): number {
  const size = vintBytes(bytes, at + 1);
  if (bytes[at] === RecordTag.opaqueHead) {
    const start = at + 1 + size;
    return ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
  }
  const first = bytes[at + 1] as number;
  let length = size === 1 ? first : first & (0xff >> (size - 1));
  for (let i = 1; i < size; i++) length = length * 256 + (bytes[at + 1 + i] as number);
  return length;
}
