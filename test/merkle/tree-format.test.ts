import t from 'tap';
import { isSstashError } from '../../src/errors.js';
import {
  NO_CUT,
  parseTree,
  RunBuilder,
  SSTableTree,
  serialiseTree,
} from '../../src/merkle/index.js';
import { batchOf, bytesOf, makeLeaves, random } from './synthetic.js';

const leaves = makeLeaves(1, 60);
const rule = { depth: 4, rowBits: 5, headBits: NO_CUT };
const builder = new RunBuilder(rule);
builder.add(batchOf(leaves, 0));
const tree = new SSTableTree(rule, builder.finish(), bytesOf(leaves), true);
const bytes = serialiseTree(tree);

t.test('a tree comes back from its bytes', async (t) => {
  // In a larger buffer, at an odd offset, as a part of a file would be.
  const shifted = Buffer.concat([Buffer.from('x'), bytes]).subarray(1);
  const back = parseTree(shifted);
  t.same(back.rule, tree.rule);
  t.same(Buffer.from(back.runs.buffer), Buffer.from(tree.runs.buffer));
  t.equal(back.root(), tree.root());
  t.equal(back.ordered, true);
  t.equal(back.dataLength, tree.dataLength);
  t.same(serialiseTree(back), bytes);
});

t.test('an empty tree comes back', async (t) => {
  const empty = new SSTableTree(rule, new RunBuilder(rule).finish(), 0, true);
  const back = parseTree(serialiseTree(empty));
  t.equal(back.leafCount, 0);
  t.equal(back.root(), empty.root());
});

t.test('a changed byte anywhere is TREE_INVALID and names the file', async (t) => {
  const accepted: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    try {
      parseTree(damaged, { file: 'a.tree' });
      accepted.push(at);
    } catch (error) {
      if (!isSstashError(error, 'TREE_INVALID') || error.file !== 'a.tree') throw error;
    }
  }
  t.same(accepted, []);
});

t.test('a cut or longer file is TREE_INVALID', async (t) => {
  for (const length of [0, 7, 63, 79, bytes.length - 68, bytes.length - 1]) {
    t.throws(() => parseTree(bytes.subarray(0, length)), { code: 'TREE_INVALID' });
  }
  t.throws(() => parseTree(Buffer.concat([bytes, bytes])), { code: 'TREE_INVALID' });
});

t.test('runs that contradict each other are refused even with a right checksum', async (t) => {
  const next = random(3);
  const columns = ['position', 'firstLeaf', 'headLeaf', 'leafCount', 'ringHigh'] as const;
  for (const column of columns) {
    const runs = tree.runs.regroup(rule);
    const at = 1 + (next() % (runs.count - 1));
    runs[column][at] = column === 'ringHigh' ? 0 : (runs[column][at] ?? 0) + 1e6;
    const wrong = new SSTableTree(rule, runs, tree.dataLength, true);
    t.throws(() => parseTree(serialiseTree(wrong)), { code: 'TREE_INVALID' }, column);
  }
});
