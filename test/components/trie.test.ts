/** Tries: what the writer lays out, the walks find again; hostile nodes are refused. */
import t from 'tap';
import { ByteWriter, compareBytes, toHex } from '../../src/binary/index.js';
import {
  endOfBranch,
  type NodeSource,
  searchTrie,
  TrieNode,
  TrieWriter,
  trieEntries,
} from '../../src/components/index.js';
import {
  NodeChildren,
  nodeBytes,
  nodeType,
  writeNode,
} from '../../src/components/write/trie-nodes.js';
import { isSstashError } from '../../src/errors.js';
import { randomNumbers } from '../codec/seeded.js';

interface Entry {
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
}

/** Pieces of a file and where they stand in it. */
class Pieces {
  readonly #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  length = 0;

  add(at: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pieces.push({ at, bytes });
    this.length = at + bytes.length;
  }

  readonly node: NodeSource = (position) => {
    const piece = this.#pieces.findLast(({ at }) => at <= position);
    const from = position - (piece?.at ?? 0);
    return new TrieNode(piece?.bytes.subarray(from) ?? new Uint8Array(0), position, {});
  };
}

/** Writes a trie; what is ready is taken every `every` keys. */
function write(entries: readonly Entry[], every = Infinity) {
  const pieces = new Pieces();
  const out = new ByteWriter();
  const trie = new TrieWriter(out, 0);
  let base = 0;
  const take = (): void => {
    pieces.add(base, out.toBytes());
    base += out.length;
    trie.taken(out.length);
    out.clear();
  };
  let before = new Uint8Array(0);
  for (const [i, { key, payload }] of entries.entries()) {
    let shared = 0;
    while (shared < before.length && before[shared] === key[shared]) shared++;
    trie.add(key, shared, payload.length, payload);
    before = key.slice();
    if ((i + 1) % every === 0) take();
  }
  const root = trie.finish();
  take();
  return { pieces, root };
}

function randomEntries(seed: number, count: number, keyLength: number): Entry[] {
  const next = randomNumbers(seed);
  const keys = new Map<string, Uint8Array>();
  while (keys.size < count) {
    const key = Uint8Array.from({ length: 1 + (next() % keyLength) }, () => next() >>> 24);
    // Beginnings of each other are keys as well.
    keys.set(toHex(key), key);
  }
  return [...keys.values()].sort(compareBytes).map((key, i) => {
    const payload = new Uint8Array(1 + (next() % 7)).fill(i & 0x7f);
    return { key, payload };
  });
}

async function entriesOf({ pieces, root }: ReturnType<typeof write>): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, node } of trieEntries(pieces.node, root, pieces.length)) {
    const payload = node.payload(0, node.payloadBits);
    found.push(`${toHex(path)} ${toHex(payload)}`);
  }
  return found;
}

const CASES: readonly (readonly [name: string, entries: Entry[], every?: number])[] = [
  ['one key', randomEntries(1, 1, 4)],
  ['few keys', randomEntries(2, 20, 4)],
  ['many short keys', randomEntries(3, 20_000, 3)],
  ['many keys', randomEntries(4, 20_000, 8)],
  ['long keys', randomEntries(5, 40, 9000)],
  ['written in steps', randomEntries(6, 6000, 6), 50],
];

t.test('keys come back in order', async (t) => {
  for (const [name, entries, every] of CASES) {
    const trie = write(entries, every);
    const expected = entries.map(({ key, payload }) => `${toHex(key)} ${toHex(payload)}`);
    const found = await entriesOf(trie);
    t.equal(found.join('\n') === expected.join('\n'), true, name);
  }
});

t.test('keys with hashes are those with such payloads', (t) => {
  for (const count of [1, 2, 300, 20_000]) {
    // Of one length: none begins with another.
    const width = count === 1 ? 0 : 3;
    const entries = randomEntries(20 + count, count, 3).filter(({ key }) => key.length === 3);
    const [out, hashed] = [new ByteWriter(), new ByteWriter()];
    const tries = [new TrieWriter(out, 100), new TrieWriter(hashed, 100)] as const;
    let before = new Uint8Array(0);
    for (const [i, { key: whole }] of entries.slice(0, count).entries()) {
      const key = whole.slice(0, width);
      let shared = 0;
      while (shared < before.length && before[shared] === key[shared]) shared++;
      const value = -1 - i * 1000;
      const payload = new ByteWriter();
      payload.u8(i);
      payload.i32(value);
      const bytes = payload.toBytes();
      const size = value >= -128 ? 1 : value >= -32768 ? 2 : value >= -(2 ** 23) ? 3 : 4;
      bytes.copyWithin(1, 5 - size);
      tries[0].add(key, shared, 7 + size, bytes.subarray(0, 1 + size));
      tries[1].addHashed(key, key.length, shared, i & 0xff, value);
      before = key;
    }
    t.equal(tries[0].finish(), tries[1].finish(), `root of ${count}`);
    t.ok(out.length > 2, `${out.length} bytes`);
    t.equal(Buffer.compare(out.view(), hashed.view()), 0, `${count} keys`);
  }
  t.end();
});

t.test('nodes of every type', async (t) => {
  const at = 2 ** 45;
  const types = new Set<number>();
  const shapes = [[], [9], [9, 10], [0, 255], [1, 2, 3, 7, 8], [5, 6, 7, 8, 9, 10, 11, 12]];
  for (const transitions of shapes) {
    for (const distance of [2, 15, 16, 255, 4095, 4096, 65535, 65536, 2 ** 24, 2 ** 32, 2 ** 40]) {
      for (const payload of [new Uint8Array(0), Uint8Array.of(1, 2, 3)]) {
        const children = new NodeChildren();
        for (const [i, transition] of transitions.entries()) {
          children.add(transition, Math.max(1, distance - i));
        }
        const { count } = children;
        if (count + payload.length === 0) continue;
        const range = (transitions[count - 1] ?? 0) - (transitions[0] ?? 0) + 1;
        const type = nodeType(count, range, Math.max(1, distance), payload.length);
        const bytes = new Uint8Array(nodeBytes(type, count, range) + payload.length);
        const end = writeNode(bytes, 0, type, payload.length, children);
        bytes.set(payload, end);
        const label = `${transitions.length} children ${distance} away`;
        if (end + payload.length !== bytes.length) t.fail(`size of ${label}`);
        const read = new TrieNode(bytes, at, {});
        types.add(read.type);
        const found: string[] = [];
        for (let i = 0; i < read.count; i++) {
          const child = read.child(i);
          if (child >= 0) found.push(`${read.transition(i)} at ${child}`);
          if (child >= 0 && read.find(read.transition(i)) !== i) t.fail(`find in ${label}`);
        }
        const expected = transitions.map(
          (transition, i) => `${transition} at ${at - Math.max(1, distance - i)}`,
        );
        if (found.join() !== expected.join()) t.fail(`children of ${label}`);
        if (toHex(read.payload(0, payload.length)) !== toHex(payload))
          t.fail(`payload of ${label}`);
        if (read.find(4) !== -1) t.fail(`a child of ${label} that is not there`);
      }
    }
  }
  t.equal(types.size, 16);
});

t.test('no node crosses a page', async (t) => {
  const trie = write(randomEntries(10, 20_000, 5));
  let crossing = 0;
  const seen: NodeSource = (position) => {
    const node = trie.pieces.node(position) as TrieNode;
    const end = position + node.payloadOffset + node.payloadBits - 1;
    if (Math.floor(position / 4096) !== Math.floor(end / 4096)) crossing++;
    return node;
  };
  for await (const _ of trieEntries(seen, trie.root, trie.pieces.length));
  t.equal(crossing, 0);
});

t.test('searches find the key or its neighbours', async (t) => {
  const entries = randomEntries(11, 3000, 4);
  const trie = write(entries);
  const source = trie.pieces.node;
  const next = randomNumbers(12);
  let wrong = 0;
  for (let i = 0; i < 3000; i++) {
    const key = Uint8Array.from({ length: 1 + (next() % 5) }, () => next() >>> 24);
    const { found, below, above, belowIsBehind } = await searchTrie(source, trie.root, key);
    const at = entries.findLastIndex((entry) => compareBytes(entry.key, key) <= 0);
    const floor =
      below !== null && (belowIsBehind || found === null)
        ? await endOfBranch(source, below, 'last')
        : found;
    const payloadOf = (node: TrieNode | null): string =>
      node === null ? '' : toHex(node.payload(0, node.payloadBits));
    if (payloadOf(floor) !== toHex(entries[at]?.payload ?? new Uint8Array(0))) wrong++;
    const ceiling = above === null ? null : await endOfBranch(source, above, 'first');
    if (payloadOf(ceiling) !== toHex(entries[at + 1]?.payload ?? new Uint8Array(0))) wrong++;
  }
  t.equal(wrong, 0);
});

t.test('hostile nodes', async (t) => {
  const walk = async (bytes: number[], root: number): Promise<string> => {
    const whole = Uint8Array.from(bytes);
    const source: NodeSource = (position) => new TrieNode(whole.subarray(position), position, {});
    try {
      let count = 0;
      for await (const _ of trieEntries(source, root, whole.length)) count++;
      return `${count} entries`;
    } catch (error) {
      if (isSstashError(error)) return error.code;
      throw error;
    }
  };
  t.equal(await walk([0x01, 0x05], 0), '1 entries');
  t.equal(await walk([0x10, 0x05], 0), 'SSTABLE_CORRUPT', 'points at itself');
  t.equal(await walk([0x11, 0x05], 0), 'SSTABLE_CORRUPT', 'points before the file');
  t.equal(await walk([0x00], 0), 'SSTABLE_CORRUPT', 'leads nowhere');
  t.equal(await walk([0x01, 1, 0x50, 2, 9, 8, 2, 2], 2), 'SSTABLE_CORRUPT', 'descends');
  t.equal(await walk([0x50, 200, 1, 2], 0), 'SSTABLE_TRUNCATED', 'ends early');
  t.equal(await walk([0xf1], 0), 'SSTABLE_TRUNCATED', 'has no children');
  t.equal(await walk([0x01, 1, 0xa0, 255, 9, ...new Array(15).fill(0), 2], 2), 'SSTABLE_CORRUPT');
  // Each node leads twice to the one before: 2^40 ways.
  const doubling = [0x01, 7];
  for (let i = 0; i < 40; i++) {
    const size = i === 0 ? 2 : 6;
    doubling.push(0x50, 2, 1, 2, size, size);
  }
  t.equal(await walk(doubling, doubling.length - 6), 'SSTABLE_CORRUPT', 'shares nodes');
});
