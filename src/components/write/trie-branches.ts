/**
 * Complete nodes of a trie that are not written, each with all that is not written below it: a branch.
 *
 * Most fit a page and have nothing below them that is written: their bytes are the same wherever they
 * come to stand, so these are kept, one branch behind the other, the node itself behind what is below
 * it. The others are objects (UnwrittenNode).
 */
import { nodeBytes, nodeType } from './trie-nodes.js';

/** A node below which something is written: its children, or theirs, or further below. */
export class UnwrittenNode {
  readonly payloadBits: number;
  readonly payload: Uint8Array;
  /** The bytes that lead to its children. */
  readonly transitions: Uint8Array;
  /** Its children as long as they are not written; then where they are. */
  children: Branches | null = null;
  positions: Float64Array | null = null;
  /** Its own bytes, and those of everything unwritten below it. */
  nodeSize = 0;
  branchSize = 0;

  constructor(payloadBits: number, payload: Uint8Array, transitions: Uint8Array) {
    this.payloadBits = payloadBits;
    this.payload = payload;
    this.transitions = transitions;
  }

  get range(): number {
    const { transitions } = this;
    return (transitions[transitions.length - 1] ?? 0) - (transitions[0] ?? 0) + 1;
  }

  /** The type of the node whose farthest child is `distance` away. */
  type(distance: number): number {
    return nodeType(this.transitions.length, this.range, distance, this.payloadBits);
  }

  /** Bytes of the node whose farthest child is `distance` away. */
  sizeAt(distance: number): number {
    const { transitions, payload } = this;
    return nodeBytes(this.type(distance), transitions.length, this.range) + payload.length;
  }
}

export class Branches {
  count = 0;
  /** The byte that leads to each. */
  transitions: Uint8Array;
  /** Where a branch begins in `bytes`, and where the node itself. */
  starts: Int32Array;
  nodes: Int32Array;
  /** Those that have no bytes. */
  objects: (UnwrittenNode | null)[] = [];
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number, byteCapacity: number) {
    this.transitions = new Uint8Array(capacity);
    this.starts = new Int32Array(capacity);
    this.nodes = new Int32Array(capacity);
    this.bytes = new Uint8Array(byteCapacity);
  }

  /** The next branch; its bytes are those up to `length`. */
  push(transition: number, start: number, node: number, object: UnwrittenNode | null): void {
    const { count } = this;
    if (count === this.transitions.length) {
      this.transitions = twice(this.transitions);
      this.starts = twice(this.starts);
      this.nodes = twice(this.nodes);
    }
    this.transitions[count] = transition;
    this.starts[count] = start;
    this.nodes[count] = node;
    this.objects[count] = object;
    this.count++;
  }

  /** Room for `more` bytes. */
  room(more: number): void {
    if (this.bytes.length - this.length < more) this.bytes = twice(this.bytes);
  }

  /** Where the bytes of branch `i` end. */
  endOf(i: number): number {
    return i + 1 < this.count ? (this.starts[i + 1] as number) : this.length;
  }

  size(i: number): number {
    const object = this.objects[i] ?? null;
    if (object !== null) return object.branchSize + object.nodeSize;
    return this.endOf(i) - (this.starts[i] as number);
  }

  /** Bytes of what is below the node. */
  branchSize(i: number): number {
    return this.objects[i]?.branchSize ?? (this.nodes[i] as number) - (this.starts[i] as number);
  }

  /** Copy of the branches from `first` on. */
  copy(first: number): Branches {
    const start = this.starts[first] as number;
    const copy = new Branches(this.count - first, this.length - start);
    copy.bytes.set(this.bytes.subarray(start, this.length));
    for (let i = first; i < this.count; i++) {
      const [from, node] = [(this.starts[i] as number) - start, (this.nodes[i] as number) - start];
      copy.push(this.transitions[i] as number, from, node, this.objects[i] ?? null);
    }
    copy.length = this.length - start;
    return copy;
  }

  /** Forgets the branches from `first` on. */
  drop(first: number): void {
    if (first < this.count) this.length = this.starts[first] as number;
    this.count = first;
  }
}

export function twice<A extends Uint8Array | Int32Array>(array: A): A {
  const grown = new (array.constructor as new (length: number) => A)(2 * array.length);
  grown.set(array);
  return grown;
}
