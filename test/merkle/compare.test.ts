import t from 'tap';
import {
  compareTrees,
  type LeafSpan,
  NO_CUT,
  RunBuilder,
  type RunRule,
  type Side,
  SSTableTree,
  type Zone,
} from '../../src/merkle/index.js';
import { batchOf, bytesOf, type Leaf, makeLeaves } from './synthetic.js';

const RULE: RunRule = { depth: 6, rowBits: 5, headBits: NO_CUT };

function treeOf(leaves: readonly Leaf[], rule = RULE): SSTableTree {
  const builder = new RunBuilder(rule);
  builder.add(batchOf(leaves, 0));
  return new SSTableTree(rule, builder.finish(), bytesOf(leaves), true);
}

/** The comparison of two tables given as lists of SSTables; `read` counts refined leaves. */
async function zonesOf(a: Leaf[][], b: Leaf[][], rules: RunRule[] = []) {
  const files: Record<Side, Leaf[][]> = { a, b };
  const trees = (side: Side): SSTableTree[] =>
    files[side].map((leaves, i) => treeOf(leaves, rules[i] ?? RULE));
  let refined = 0;
  const refine = async (side: Side, tree: number, span: LeafSpan): Promise<SSTableTree> => {
    const leaves = (files[side][tree] ?? []).slice(span.firstLeaf, span.firstLeaf + span.leafCount);
    refined += leaves.length;
    const rule = { depth: 32, rowBits: NO_CUT, headBits: NO_CUT };
    const builder = new RunBuilder(rule);
    builder.add(batchOf(leaves, span.position));
    const runs = builder.finish();
    for (let i = 0; i < runs.count; i++) {
      runs.firstLeaf[i] = (runs.firstLeaf[i] ?? 0) + span.firstLeaf;
      runs.headLeaf[i] = (runs.headLeaf[i] ?? 0) + span.firstLeaf;
    }
    return new SSTableTree(rule, runs, span.end, true);
  };
  const zones: Zone[] = [];
  for await (const zone of compareTrees(trees('a'), trees('b'), { refine })) zones.push(zone);
  const leaves = zones.flatMap((zone) =>
    zone.spans.flatMap(({ side, tree, firstLeaf, leafCount }) =>
      (files[side][tree] ?? [])
        .slice(firstLeaf, firstLeaf + leafCount)
        .map((leaf) => ({ side, leaf })),
    ),
  );
  return { zones, leaves, refined };
}

/** The same leaves spread over `parts` SSTables, whole partitions each. */
function spread(leaves: readonly Leaf[], parts: number): Leaf[][] {
  const files: Leaf[][] = Array.from({ length: parts }, () => []);
  let partition = -1;
  for (const leaf of leaves) {
    if (leaf.head) partition++;
    files[partition % parts]?.push(leaf);
  }
  return files;
}

/** A copy with the digest of leaf `at` changed. */
function changed(leaves: readonly Leaf[], at: number): Leaf[] {
  return leaves.map((leaf, i) => {
    if (i !== at) return leaf;
    const digest = leaf.digest.slice();
    digest[0] = (digest[0] ?? 0) ^ 1;
    return { ...leaf, digest };
  });
}

t.test('the same leaves in other files do not differ', async (t) => {
  const leaves = makeLeaves(1, 400);
  for (const parts of [1, 2, 5]) {
    t.same((await zonesOf([leaves], spread(leaves, parts))).zones, [], `${parts} SSTables`);
  }
});

t.test('a flipped leaf is found, and little else is to be read', async (t) => {
  const leaves = makeLeaves(2, 400);
  for (const at of [0, 17, leaves.length >> 1, leaves.length - 1]) {
    const { zones, leaves: read } = await zonesOf([leaves], [changed(leaves, at)]);
    t.equal(zones.length, 1);
    for (const side of ['a', 'b']) {
      const own = read.filter((item) => item.side === side).map((item) => item.leaf);
      const original = leaves[at];
      t.ok(own.some((leaf) => leaf.cut === original?.cut && leaf.size === original?.size));
      t.ok(own.length < leaves.length / 20, `${own.length} of ${leaves.length} leaves`);
    }
  }
});

t.test('a leaf that one side has twice is a difference', async (t) => {
  const leaves = makeLeaves(3, 100);
  const head = leaves.slice(
    0,
    leaves.findIndex((leaf, i) => i > 0 && leaf.head),
  );
  const { zones } = await zonesOf([leaves, head], [leaves]);
  t.equal(zones.length, 1);
  t.ok(zones[0]?.spans.every((span) => span.side === 'a'));
});

t.test('a change inside a large partition needs the runs around it only', async (t) => {
  const leaves = makeLeaves(4, 8, 20_000);
  const at = leaves.length >> 1;
  const { leaves: read } = await zonesOf([leaves], [changed(leaves, at)]);
  t.ok(read.length > 0 && read.length < 1000, `${read.length} of ${leaves.length} leaves`);
});

t.test('a small SSTable with broad runs does not make everything be read', async (t) => {
  const large = makeLeaves(5, 3000);
  const small = makeLeaves(6, 10);
  const broad: RunRule = { ...RULE, depth: 0 };
  const deep: RunRule = { ...RULE, depth: 9 };
  const at = large.length >> 1;
  const { leaves, refined, zones } = await zonesOf(
    [large, small],
    [changed(large, at), changed(small, 3)],
    [deep, broad],
  );
  t.ok(refined > 0 && refined <= 2 * small.length, `${refined} leaves refined`);
  t.equal(zones.length, 2);
  t.ok(leaves.length < large.length / 20, `${leaves.length} of ${large.length} leaves`);
});

t.test('tables without SSTables compare', async (t) => {
  const leaves = makeLeaves(7, 20);
  t.same((await zonesOf([], [])).zones, []);
  const { leaves: read } = await zonesOf([leaves], []);
  t.equal(read.length, leaves.length);
});

t.test('everything differs: all is to be read, in ring order', async (t) => {
  const [a, b] = [makeLeaves(8, 200), makeLeaves(9, 200)];
  const { zones, leaves } = await zonesOf([a], [b]);
  t.equal(leaves.length, a.length + b.length);
  const places = zones.map((zone) => zone.ringHigh);
  t.same(
    places,
    [...places].sort((x, y) => x - y),
  );
});
