/**
 * Writes the tries of Partitions.db and Rows.db (nodes: trie-node.ts), byte for byte as Cassandra lays
 * them out.
 *
 * A node is complete when the next key leaves it. As long as it and everything below it fit a page of
 * 4096 bytes it stays in memory. Otherwise its children are written: the largest branch that fits what
 * is left of the page first, so that no node ever crosses from one page to the next and what belongs
 * together mostly stands in one page. Pages are those of the file. At the end the root is written.
 *
 * Sizes are taken when a node is complete and again when its place is known, but not in between, and
 * the layout follows from them: nothing here may be computed earlier or later than it is.
 */
import type { ByteWriter } from '../../binary/index.js';
import { sizeAt, UnwrittenNode, writeNode } from './trie-sizes.js';

const PAGE_BYTES = 4096;

export class TrieWriter {
  readonly #out: ByteWriter;
  /** Position in the file of the first byte of `out`. */
  #base: number;
  readonly #root = new UnwrittenNode(0);
  /** From the root to the node of the last key. */
  readonly #stack: UnwrittenNode[] = [this.#root];

  /** Appends to `out`, whose first byte stands at `base` of the file. */
  constructor(out: ByteWriter, base: number) {
    this.#out = out;
    this.#base = base;
  }

  /** Where the next byte comes to stand. */
  get position(): number {
    return this.#base + this.#out.length;
  }

  get root(): UnwrittenNode {
    return this.#root;
  }

  /** What was written has been taken from `out`, which is empty now. */
  taken(bytes: number): void {
    this.#base += bytes;
  }

  /**
   * Adds the first `length` bytes of `key`, above the key before, of whose bytes it shares the first
   * `shared`. The node is returned for its payload.
   */
  add(key: Uint8Array, length: number, shared: number): UnwrittenNode {
    const stack = this.#stack;
    this.#completeTo(shared + 1);
    let node = stack[stack.length - 1] ?? this.#root;
    for (let i = shared; i < length; i++) {
      node = node.addChild(key[i] as number);
      stack.push(node);
    }
    return node;
  }

  /** Writes what is left; returns the position of the root. */
  finish(): number {
    const root = this.#root;
    this.#completeTo(1);
    this.#complete(root);
    let size = this.#recalculate(root, this.position);
    if (size > this.#room()) {
      if (size <= PAGE_BYTES) {
        this.#pad();
        size = this.#recalculate(root, this.position);
      }
      if (size > this.#room()) {
        this.#layOutChildren(root);
        if (root.nodeSize > this.#room()) this.#pad();
        this.#recalculate(root, this.position);
      }
    }
    this.#write(root);
    return root.position;
  }

  /** Completes the nodes of the last key below the first `depth` ones, the deepest first. */
  #completeTo(depth: number): void {
    const stack = this.#stack;
    while (stack.length > depth) {
      const node = stack.pop();
      if (node !== undefined) this.#complete(node);
    }
  }

  /** Bytes to the end of the page. */
  #room(): number {
    return PAGE_BYTES - (this.position % PAGE_BYTES);
  }

  #pad(): void {
    const room = this.#room();
    if (room < PAGE_BYTES) this.#out.bytes(new Uint8Array(room));
  }

  #complete(node: UnwrittenNode): void {
    let branch = 0;
    let hasWritten = false;
    let branchHasWritten = false;
    for (const child of node.children) {
      branch += child.branchSize + child.nodeSize;
      if (child.position >= 0) hasWritten = true;
      else if (child.hasWritten || child.branchHasWritten) branchHasWritten = true;
    }
    node.branchSize = branch;
    const size = sizeAt(node, this.position);
    if (size + branch >= PAGE_BYTES) {
      this.#layOutChildren(node);
      return;
    }
    node.nodeSize = size;
    node.hasWritten = hasWritten;
    node.branchHasWritten = branchHasWritten;
  }

  /** Writes all branches below a node. */
  #layOutChildren(node: UnwrittenNode): void {
    const waiting = node.children.filter((child) => child.position < 0).sort(bySize);
    while (waiting.length > 0) {
      let at = largestWithin(waiting, this.#room());
      if (at < 0) {
        this.#pad();
        at = waiting.length - 1;
      }
      const [child] = waiting.splice(at, 1);
      if (child === undefined) break;
      const room = this.#room();
      if (child.hasWritten || child.branchHasWritten) {
        const size = this.#recalculate(child, this.position);
        if (size > room) {
          // It does not even fit a page of its own.
          if (room === PAGE_BYTES) this.#layOutChildren(child);
          insert(waiting, child);
          continue;
        }
      }
      this.#write(child);
    }
    node.branchSize = 0;
    node.hasWritten = true;
    node.branchHasWritten = false;
    node.nodeSize = sizeAt(node, this.position);
  }

  /** Takes the sizes of a branch again as if it were written at `at`; returns that of all of it. */
  #recalculate(node: UnwrittenNode, at: number): number {
    if (node.branchHasWritten) {
      let branch = 0;
      for (const child of node.children) branch += this.#recalculate(child, at + branch);
      node.branchSize = branch;
    }
    if (node.hasWritten || node.branchHasWritten) {
      node.nodeSize = sizeAt(node, at + node.branchSize);
    }
    return node.branchSize + node.nodeSize;
  }

  #write(node: UnwrittenNode): void {
    for (const child of node.children) if (child.position < 0) this.#write(child);
    const { position } = this;
    writeNode(this.#out, node, position);
    node.written(position);
  }
}

const sizeOf = (node: UnwrittenNode): number => node.branchSize + node.nodeSize;

function bySize(a: UnwrittenNode, b: UnwrittenNode): number {
  return sizeOf(a) - sizeOf(b) || a.transition - b.transition;
}

/** Place of the largest branch of at most `room` bytes, or -1. */
function largestWithin(waiting: readonly UnwrittenNode[], room: number): number {
  let at = waiting.length - 1;
  while (at >= 0 && sizeOf(waiting[at] as UnwrittenNode) > room) at--;
  return at;
}

function insert(waiting: UnwrittenNode[], node: UnwrittenNode): void {
  const at = waiting.findIndex((other) => bySize(node, other) < 0);
  waiting.splice(at < 0 ? waiting.length : at, 0, node);
}
