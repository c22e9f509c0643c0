/** The normal form of merged views: two ways to it, and that compactions leave it as it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { daySnapshot, fixtureTables } from '../../fixtures/index.js';
import { parseSchema } from '../../src/cql/index.js';
import { rootDigest } from '../../src/merkle/index.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import {
  findTables,
  type PlacedLeaves,
  SSTable,
  scanLeaves,
  type TableFiles,
} from '../../src/sstable/index.js';
import { buildTree, openLocalTables, reconcile, totalOf } from '../../src/table/index.js';
import { PlaceOrder } from '../../src/table/place-order.js';
import { NormalScan } from '../../src/table/reconcile/normal-scan.js';
import { NormalSource } from '../../src/table/reconcile/normal-source.js';
import { NormalSumsBuilder, partitionsOf } from '../../src/table/reconcile/normal-sums.js';
import { digestAll } from '../../src/table/reconcile/normal-tables.js';
import { treeOfSums } from '../../src/table/reconcile/normal-tree.js';
import { scanDelta, sumOfOwn, withDelta } from '../../src/table/reconcile/own-sum.js';
import type { PurgeTimes } from '../../src/table/reconcile/purge.js';
import { cursorOf, reconcileSlice } from '../../src/table/reconcile/reconcile-slice.js';
import { type SliceInput, slicesOf } from '../../src/table/reconcile/slices.js';
import { tasks } from '../../src/tasks/index.js';

const executor = inlineExecutor(tasks);
const signal = new AbortController().signal;
const ALWAYS = { from: -Infinity, until: Infinity };

/** Nothing has expired; what can has; and a purge of all that may go. */
const TIMES: readonly PurgeTimes[] = [
  { at: 1_000_000_000, gcBefore: null },
  { at: 4_000_000_000, gcBefore: null },
  { at: 4_000_000_000, gcBefore: 4_000_000_000 },
];

async function inputsOf(files: TableFiles) {
  const inputs = [];
  for (const { dataPath } of files.sstables) {
    const sstable = await SSTable.open(dataPath);
    const { tree } = await buildTree(sstable, { executor });
    await sstable.close();
    inputs.push({ dataPath, tree });
  }
  return inputs;
}

async function rootOf(
  directory: string,
  times: PurgeTimes,
  dropped?: ReadonlyMap<string, bigint>,
): Promise<string> {
  const found = await findTables([directory]);
  const files = found.find((table) => !basename(table.directory).startsWith('.'));
  if (files === undefined) throw new Error(`no table in ${directory}`);
  const options = { executor, times, ...(dropped === undefined ? {} : { dropped }) };
  return rootDigest(totalOf(await reconcile(await inputsOf(files), options)), 'reconciled');
}

t.test('the digests of leaves give what the merged rows give, record by record', async (t) => {
  let merged = 0;
  for (const { directory, table } of fixtureTables(['cassandra-4.1', 'cassandra-5.0-bti'])) {
    const [compared] = await openLocalTables([directory], { executor, cache: null });
    const opened = await compared?.open();
    const [first] = opened?.sources ?? [];
    if (opened === undefined || first === undefined) throw new Error(table);
    const { sources, local } = opened;
    if (local === undefined || sources === null) throw new Error(table);
    const { keyType, clusteringTypes } = first.header;
    const order = new PlaceOrder(first.partitioner, keyType, clusteringTypes);
    const none = treeOfSums(new NormalSumsBuilder(0).finish(ALWAYS), true);
    for (const times of TIMES) {
      const source = new NormalSource({ sources, tree: none, order, times });
      const sums = new NormalSumsBuilder(0);
      await digestAll(source, sums);
      const wanted = sums.finish(ALWAYS);
      const found = await reconcile(await inputsOf(local.files), { executor, times });
      t.same(totalOf(found), totalOf(wanted), `${table} at ${times.at}, purge ${times.gcBefore}`);
      t.equal(partitionsOf(found), partitionsOf(wanted));
      const leaves = opened.trees.reduce((sum, tree) => sum + tree.leafCount, 0);
      if (totalOf(found).leaves !== leaves) merged++;
    }
    await opened.close();
  }
  t.ok(merged > 10, `${merged} tables that are not in normal form as they are`);
});

t.test('one SSTable: what differs from its leaves, in windows of any size', async (t) => {
  for (const table of fixtureTables(['cassandra-5.0'])) {
    for (const { dataPath } of table.sstables) {
      const sstable = await SSTable.open(dataPath);
      const { tree } = await buildTree(sstable, { executor });
      for (const { at } of TIMES.slice(0, 2)) {
        const options = { executor, times: { at, gcBefore: null } };
        const wanted = await reconcile([{ dataPath, tree }], options);
        for (const windowBytes of [1, 300, 1 << 20]) {
          const whole = { from: 0, to: sstable.dataLength };
          const windows = scanLeaves(sstable, whole, { windowBytes });
          const delta = await scanDelta(sstable, windows, at, () => undefined);
          const own = withDelta(tree.runs, delta);
          const isSame = rootDigest(sumOfOwn(own)) === rootDigest(totalOf(wanted));
          if (!isSame) t.fail(`${dataPath} at ${at} in windows of ${windowBytes}`);
          if (own.partitions !== partitionsOf(wanted)) t.fail(`${dataPath}: partitions`);
          if (own.from !== wanted.from || own.until !== wanted.until) t.fail(`${dataPath}: times`);
        }
      }
      await sstable.close();
    }
  }
  t.pass();
});

t.test('partitions that windows of two SSTables end inside of', async (t) => {
  for (const table of ['orders', 'customers'] as const) {
    const inputs: Awaited<ReturnType<typeof inputsOf>> = [];
    for (const day of ['day1', 'day2'] as const) {
      const [files] = await findTables([daySnapshot(table, day).directory]);
      if (files === undefined) throw new Error(table);
      inputs.push(...(await inputsOf(files)));
    }
    for (const times of TIMES) {
      const wanted = totalOf(await reconcile(inputs, { executor, times }));
      for (const windowBytes of [1, 20_000, 40_000]) {
        for (const spoil of [0x00, 0xff]) {
          const found = totalOf(await scanOf(inputs, times, windowBytes, spoil));
          t.same(found, wanted, `${table} at ${times.at}, in windows of ${windowBytes}`);
        }
      }
    }
  }
});

/** Windows whose bytes are gone when the next one is asked for. */
async function* spoilt(windows: AsyncGenerator<PlacedLeaves, void, undefined>, byte: number) {
  for await (const window of windows) {
    yield window;
    const { native, bytes, leafDigests } = window;
    for (const array of [native, bytes, leafDigests]) array.fill(byte);
  }
}

/** The normal form of a table by a scan of its own, in windows of `windowBytes`. */
async function scanOf(
  inputs: readonly SliceInput[],
  times: PurgeTimes,
  windowBytes: number,
  spoil: number,
) {
  const sstables: SSTable[] = [];
  for (const { dataPath } of inputs) sstables.push(await SSTable.open(dataPath));
  const [first] = sstables;
  if (first === undefined) throw new Error('a table without SSTables');
  const cursors = sstables.map((sstable) => {
    const whole = { from: 0, to: sstable.dataLength };
    const windows = scanLeaves(sstable, whole, { windowBytes });
    return cursorOf(sstable, spoilt(windows, spoil), times);
  });
  const headers = sstables.map(({ header }) => header);
  const { partitioner } = first;
  const sums = new NormalSumsBuilder(0);
  const scan = new NormalScan(cursors, { headers, partitioner, times, sums, ring: null });
  const found = await scan.run();
  for (const cursor of cursors) await cursor.close();
  for (const sstable of sstables) await sstable.close();
  return found;
}

t.test('slices of the ring add up to the whole', async (t) => {
  for (const { directory, table } of fixtureTables(['cassandra-4.1'])) {
    const [files] = await findTables([directory]);
    if (files === undefined) throw new Error(table);
    const inputs = await inputsOf(files);
    const times = { at: 1_800_000_000, gcBefore: null };
    const whole = totalOf(await reconcile(inputs, { executor, times }));
    const cuts = [0, 0x1234_5678, 0x4000_0000, 0x9000_0000, 2 ** 32];
    const rings = cuts.slice(1).map((to, i) => ({ from: cuts[i] ?? 0, to }));
    let leaves = 0;
    const words = new Uint32Array(4);
    for (const slice of slicesOf(inputs, rings)) {
      const argument = { slice, times, depth: 0, dropped: new Map() };
      const sum = totalOf((await reconcileSlice(argument, { signal })).value);
      leaves += sum.leaves;
      for (let w = 0; w < 4; w++) words[w] = (words[w] ?? 0) + (sum.words[w] ?? 0);
    }
    t.same({ leaves, words }, whole, table);
  }
});

t.test('a compaction of a fixture leaves the root as it is', async (t) => {
  const times = { at: 1_800_000_000, gcBefore: null };
  const before = await rootOf(daySnapshot('products', 'day1').directory, times);
  t.equal(await rootOf(daySnapshot('products', 'day2').directory, times), before);
  const orders = await rootOf(daySnapshot('orders', 'day1').directory, times);
  t.not(await rootOf(daySnapshot('orders', 'day2').directory, times), orders);
});

const corpus = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');
/** One of each format; all of the corpus gives the same. */
const VERSIONS = ['3.11.19-me', '4.1.10-nb', '5.0.6-da'];

t.test('nodetool compact leaves the root as it is', { skip: !existsSync(corpus) }, async (t) => {
  // The compactions ran on the day of the writes; TTLs of one second were over.
  const times = { at: 1_800_000_000, gcBefore: null };
  for (const version of VERSIONS) {
    const compacted = join(corpus, version, '_compacted', 'gold');
    for (const name of readdirSync(compacted)) {
      const [table = ''] = name.split('-');
      const [a, b] = [join(corpus, version, 'gold', name), join(compacted, name)];
      const hasRows = [a, b].every((folder) =>
        readdirSync(folder).some((file) => file.endsWith('-Data.db')),
      );
      if (!hasRows) continue;
      const [before, after] = [await rootOf(a, times), await rootOf(b, times)];
      const label = `${version} ${table}`;
      if (table === 'purge') {
        t.not(before, after, `${label}: gc_grace is 0, tombstones went`);
        const purged = { at: times.at, gcBefore: times.at };
        t.equal(await rootOf(a, purged), await rootOf(b, purged), `${label}, purged`);
        t.equal(await rootOf(a, purged), after);
      } else if (table === 'drop_readd') {
        const [schema] = parseSchema(readFileSync(join(a, 'schema.cql'), 'utf8'));
        const dropped = schema?.dropped ?? new Map();
        t.not(before, after, `${label}: cells of dropped columns went`);
        t.equal(await rootOf(a, times, dropped), await rootOf(b, times, dropped), label);
      } else t.equal(before, after, label);
    }
  }
});
