/**
 * Unwritten nodes of a trie, and which type of node (trie-node.ts) holds one: the smallest that can
 * express the largest distance to a child.
 */
import type { ByteWriter } from '../../binary/index.js';
import { signedBytes, signedLength } from './signed-bytes.js';

const SINGLE_TYPES = [1, 2, 3, 4, 12, 13, 14, 15];
/** With a payload, which types 1 and 3 cannot have. */
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

const NO_CHILDREN: UnwrittenNode[] = [];

export class UnwrittenNode {
  /** The byte that leads to it. */
  readonly transition: number;
  payloadBits = 0;
  payloadSize = 0;
  payloadHash = -1;
  payloadValue = 0;
  payloadTail: Uint8Array | null = null;
  /** In order of their transitions. */
  children: UnwrittenNode[] = NO_CHILDREN;
  /** Where it was written, or -1. */
  position = -1;
  /** Its own bytes, and those of everything unwritten below it. */
  nodeSize = 0;
  branchSize = 0;
  /** A child of it may be written already. */
  hasWritten = true;
  /** A node somewhere below it may have such a child. */
  branchHasWritten = false;
  /** Its position is that of a layout which is not written. */
  isPlaced = false;

  constructor(transition: number) {
    this.transition = transition;
  }

  /** Gives the node a payload: `hash` unless it is -1, a signed number, `tail`. */
  setPayload(bits: number, hash: number, value: number, tail: Uint8Array | null): void {
    this.payloadBits = bits;
    this.payloadSize = signedLength(value) + (hash < 0 ? 0 : 1) + (tail?.length ?? 0);
    this.payloadHash = hash;
    this.payloadValue = value;
    this.payloadTail = tail;
  }

  addChild(transition: number): UnwrittenNode {
    const child = new UnwrittenNode(transition);
    if (this.children === NO_CHILDREN) this.children = [child];
    else this.children.push(child);
    return child;
  }

  place(position: number): void {
    this.position = position;
    this.isPlaced = true;
  }

  unplace(): void {
    this.position = -1;
    this.isPlaced = false;
  }

  /** From now on it is but a place in the file. */
  written(position: number): void {
    this.position = position;
    this.nodeSize = 0;
    this.branchSize = 0;
    this.hasWritten = false;
    this.branchHasWritten = false;
    this.children = NO_CHILDREN;
    this.payloadTail = null;
  }
}

/** The largest distance to a child of `node` when it stands at `at`, right behind its branch. */
function farthest(node: UnwrittenNode, at: number): number {
  const { children, branchSize } = node;
  if (!node.hasWritten) return branchSize - (children[0]?.branchSize ?? 0);
  let most = 0;
  let first = true;
  for (const child of children) {
    if (child.position >= 0) {
      most = Math.max(most, at - child.position);
    } else if (first) {
      first = false;
      most = Math.max(most, branchSize - child.branchSize);
    }
  }
  return most;
}

function distanceClass(distance: number): number {
  if (distance <= 0xff) return distance <= 15 ? 0 : 1;
  if (distance <= 0xffff) return distance <= 0xfff ? 2 : 3;
  if (distance < 2 ** 32) return distance < 2 ** 24 ? 4 : 5;
  return distance < 2 ** 40 ? 6 : 7;
}

/** The type of `node`, whose farthest child is `distance` away. */
function typeOf({ children, payloadBits }: UnwrittenNode, distance: number): number {
  const count = children.length;
  if (count === 0) return 0;
  const far = distanceClass(distance);
  if (count === 1) {
    return (payloadBits === 0 ? SINGLE_TYPES : SINGLE_TYPES_PAYLOAD)[far] ?? 15;
  }
  const [sparse = 15, dense = 15] = [SPARSE_TYPES[far], DENSE_TYPES[far]];
  return childBytes(sparse, children) < childBytes(dense, children) ? sparse : dense;
}

/** Bytes of a node without its payload. */
function childBytes(type: number, children: readonly UnwrittenNode[]): number {
  const count = children.length;
  if (type < FIRST_SPARSE) return SINGLE_BYTES[type] ?? 0;
  const isTwelve = isTwelveBits(type);
  const pointer = POINTER_BYTES[type] ?? 0;
  if (type < FIRST_DENSE) {
    return 2 + count + (isTwelve ? Math.floor((3 * count + 1) / 2) : count * pointer);
  }
  const range = rangeOf(children);
  return 3 + (isTwelve ? Math.floor((3 * range + 1) / 2) : range * pointer);
}

/** From the first to the last transition. */
function rangeOf(children: readonly UnwrittenNode[]): number {
  const first = children[0]?.transition ?? 0;
  return (children[children.length - 1]?.transition ?? 0) - first + 1;
}

/** Bytes of `node` when it stands at `at`. */
export function sizeAt(node: UnwrittenNode, at: number): number {
  const type = typeOf(node, farthest(node, at));
  return childBytes(type, node.children) + node.payloadSize;
}

/** Writes `node`, all of whose children are written, at `at`. */
export function writeNode(w: ByteWriter, node: UnwrittenNode, at: number): void {
  const { children, payloadBits } = node;
  const first = children[0];
  const distance = first === undefined ? 0 : at - first.position;
  let lowest = at;
  for (const child of children) if (child.position < lowest) lowest = child.position;
  const type = typeOf(node, at - lowest);
  if (type === 1) {
    w.u8(0x10 | distance);
    w.u8(first?.transition ?? 0);
  } else if (type === 3) {
    w.u16(0x3000 | distance);
    w.u8(first?.transition ?? 0);
  } else {
    w.u8((type << 4) | payloadBits);
    if (type >= FIRST_DENSE) writeDense(w, type, children, at);
    else if (type >= FIRST_SPARSE) writeSparse(w, type, children, at);
    else if (first !== undefined) {
      w.u8(first.transition);
      writeDistance(w, distance, POINTER_BYTES[type] ?? 0);
    }
  }
  if (payloadBits === 0) return;
  if (node.payloadHash >= 0) w.u8(node.payloadHash);
  signedBytes(w, node.payloadValue);
  if (node.payloadTail !== null) w.bytes(node.payloadTail);
}

function writeSparse(
  w: ByteWriter,
  type: number,
  children: readonly UnwrittenNode[],
  at: number,
): void {
  w.u8(children.length);
  for (const child of children) w.u8(child.transition);
  writeDistances(
    w,
    type,
    children.map((child) => at - child.position),
  );
}

function writeDense(
  w: ByteWriter,
  type: number,
  children: readonly UnwrittenNode[],
  at: number,
): void {
  const first = children[0]?.transition ?? 0;
  const distances = new Array<number>(rangeOf(children)).fill(0);
  for (const child of children) distances[child.transition - first] = at - child.position;
  w.u8(first);
  w.u8(distances.length - 1);
  writeDistances(w, type, distances);
}

function writeDistances(w: ByteWriter, type: number, distances: readonly number[]): void {
  if (!isTwelveBits(type)) {
    for (const distance of distances) writeDistance(w, distance, POINTER_BYTES[type] ?? 0);
    return;
  }
  for (let i = 0; i < distances.length; i += 2) {
    const [a = 0, b = 0] = [distances[i], distances[i + 1]];
    w.u8(a >> 4);
    w.u8(((a & 15) << 4) | (b >> 8));
    if (i + 1 < distances.length) w.u8(b & 0xff);
  }
}

function writeDistance(w: ByteWriter, distance: number, bytes: number): void {
  if (distance > 0xffffffff) {
    for (let i = bytes - 1; i >= 0; i--) w.u8(Math.floor(distance / 256 ** i) % 256);
    return;
  }
  for (let i = bytes - 1; i >= 0; i--) w.u8(i < 4 ? (distance >>> (8 * i)) & 0xff : 0);
}
