/**
 * The bytes of a node of a trie (trie-node.ts): its type is the smallest that can express the largest
 * distance to a child.
 */
import { putNumber } from './number-bytes.js';

/** Types of nodes of one child, by class of its distance (distanceClass). */
const SINGLE_TYPES = [1, 2, 3, 4, 12, 13, 14, 15];
/** The same with a payload, which types 1 and 3 cannot have. */
const SINGLE_TYPES_PAYLOAD = [2, 2, 4, 4, 12, 13, 14, 15];
const SPARSE_TYPES = [5, 5, 6, 7, 8, 9, 9, 15];
const DENSE_TYPES = [10, 10, 10, 11, 12, 13, 14, 15];
const FIRST_SPARSE = 5;
const FIRST_DENSE = 10;
/** Two distances in three bytes. */
const isTwelveBits = (type: number): boolean => type === 6 || type === 10;
/** Bytes of a distance, by type. */
const POINTER_BYTES = [0, 0, 1, 0, 2, 1, 0, 2, 3, 5, 0, 2, 3, 4, 5, 8];
const SINGLE_BYTES = [1, 2, 3, 3, 4];

/** Children of a node; used for one node after the other. */
export class NodeChildren {
  count = 0;
  /** In order. */
  readonly transitions = new Uint8Array(256);
  /** How far before the node each of them stands. */
  readonly distances = new Float64Array(256);

  add(transition: number, distance: number): void {
    this.transitions[this.count] = transition;
    this.distances[this.count++] = distance;
  }
}

function distanceClass(distance: number): number {
  if (distance <= 0xff) return distance <= 15 ? 0 : 1;
  if (distance <= 0xffff) return distance <= 0xfff ? 2 : 3;
  if (distance < 2 ** 32) return distance < 2 ** 24 ? 4 : 5;
  return distance < 2 ** 40 ? 6 : 7;
}

/**
 * The type of a node of `count` children, the farthest of which is `distance` away; from the first to
 * the last there are `range` transitions.
 */
export function nodeType(
  count: number,
  range: number,
  distance: number,
  payloadBits: number,
): number {
  if (count === 0) return 0;
  const far = distanceClass(distance);
  if (count === 1) {
    return (payloadBits === 0 ? SINGLE_TYPES : SINGLE_TYPES_PAYLOAD)[far] ?? 15;
  }
  const sparse = SPARSE_TYPES[far] ?? 15;
  const dense = DENSE_TYPES[far] ?? 15;
  return nodeBytes(sparse, count, range) < nodeBytes(dense, count, range) ? sparse : dense;
}

/** Bytes of a node without its payload. */
export function nodeBytes(type: number, count: number, range: number): number {
  if (type < FIRST_SPARSE) return SINGLE_BYTES[type] ?? 0;
  const places = type < FIRST_DENSE ? count : range;
  const pointers = isTwelveBits(type) ? (3 * places + 1) >> 1 : places * (POINTER_BYTES[type] ?? 0);
  return type < FIRST_DENSE ? 2 + count + pointers : 3 + pointers;
}

/** Writes a node without its payload to `start` of `out`; returns where it ends. */
export function writeNode(
  out: Uint8Array,
  start: number,
  type: number,
  payloadBits: number,
  children: NodeChildren,
): number {
  const { count, transitions, distances } = children;
  const first = transitions[0] as number;
  const distance = distances[0] as number;
  let at = start;
  if (type === 3) out[at++] = 0x30 | (distance >> 8);
  out[at++] = type === 3 ? distance : (type << 4) | (type === 1 ? distance : payloadBits);
  if (type === 0) return at;
  if (type < FIRST_SPARSE) {
    out[at++] = first;
    return putNumber(out, at, distance, POINTER_BYTES[type] ?? 0);
  }
  if (type >= FIRST_DENSE) {
    const range = (transitions[count - 1] as number) - first + 1;
    out[at++] = first;
    out[at++] = range - 1;
    return writeDistances(out, at, type, range, children);
  }
  out[at++] = count;
  for (let i = 0; i < count; i++) out[at++] = transitions[i] as number;
  return writeDistances(out, at, type, count, children);
}

function writeDistances(
  out: Uint8Array,
  start: number,
  type: number,
  places: number,
  { transitions, distances }: NodeChildren,
): number {
  const isDense = type >= FIRST_DENSE;
  const isTwelve = isTwelveBits(type);
  const bytes = POINTER_BYTES[type] ?? 0;
  const first = transitions[0] as number;
  let at = start;
  let child = 0;
  for (let i = 0; i < places; i++) {
    const isChild = !isDense || transitions[child] === first + i;
    const distance = isChild ? (distances[child++] as number) : 0;
    if (!isTwelve) {
      at = putNumber(out, at, distance, bytes);
    } else if ((i & 1) === 0) {
      out[at++] = distance >> 4;
      out[at] = (distance & 15) << 4;
    } else {
      out[at] = (out[at] as number) | (distance >> 8);
      out[at + 1] = distance;
      at += 2;
    }
  }
  return isTwelve && (places & 1) === 1 ? at + 1 : at;
}
