import t from 'tap';
import { KernelInstance } from '../../src/codec/index.js';
import {
  addSums,
  concatRuns,
  equalSums,
  type LeafBatch,
  NO_CUT,
  RunBuilder,
  type RunRule,
  type RunTable,
  SSTableTree,
} from '../../src/merkle/index.js';
import { batchOf, bytesOf, type Leaf, makeLeaves, random } from './synthetic.js';

const RULE: RunRule = { depth: 5, rowBits: 4, headBits: NO_CUT };

/** Runs of `leaves` fed in windows of random sizes, from native position `base` on. */
function build(
  leaves: readonly Leaf[],
  rule: RunRule,
  seed: number,
  base = 0,
  place: (batch: LeafBatch) => LeafBatch = (batch) => batch,
): RunTable {
  const next = random(seed);
  const builder = new RunBuilder(rule);
  let at = 0;
  let position = base;
  while (at < leaves.length) {
    const window = leaves.slice(at, at + 1 + (next() % 50));
    builder.add(place(batchOf(window, position)));
    position += bytesOf(window);
    at += window.length;
  }
  return builder.finish();
}

/** The arrays that a scan looks at, in the memory of a kernel. */
function inKernel(instance: KernelInstance, batch: LeafBatch): LeafBatch {
  let at = instance.start;
  const take = <A extends Uint8Array | Uint32Array | Int32Array>(array: A): number => {
    const start = at;
    instance.bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start);
    at = Math.ceil((start + array.byteLength) / 16) * 16;
    return start;
  };
  instance.ensure(at + 64 * batch.leafCount);
  const { buffer } = instance.bytes;
  const { leafCount } = batch;
  return {
    ...batch,
    leafDigests: new Uint8Array(buffer, take(batch.leafDigests), 16 * leafCount),
    leafCuts: new Uint32Array(buffer, take(batch.leafCuts), leafCount),
    leafIsHead: new Uint8Array(buffer, take(batch.leafIsHead), leafCount),
    partitionTokenHigh: new Int32Array(
      buffer,
      take(batch.partitionTokenHigh),
      batch.partitionTokenHigh.length,
    ),
  };
}

const bytes = (runs: RunTable): string => Buffer.from(runs.buffer).toString('hex');

t.test('runs do not depend on windows', async (t) => {
  const leaves = makeLeaves(1, 200);
  const once = build(leaves, RULE, 1);
  t.ok(once.count > 32, `${once.count} runs`);
  for (const seed of [2, 3, 4]) t.equal(bytes(build(leaves, RULE, seed)), bytes(once));
});

t.test('the kernel finds the same runs', async (t) => {
  const instance = KernelInstance.acquire();
  const leaves = makeLeaves(9, 300, 700);
  for (const depth of [0, 1, 5, 9, 31, 32]) {
    for (const rowBits of [0, 2, 5, 16, NO_CUT]) {
      for (const headBits of [0, 3, 16, NO_CUT]) {
        const rule = { depth, rowBits, headBits };
        const seed = 1 + depth + rowBits;
        const made = build(leaves, rule, seed, 5, (batch) => inKernel(instance, batch));
        t.equal(bytes(made), bytes(build(leaves, rule, seed, 5)), JSON.stringify(rule));
      }
    }
  }
  instance.release();
});

t.test('runs do not depend on how the file is split into ranges', async (t) => {
  const leaves = makeLeaves(5, 200);
  const whole = bytes(build(leaves, RULE, 1));
  const heads = leaves.flatMap((leaf, i) => (leaf.head ? [i] : []));
  for (const every of [1, 3, 50]) {
    const starts = heads.filter((_, p) => p % every === 0);
    const ranges = starts.map((from, i) => {
      const base = bytesOf(leaves.slice(0, from));
      return build(leaves.slice(from, starts[i + 1] ?? leaves.length), RULE, i, base);
    });
    t.equal(bytes(concatRuns(RULE, ranges)), whole, `split every ${every} partitions`);
  }
});

t.test('regrouping gives the runs of the coarser rule', async (t) => {
  const leaves = makeLeaves(6, 300, 700);
  const fine = build(leaves, { depth: 8, rowBits: 2, headBits: 1 }, 1);
  for (const depth of [0, 3, 8]) {
    for (const rowBits of [2, 5, NO_CUT]) {
      for (const headBits of [1, 4, NO_CUT]) {
        const rule = { depth, rowBits, headBits };
        const label = JSON.stringify(rule);
        t.equal(bytes(fine.regroup(rule)), bytes(build(leaves, rule, 1)), label);
      }
    }
  }
});

t.test('the sum is that of the leaves, at every depth and over every stretch', async (t) => {
  const leaves = makeLeaves(7, 150);
  const length = bytesOf(leaves);
  const words = new Uint32Array(4);
  for (const { digest } of leaves) {
    const view = new DataView(digest.buffer);
    for (let w = 0; w < 4; w++) words[w] = (words[w] ?? 0) + view.getUint32(4 * w);
  }
  const roots = [0, 1, 4, 9].map((depth) => {
    const rule = { ...RULE, depth };
    const tree = new SSTableTree(rule, build(leaves, rule, 1), length, true);
    t.same(tree.sum(), { leaves: leaves.length, words });
    t.equal(tree.partitionCount, 150);
    const buckets = tree.bucketSums(Math.min(depth, 3));
    for (let w = 0; w < 4; w++) {
      const total = buckets.filter((_, i) => i % 4 === w).reduce((a, b) => (a + b) >>> 0, 0);
      t.equal(total, words[w]);
    }
    const middle = tree.runs.count >> 1;
    t.ok(equalSums(addSums([tree.sum(0, middle), tree.sum(middle)]), tree.sum()));
    return tree.root();
  });
  t.equal(new Set(roots).size, 1);
  t.match(roots[0], /^[0-9a-f]{32}$/);
});

t.test('a run that begins inside a partition ends with it', async (t) => {
  const leaves = makeLeaves(8, 100, 400);
  const runs = build(leaves, RULE, 1);
  let inside = 0;
  for (let i = 0; i < runs.count; i++) {
    if (!runs.startsInside(i)) continue;
    inside++;
    t.equal(runs.partitionCount[i], 0);
  }
  t.ok(inside > 50, `${inside} runs inside partitions`);
});

t.test('a file that does not begin with a head is refused', async (t) => {
  const leaves = makeLeaves(9, 10).slice(1);
  const builder = new RunBuilder(RULE);
  const rows = leaves.filter((leaf) => !leaf.head);
  t.throws(() => builder.add(batchOf(rows, 0)), TypeError);
});
