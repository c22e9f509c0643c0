/**
 * Nodes of the tries in Partitions.db and Rows.db (format reference, 15.1).
 *
 *   head          u8, type << 4 | payload bits
 *   children      by type, below; a child stands `distance` bytes before the node, so always lower
 *   payload       where payload bits are not 0, behind the children
 *
 *   0  PAYLOAD_ONLY            no children
 *   1  SINGLE_NOPAYLOAD_4      the payload bits are the distance; u8 transition
 *   2  SINGLE_8                u8 transition, u8 distance
 *   3  SINGLE_NOPAYLOAD_12     u16 with the head: 12 low bits distance; u8 transition
 *   4  SINGLE_16               u8 transition, u16 distance
 *   5 to 9  SPARSE_8 12 16 24 40    u8 n, n × u8 transition (ascending), n × distance
 *   10 to 14  DENSE_12 16 24 32 40  u8 first transition, u8 n - 1, n × distance, 0 = no child
 *   15  LONG_DENSE             the same, 64 bits
 *
 * Distances of 12 bits are packed in pairs: aaa bbb, an odd last one as aaa 0 in two bytes.
 */
import { type ErrorDetails, SstashError } from '../errors.js';

/** No node is larger, its payload included. */
export const NODE_BYTES_MAX = 3 + 8 * 256 + 32;

const SINGLE_4 = 1;
const SINGLE_8 = 2;
const SINGLE_12 = 3;
const SINGLE_16 = 4;
const SPARSE_8 = 5;
const DENSE_12 = 10;
/** Bits of a distance by type; 0 where they are read in another way. */
const POINTER_BITS = [0, 4, 8, 12, 16, 8, 12, 16, 24, 40, 12, 16, 24, 32, 40, 64];

export class TrieNode {
  readonly position: number;
  readonly type: number;
  /** 0: no payload. */
  readonly payloadBits: number;
  /** Places for children: a dense node may have none at some of them. */
  readonly count: number;
  /** The bytes from the node's first one on, maybe more than its own. */
  readonly bytes: Uint8Array;
  /** Where the payload begins in `bytes`. */
  readonly payloadOffset: number;
  readonly #where: ErrorDetails;

  /**
   * The node at `position` of the file, whose bytes are `bytes`, up to NODE_BYTES_MAX of them or to
   * the end of the file. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED.
   */
  constructor(bytes: Uint8Array, position: number, where: ErrorDetails) {
    this.bytes = bytes;
    this.position = position;
    this.#where = where;
    const head = bytes[0] ?? 0;
    this.type = head >> 4;
    const noPayload = this.type === SINGLE_4 || this.type === SINGLE_12;
    this.payloadBits = noPayload ? 0 : head & 15;
    this.count = this.#count();
    this.payloadOffset = this.#childrenEnd();
    if (bytes.length < 1 || this.payloadOffset > bytes.length) throw this.#truncated();
  }

  /** The byte that leads to child `i`. */
  transition(i: number): number {
    const { type, bytes } = this;
    if (type >= DENSE_12) return (bytes[1] ?? 0) + i;
    if (type >= SPARSE_8) return bytes[2 + i] ?? 0;
    return bytes[type === SINGLE_12 ? 2 : 1] ?? 0;
  }

  /**
   * Position of child `i`, or -1 where a dense node has none. Throws SSTABLE_CORRUPT where it would
   * lie before the file.
   */
  child(i: number): number {
    const distance = this.#distance(i);
    if (distance === 0) {
      if (this.type >= DENSE_12) return -1;
      throw this.corrupt('a trie node points at itself');
    }
    if (distance <= this.position) return this.position - distance;
    throw this.corrupt('a trie node points before the start of the file');
  }

  /** Place of the child that `byte` leads to, or -1. */
  find(byte: number): number {
    const { count } = this;
    if (this.type >= DENSE_12) {
      const i = byte - (this.bytes[1] ?? 0);
      return i >= 0 && i < count && this.#distance(i) !== 0 ? i : -1;
    }
    for (let i = 0; i < count; i++) if (this.transition(i) === byte) return i;
    return -1;
  }

  corrupt(message: string): SstashError {
    return new SstashError('SSTABLE_CORRUPT', message, { offset: this.position, ...this.#where });
  }

  /** `length` bytes of payload from `offset` of it on. */
  payload(offset: number, length: number): Uint8Array {
    const from = this.payloadOffset + offset;
    if (from + length > this.bytes.length) throw this.#truncated();
    return this.bytes.subarray(from, from + length);
  }

  #count(): number {
    if (this.type === 0) return 0;
    if (this.type < SPARSE_8) return 1;
    return this.type < DENSE_12 ? (this.bytes[1] ?? 0) : (this.bytes[2] ?? 0) + 1;
  }

  #childrenEnd(): number {
    const { type, count } = this;
    if (type === 0) return 1;
    if (type < SPARSE_8) return type === SINGLE_4 ? 2 : type === SINGLE_16 ? 4 : 3;
    const pointers = Math.ceil((count * (POINTER_BITS[type] ?? 0)) / 8);
    return pointers + (type < DENSE_12 ? 2 + count : 3);
  }

  #distance(i: number): number {
    const { type, bytes } = this;
    switch (type) {
      case SINGLE_4:
        return (bytes[0] ?? 0) & 15;
      case SINGLE_8:
        return bytes[2] ?? 0;
      case SINGLE_12:
        return (((bytes[0] ?? 0) & 15) << 8) | (bytes[1] ?? 0);
      case SINGLE_16:
        return this.#number(2, 2);
    }
    const bits = POINTER_BITS[type] ?? 0;
    const base = type < DENSE_12 ? 2 + this.count : 3;
    if (bits !== 12) return this.#number(base + (i * bits) / 8, bits / 8);
    const pair = this.#number(base + Math.floor((3 * i) / 2), 2);
    return i % 2 === 0 ? pair >> 4 : pair & 0xfff;
  }

  #number(at: number, length: number): number {
    let value = 0;
    for (let i = at; i < at + length; i++) value = value * 256 + (this.bytes[i] ?? 0);
    return value;
  }

  #truncated(): SstashError {
    return new SstashError('SSTABLE_TRUNCATED', 'the file ends inside a trie node', {
      offset: this.position,
      ...this.#where,
    });
  }
}
