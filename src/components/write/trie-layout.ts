/**
 * Lays the branches of a trie out on the pages of a file.
 *
 * What is written below a node goes in this order: the largest branch that fits what is left of the
 * page first, so that no node ever crosses from one page to the next and what belongs together mostly
 * stands in one page.
 *
 * Sizes are taken when a node is complete and again when its place is known, but not in between, and
 * the layout follows from them: nothing here may be computed earlier or later than it is.
 */
import type { ByteWriter } from '../../binary/index.js';
import { NODE_BYTES_MAX } from '../trie-node.js';
import { type Branches, UnwrittenNode } from './trie-branches.js';
import { NodeChildren, writeNode } from './trie-nodes.js';

export const PAGE_BYTES = 4096;
/** A node has no more. Branches are sorted by size * 256 + their number. */
const CHILDREN_MAX = 256;

export class TrieLayout {
  readonly #out: ByteWriter;
  /** Position in the file of the first byte of `out`. */
  #base: number;
  readonly #node = new Uint8Array(NODE_BYTES_MAX);
  readonly #children = new NodeChildren();

  constructor(out: ByteWriter, base: number) {
    this.#out = out;
    this.#base = base;
  }

  get position(): number {
    return this.#base + this.#out.length;
  }

  taken(bytes: number): void {
    this.#base += bytes;
  }

  /**
   * The object of a complete node whose children are those of `branches` from `first` on, which are
   * written where they and the node do not fit a page.
   */
  complete(
    payloadBits: number,
    payload: Uint8Array,
    branches: Branches,
    first: number,
  ): UnwrittenNode {
    const transitions = branches.transitions.slice(first, branches.count);
    const node = new UnwrittenNode(payloadBits, payload, transitions);
    for (let i = first; i < branches.count; i++) node.branchSize += branches.size(i);
    node.nodeSize = node.sizeAt(node.branchSize - branches.branchSize(first));
    if (node.branchSize + node.nodeSize < PAGE_BYTES) node.children = branches.copy(first);
    else this.#layOutChildren(node, branches, first);
    return node;
  }

  /** Writes the root, branch 0, which is complete; returns its position. */
  finish(branches: Branches): number {
    const object = branches.objects[0] ?? null;
    let size = this.recalculate(branches, 0, this.position);
    if (size > this.#room()) {
      if (size <= PAGE_BYTES) {
        this.#pad();
        size = this.recalculate(branches, 0, this.position);
      }
      if (object !== null && size > this.#room()) {
        if (object.children !== null) this.#layOutChildren(object, object.children, 0);
        if (object.nodeSize > this.#room()) this.#pad();
        this.recalculate(branches, 0, this.position);
      }
    }
    return this.#write(branches, 0);
  }

  /** Takes the sizes of branch `i` again as if it were written at `at`; returns that of all of it. */
  recalculate(branches: Branches, i: number, at: number): number {
    const node = branches.objects[i] ?? null;
    if (node === null) return branches.size(i);
    const { children, positions } = node;
    if (children !== null) {
      let branch = 0;
      for (let k = 0; k < children.count; k++) branch += this.recalculate(children, k, at + branch);
      node.branchSize = branch;
      node.nodeSize = node.sizeAt(branch - children.branchSize(0));
    }
    if (positions !== null) node.nodeSize = node.sizeAt(at - lowest(positions));
    return node.branchSize + node.nodeSize;
  }

  /** Bytes to the end of the page. */
  #room(): number {
    return PAGE_BYTES - (this.position % PAGE_BYTES);
  }

  #pad(): void {
    const room = this.#room();
    if (room < PAGE_BYTES) this.#out.bytes(new Uint8Array(room));
  }

  /** Writes the branches from `first` on, which are all that is below a node. */
  #layOutChildren(node: UnwrittenNode, branches: Branches, first: number): void {
    const { length } = node.transitions;
    const positions = new Float64Array(length);
    const waiting = new Float64Array(length);
    for (let i = 0; i < length; i++) waiting[i] = branches.size(first + i) * CHILDREN_MAX + i;
    waiting.sort();
    for (let left = length; left > 0; ) {
      // The largest that fits, or of all where none does.
      let at = below(waiting, left, (this.#room() + 1) * CHILDREN_MAX) - 1;
      if (at < 0) {
        this.#pad();
        at = left - 1;
      }
      const i = (waiting[at] as number) & (CHILDREN_MAX - 1);
      waiting.copyWithin(at, at + 1, left);
      left--;
      const object = branches.objects[first + i] ?? null;
      const room = this.#room();
      const size = object === null ? 0 : this.recalculate(branches, first + i, this.position);
      if (object !== null && size > room) {
        // It does not even fit a page of its own.
        if (room === PAGE_BYTES && object.children !== null) {
          this.#layOutChildren(object, object.children, 0);
        }
        const again = branches.size(first + i) * CHILDREN_MAX + i;
        const to = below(waiting, left, again);
        waiting.copyWithin(to + 1, to, left);
        waiting[to] = again;
        left++;
        continue;
      }
      positions[i] = this.#write(branches, first + i);
    }
    node.children = null;
    node.positions = positions;
    node.branchSize = 0;
    node.nodeSize = node.sizeAt(this.position - lowest(positions));
  }

  /** Writes branch `i`; returns where its node is. */
  #write(branches: Branches, i: number): number {
    const object = branches.objects[i] ?? null;
    if (object !== null) return this.#writeObject(object);
    const end = branches.endOf(i);
    this.#out.part(branches.bytes, branches.starts[i] as number, end);
    return this.position - (end - (branches.nodes[i] as number));
  }

  #writeObject(node: UnwrittenNode): number {
    const { children, transitions, payload, payloadBits } = node;
    const positions = node.positions ?? new Float64Array(transitions.length);
    if (children !== null) {
      for (let i = 0; i < children.count; i++) positions[i] = this.#write(children, i);
    }
    const { position } = this;
    const places = this.#children;
    places.count = 0;
    for (const [i, transition] of transitions.entries()) {
      places.add(transition, position - (positions[i] as number));
    }
    const bytes = this.#node;
    const type = node.type(position - lowest(positions));
    const end = writeNode(bytes, 0, type, payloadBits, places);
    bytes.set(payload, end);
    this.#out.part(bytes, 0, end + payload.length);
    return position;
  }
}

/** How many of the first `count` numbers, which ascend, are below `limit`. */
function below(numbers: Float64Array, count: number, limit: number): number {
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] as number) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

function lowest(positions: Float64Array): number {
  let position = positions[0] as number;
  for (const each of positions) if (each < position) position = each;
  return position;
}
