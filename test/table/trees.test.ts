import {
  appendFileSync,
  cpSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { daySnapshot, fixtureTables, upgradePairs } from '../../fixtures/index.js';
import { equalBytes } from '../../src/binary/index.js';
import { NO_CUT, rootDigest, serialiseTree } from '../../src/merkle/index.js';
import { type Executor, inlineExecutor } from '../../src/parallel/index.js';
import { closeIdleSSTables, findTables, SSTable } from '../../src/sstable/index.js';
import {
  buildTree,
  cacheDirectory,
  type LoadedTree,
  loadTrees,
  parseTrees,
  physicalDigest,
  serialiseTrees,
  tableSum,
} from '../../src/table/index.js';
import { tasks } from '../../src/tasks/index.js';

const executor = inlineExecutor(tasks);

async function load(
  directory: string,
  options: { cache?: string; physical?: boolean } = {},
): Promise<LoadedTree[]> {
  const loaded: LoadedTree[] = [];
  const { cache = null, physical = false } = options;
  for (const files of await findTables([directory])) {
    const trees = loadTrees(files, { executor, cache, physical });
    for await (const tree of trees) loaded.push(tree);
  }
  return loaded;
}

const roots = (loaded: readonly LoadedTree[]): string[] =>
  loaded.map(({ entry }) => entry.tree.root()).sort();

t.test('rows that upgradesstables rewrote from nb to oa have the same roots', async (t) => {
  for (const { nb, oa } of upgradePairs()) {
    t.same(roots(await load(nb.directory)), roots(await load(oa.directory)), nb.table);
  }
});

t.test('trees count the leaves and partitions of every fixture', async (t) => {
  for (const { directory, sstables, table } of fixtureTables()) {
    const loaded = await load(directory);
    t.ok(loaded.length >= sstables.length, table);
    for (const { entry, bytesReadForTrees } of loaded) {
      const { tree } = entry;
      t.ok(tree.partitionCount > 0 && tree.leafCount >= tree.partitionCount);
      t.ok(bytesReadForTrees > 0);
    }
  }
});

t.test('the tree does not depend on ranges or on how many run at once', async (t) => {
  let cut = 0;
  for (const { sstables } of fixtureTables()) {
    for (const { dataPath } of sstables) {
      const sstable = await SSTable.open(dataPath);
      const whole = serialiseTree((await buildTree(sstable, { executor })).tree);
      for (const [rangeBytes, concurrency] of [
        [1, 1],
        [3000, 3],
        [1e9, 2],
      ] as const) {
        if ((await sstable.ranges(rangeBytes)).length > 1) cut++;
        const many: Executor = { ...executor, concurrency };
        const { tree } = await buildTree(sstable, { executor: many, rangeBytes });
        if (!equalBytes(serialiseTree(tree), whole)) t.fail(`${dataPath} by ${rangeBytes}`);
      }
      await sstable.close();
    }
  }
  await closeIdleSSTables();
  t.ok(cut > 100, `${cut} SSTables were cut into ranges`);
});

t.test('an SSTable that a compaction left alone keeps its root', async (t) => {
  const [day1, day2] = await Promise.all(
    (['day1', 'day2'] as const).map(async (day) => load(daySnapshot('customers', day).directory)),
  );
  t.same(roots(day1 ?? []), roots(day2 ?? []));
});

t.test('the physical digest is that of the bytes, whatever the folder is called', async (t) => {
  const { directory } = daySnapshot('products', 'day1');
  const copy = join(t.testdir(), 'other-name');
  cpSync(directory, copy, { recursive: true });
  const digests = async (folder: string): Promise<(string | null)[]> =>
    (await load(folder, { physical: true })).map(({ entry }) => entry.physical);
  const before = await digests(directory);
  t.same(await digests(copy), before);
  const toc = readdirSync(copy).find((name) => name.endsWith('-TOC.txt')) ?? '';
  appendFileSync(join(copy, toc), '\n');
  t.not((await digests(copy)).join(), before.join());
});

t.test('digests of blocks taken while the rows are read are those of Data.db', async (t) => {
  for (const { directory, table } of fixtureTables()) {
    for (const { sstables } of await findTables([directory])) {
      for (const files of sstables.slice(0, 1)) {
        const sstable = await SSTable.open(files);
        const rangeBytes = Math.ceil(sstable.dataLength / 5);
        const { blocks } = await buildTree(sstable, { executor, rangeBytes, physical: true });
        const known = blocks ?? new Uint8Array(0);
        t.ok(known.length >= 16 || sstable.dataLength === 0);
        const physical = await physicalDigest(sstable);
        t.equal(await physicalDigest(sstable, { blocks: known }), physical, table);
        t.not(await physicalDigest(sstable, { blocks: known.map((byte) => ~byte) }), physical);
        await sstable.close();
      }
    }
  }
  await closeIdleSSTables();
});

/** Every file under `directory`. */
function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

t.test('trees come from the cache, and damaged ones are built again', async (t) => {
  const { directory } = daySnapshot('orders', 'day2');
  const cache = t.testdir();
  const built = await load(directory, { cache });
  const files = filesUnder(cache);
  t.equal(files.length, built.length);
  const cached = await load(directory, { cache });
  t.same(roots(cached), roots(built));
  t.ok(cached.every((tree) => tree.bytesReadForTrees === 0 && tree.treeBytesRead > 0));
  for (const [i, file] of files.entries()) {
    const bytes = readFileSync(file);
    if (i === 0) bytes[200] = (bytes[200] ?? 0) ^ 1;
    writeFileSync(file, i === 0 ? bytes : bytes.subarray(0, 30));
  }
  const again = await load(directory, { cache });
  t.same(roots(again), roots(built));
  t.ok(again.every((tree) => tree.bytesReadForTrees > 0));
  t.ok((await load(directory, { cache })).every((tree) => tree.bytesReadForTrees === 0));
});

t.test('a link to an SSTable is the same, a file written anew is not', async (t) => {
  const { directory } = daySnapshot('orders', 'day1');
  const cache = t.testdir({ copy: {} });
  const copy = join(cache, 'copy');
  for (const file of filesUnder(directory)) linkSync(file, join(copy, basename(file)));
  await load(directory, { cache });
  t.ok((await load(copy, { cache })).every((tree) => tree.bytesReadForTrees === 0));
  const data = filesUnder(copy).find((file) => file.endsWith('-Data.db')) ?? '';
  const bytes = readFileSync(data);
  rmSync(data);
  writeFileSync(data, bytes);
  t.ok((await load(copy, { cache })).some((tree) => tree.bytesReadForTrees > 0));
});

t.test('a physical digest in the cache is not believed when a component changed', async (t) => {
  const cache = t.testdir();
  const copy = join(cache, 'copy');
  cpSync(daySnapshot('orders', 'day1').directory, copy, { recursive: true });
  const [before] = await load(copy, { cache, physical: true });
  const summary = filesUnder(copy).find((file) => file.endsWith('-Summary.db')) ?? '';
  appendFileSync(summary, 'x');
  const [after] = await load(copy, { cache, physical: true });
  t.equal(after?.bytesReadForTrees, 0, 'the tree itself comes from the cache');
  t.not(after?.entry.physical, before?.entry.physical);
});

t.test('a cache that cannot be written is done without', async (t) => {
  const directory = t.testdir({ file: '' });
  const [tree] = await load(daySnapshot('orders', 'day1').directory, {
    cache: join(directory, 'file'),
  });
  t.ok((tree?.entry.tree.leafCount ?? 0) > 0);
  t.equal(statSync(join(directory, 'file')).size, 0);
});

t.test('the cache lies where the environment says', async (t) => {
  const home = { HOME: '/h' };
  t.equal(cacheDirectory({ ...home, SSTASH_CACHE_DIR: '/c', XDG_CACHE_HOME: '/d' }), '/c');
  t.equal(cacheDirectory({ ...home, XDG_CACHE_HOME: '/d' }), '/d/sstash');
  t.equal(cacheDirectory(home), '/h/.cache/sstash');
  t.equal(cacheDirectory({}), null);
});

t.test('a tree file comes back, and is refused when a byte of it changed', async (t) => {
  const loaded = await load(daySnapshot('products', 'day1').directory);
  const sstables = loaded.map(({ entry }) => entry);
  const bytes = serialiseTrees([{ keyspace: 'shop', table: 'products', sstables }]);
  const [table] = parseTrees(bytes);
  t.match(table, { keyspace: 'shop', table: 'products' });
  const sum = (entries: typeof sstables): string =>
    rootDigest(tableSum(entries.map((entry) => entry.tree)));
  t.equal(sum([...(table?.sstables ?? [])]), sum(sstables));
  t.equal(sstables[0]?.tree.rule.headBits, NO_CUT);
  for (let at = 0; at < bytes.length; at += 3) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    t.throws(() => parseTrees(damaged), { code: 'TREE_INVALID' }, `byte ${at}`);
  }
  t.throws(() => parseTrees(bytes.subarray(0, bytes.length - 1)), { code: 'TREE_INVALID' });
});
