/**
 * Writes the tries of Partitions.db and Rows.db (nodes: trie-node.ts), byte for byte as Cassandra lays
 * them out.
 *
 * A node is complete when the next key leaves it. As long as it and everything below it fit a page of
 * 4096 bytes its bytes are kept, behind those of its branch: they are the same wherever they come to
 * stand. Otherwise what is below it is written (trie-layout.ts).
 */
import type { ByteWriter } from '../../binary/index.js';
import { putNumber, signedLength } from './number-bytes.js';
import { Branches, twice } from './trie-branches.js';
import { PAGE_BYTES, TrieLayout } from './trie-layout.js';
import { NodeChildren, nodeBytes, nodeType, writeNode } from './trie-nodes.js';

const NO_BYTES = new Uint8Array(0);

/** With a hash, payload bits are this more than there are bytes of a number. */
const HASH_BITS = 7;

/** The nodes of the last key, by their depth. */
class Path {
  /** Depth of the last one. */
  depth = 0;
  /** The byte that leads to each. */
  transitions = new Uint8Array(64);
  /** Number of its first child among the complete nodes. */
  firstChild = new Int32Array(64);
  payloadBits = new Uint8Array(64);
  payloads: Uint8Array[] = [NO_BYTES];

  open(transition: number, firstChild: number): void {
    const depth = ++this.depth;
    if (depth === this.transitions.length) {
      this.transitions = twice(this.transitions);
      this.firstChild = twice(this.firstChild);
      this.payloadBits = twice(this.payloadBits);
    }
    this.transitions[depth] = transition;
    this.firstChild[depth] = firstChild;
    this.setPayload(0, NO_BYTES);
  }

  setPayload(bits: number, payload: Uint8Array): void {
    this.payloadBits[this.depth] = bits;
    this.payloads[this.depth] = payload;
  }
}

export class TrieWriter {
  readonly #layout: TrieLayout;
  readonly #path = new Path();
  /** Complete nodes whose parents are on the path, in order. */
  readonly #branches = new Branches(1024, 1 << 16);
  readonly #children = new NodeChildren();

  /** Appends to `out`, whose first byte stands at `base` of the file. */
  constructor(out: ByteWriter, base: number) {
    this.#layout = new TrieLayout(out, base);
  }

  /** Where the next byte comes to stand. */
  get position(): number {
    return this.#layout.position;
  }

  /** What was written has been taken from `out`, which is empty now. */
  taken(bytes: number): void {
    this.#layout.taken(bytes);
  }

  /** Adds a key above the one before, of whose bytes it shares the first `shared`. */
  add(key: Uint8Array, shared: number, payloadBits: number, payload: Uint8Array): void {
    this.#open(key, key.length, shared);
    this.#path.setPayload(payloadBits, payload.slice());
  }

  /**
   * The same, quicker, for the first `length` bytes of `key`, with which no later key begins; the payload
   * is a hash of one byte and a signed number.
   */
  addHashed(key: Uint8Array, length: number, shared: number, hash: number, value: number): void {
    this.#open(key, length - 1, shared);
    const branches = this.#branches;
    const { bytes, length: at } = branches;
    const size = signedLength(value);
    bytes[at] = size + HASH_BITS;
    bytes[at + 1] = hash;
    const end = putNumber(bytes, at + 2, value, size);
    if (length === 0) {
      this.#path.setPayload(size + HASH_BITS, bytes.slice(at + 1, end));
      return;
    }
    branches.length = end;
    branches.push(key[length - 1] as number, at, at, null);
    branches.room(PAGE_BYTES);
  }

  /** Writes what is left; returns the position of the root. The next key begins another trie. */
  finish(): number {
    this.#completeTo(-1);
    const position = this.#layout.finish(this.#branches);
    this.#branches.drop(0);
    this.#path.depth = 0;
    this.#path.setPayload(0, NO_BYTES);
    return position;
  }

  /** Gives every unwritten node the sizes that it has behind the last page of the file. */
  layOutBehind(): void {
    let end = Math.ceil(this.position / PAGE_BYTES) * PAGE_BYTES;
    const branches = this.#branches;
    for (let i = 0; i < branches.count; i++) end += this.#layout.recalculate(branches, i, end);
  }

  /** Makes the path that of the first `length` bytes of a key. */
  #open(key: Uint8Array, length: number, shared: number): void {
    this.#completeTo(shared);
    for (let i = shared; i < length; i++) {
      this.#path.open(key[i] as number, this.#branches.count);
    }
  }

  /** Completes the nodes of the last key below the one at `depth`, the deepest first. */
  #completeTo(depth: number): void {
    const path = this.#path;
    for (; path.depth > depth; path.depth--) {
      if (!this.#keep()) this.#layOut();
      this.#branches.room(PAGE_BYTES);
    }
  }

  /** Keeps the bytes of the last node of the path; false where it has to be laid out. */
  #keep(): boolean {
    const { depth, firstChild, payloadBits, payloads } = this.#path;
    const branches = this.#branches;
    const first = firstChild[depth] as number;
    const children = this.#children;
    children.count = 0;
    const at = branches.length;
    for (let i = first; i < branches.count; i++) {
      if (branches.objects[i] !== null) return false;
      children.add(branches.transitions[i] as number, at - (branches.nodes[i] as number));
    }
    const { count, transitions, distances } = children;
    const range = (transitions[count - 1] ?? 0) - (transitions[0] as number) + 1;
    const bits = payloadBits[depth] as number;
    const type = nodeType(count, range, distances[0] as number, bits);
    const payload = payloads[depth] as Uint8Array;
    const start = count === 0 ? at : (branches.starts[first] as number);
    if (at - start + nodeBytes(type, count, range) + payload.length >= PAGE_BYTES) return false;
    const end = writeNode(branches.bytes, at, type, bits, children);
    if (payload.length > 0) branches.bytes.set(payload, end);
    branches.count = first;
    branches.length = end + payload.length;
    branches.push(this.#path.transitions[depth] as number, start, at, null);
    return true;
  }

  /** Completes the last node of the path where it or its children have a place in the file. */
  #layOut(): void {
    const { depth, transitions, firstChild, payloadBits, payloads } = this.#path;
    const branches = this.#branches;
    const first = firstChild[depth] as number;
    const bits = payloadBits[depth] as number;
    const payload = payloads[depth] as Uint8Array;
    const node = this.#layout.complete(bits, payload, branches, first);
    branches.drop(first);
    branches.push(transitions[depth] as number, branches.length, branches.length, node);
  }
}
