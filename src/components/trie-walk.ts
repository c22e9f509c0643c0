/**
 * Ways through a trie. Children stand before their parents in the file, so every way ends; a trie that
 * shares nodes is refused, since the ways through it could be more than anybody can go.
 */
import type { TrieNode } from './trie-node.js';

/** Gives the node at a position; throws where there can be none. */
export type NodeSource = (position: number) => TrieNode | Promise<TrieNode>;

export interface TrieEntry {
  /** The bytes that lead to the node; valid until the next entry. */
  readonly path: Uint8Array;
  /** Has a payload. */
  readonly node: TrieNode;
}

interface Step {
  readonly node: TrieNode;
  next: number;
}

/** Longer than every byte-comparable key: each byte of one takes two at most. */
const PATH_BYTES_MAX = 1 << 22;

/**
 * Every node with a payload, in the order of their paths. `nodesMax`: no trie in its place can have
 * more nodes. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED.
 */
export async function* trieEntries(
  source: NodeSource,
  root: number,
  nodesMax: number,
): AsyncGenerator<TrieEntry, void, undefined> {
  let path = new Uint8Array(64);
  const stack: Step[] = [];
  let visited = 0;
  let position = root;
  for (;;) {
    if (position >= 0) {
      const found = source(position);
      const node = found instanceof Promise ? await found : found;
      if (++visited > nodesMax) throw node.corrupt('the trie has more nodes than bytes');
      if (stack.length > PATH_BYTES_MAX) throw node.corrupt('the trie is too deep');
      const depth = stack.length;
      if (node.payloadBits !== 0) yield { path: path.subarray(0, depth), node };
      else if (node.count === 0) throw node.corrupt('a trie node leads nowhere');
      stack.push({ node, next: 0 });
      if (depth >= path.length) {
        const longer = new Uint8Array(2 * path.length);
        longer.set(path);
        path = longer;
      }
    }
    const step = stack.at(-1);
    if (step === undefined) return;
    const { node } = step;
    if (step.next >= node.count) {
      stack.pop();
      position = -1;
      continue;
    }
    const i = step.next++;
    if (i > 0 && node.transition(i) <= node.transition(i - 1)) {
      throw node.corrupt('the transitions of a trie node do not ascend');
    }
    if (node.transition(i) > 255) throw node.corrupt('a trie node has more than 256 children');
    path[stack.length - 1] = node.transition(i);
    position = node.child(i);
  }
}

/** Where a key leads to, and its neighbours. */
export interface TrieSearch {
  /** The last node with a payload that a beginning of the key leads to. */
  readonly found: TrieNode | null;
  /** Roots of the nearest branches below and above the way of the key. */
  readonly below: number | null;
  readonly above: number | null;
  /** The branch below lies above the node that was found. */
  readonly belowIsBehind: boolean;
}

/** Follows `key` from the root as far as it goes. */
export async function searchTrie(
  source: NodeSource,
  root: number,
  key: Uint8Array,
): Promise<TrieSearch> {
  let below: number | null = null;
  let above: number | null = null;
  let found: TrieNode | null = null;
  let belowIsBehind = false;
  let position = root;
  for (let depth = 0; ; depth++) {
    const node = await source(position);
    if (node.payloadBits !== 0) {
      found = node;
      belowIsBehind = false;
    }
    const byte = key[depth] ?? -1;
    let at = -1;
    for (let i = 0; i < node.count; i++) {
      const child = node.child(i);
      if (child < 0) continue;
      const transition = node.transition(i);
      if (transition < byte) {
        below = child;
        belowIsBehind = true;
      } else if (transition === byte) {
        at = child;
      } else {
        above = child;
        break;
      }
    }
    if (at < 0) return { found, below, above, belowIsBehind };
    position = at;
  }
}

/** The first (or last) entry of the branch at `root`. */
export async function endOfBranch(
  source: NodeSource,
  root: number,
  which: 'first' | 'last',
): Promise<TrieNode> {
  let position = root;
  for (;;) {
    const node: TrieNode = await source(position);
    const isEntry = node.payloadBits !== 0;
    if (which === 'first' && isEntry) return node;
    let next = -1;
    for (let i = 0; i < node.count; i++) {
      const child = node.child(which === 'first' ? i : node.count - 1 - i);
      if (child < 0) continue;
      next = child;
      break;
    }
    if (next < 0) {
      if (isEntry) return node;
      throw node.corrupt('a trie node leads nowhere');
    }
    position = next;
  }
}
