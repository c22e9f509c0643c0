import { join } from 'node:path';
import t from 'tap';
import { daySnapshot, fixturesRoot, fixtureTable } from '../../fixtures/index.js';
import { diff } from '../../src/cli/compare/diff.js';
import { tree } from '../../src/cli/compare/tree.js';
import type { Difference } from '../../src/table/index.js';
import { type Ran, runCommand } from './compare-context.js';

type Options = Partial<Parameters<typeof diff>[3]>;

interface DiffJson {
  readonly same: boolean;
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  readonly limited: boolean;
  readonly bytesRead: number;
  readonly bytesReadForTrees: number;
}

interface DiffRun extends Ran {
  readonly json: DiffJson;
}

async function diffJson(cache: string, a: string, b: string, more: Options = {}): Promise<DiffRun> {
  const options = { level: 'cell', ...more } as const;
  const run = await runCommand((context) => diff(context, a, b, options), { json: true, cache });
  return { ...run, json: JSON.parse(run.text) as DiffJson };
}

const day1 = (table: 'customers' | 'orders' | 'products') => daySnapshot(table, 'day1').directory;
const day2 = (table: 'customers' | 'orders' | 'products') => daySnapshot(table, 'day2').directory;

t.test('a table that did not change is the same', async (t) => {
  const { code, json } = await diffJson(t.testdir(), day1('customers'), day2('customers'));
  t.equal(code, 0);
  t.match(json, { same: true, differences: [], limited: false, bytesRead: 0 });
  t.ok(json.bytesReadForTrees > 0);
});

t.test('a compaction that merged no partition changed nothing', async (t) => {
  const { code, json } = await diffJson(t.testdir(), day1('products'), day2('products'));
  t.equal(code, 0);
  t.equal(json.same, true);
});

t.test('two days: new rows and changed cells with values and write times', async (t) => {
  const { code, json } = await diffJson(t.testdir(), day1('orders'), day2('orders'));
  t.equal(code, 1);
  t.equal(json.same, false);
  t.equal(json.differenceCount, json.differences.length);
  const rows = json.differences.filter(({ kind }) => kind === 'row');
  t.ok(rows.length > 0 && rows.every(({ change }) => change === 'onlyB'));
  const cells = json.differences.filter(({ kind }) => kind === 'cell');
  t.ok(cells.length > 0);
  for (const { column, a, b, key, clustering } of cells) {
    t.equal(column, 'status');
    t.match(a, { value: 'paid', deleted: false, timestamp: /^\d{16}$/ });
    t.match(b, { value: 'shipped', deleted: false, timestamp: /^\d{16}$/ });
    t.type(key, 'string');
    t.equal(clustering?.length, 1);
  }
});

t.test('the other way round the sides change places', async (t) => {
  const cache = t.testdir();
  const there = (await diffJson(cache, day1('orders'), day2('orders'))).json.differences;
  const back = (await diffJson(cache, day2('orders'), day1('orders'))).json.differences;
  const swapped = { onlyA: 'onlyB', onlyB: 'onlyA', changed: 'changed', versions: 'versions' };
  const turned = back.map((difference) => {
    const change = swapped[difference.change];
    return { ...difference, change, a: difference.b, b: difference.a };
  });
  t.same(turned, there);
});

t.test('formats do not matter: nb of 4.1 and what 5.0 made of it', async (t) => {
  const root = join(fixturesRoot, 'upgrade');
  const { code, json } = await diffJson(t.testdir(), join(root, 'nb'), join(root, 'oa'));
  t.equal(code, 0);
  t.equal(json.differences.length, 0);
});

t.test('a table on one side only is a difference', async (t) => {
  const cache = t.testdir();
  const shapes = join(fixturesRoot, 'cassandra-4.1', 'shapes');
  const upgrade = join(fixturesRoot, 'upgrade', 'nb', 'shapes');
  const { code, json } = await diffJson(cache, upgrade, shapes, { level: 'table' });
  t.equal(code, 1);
  const only = json.differences.filter(({ change }) => change === 'onlyB');
  t.ok(only.length > 0 && only.every(({ kind }) => kind === 'table'));
});

t.test('two single tables are compared whatever their names', async (t) => {
  const a = fixtureTable('cassandra-4.1', 'deletes').directory;
  const b = daySnapshot('orders', 'day1').directory;
  await t.rejects(diffJson(t.testdir(), a, b), { code: 'USAGE' }, 'other primary keys');
  const { json } = await diffJson(
    t.testdir(),
    a,
    fixtureTable('cassandra-5.0', 'deletes').directory,
  );
  t.ok(json.differences.every(({ table }) => table === 'deletes'));
});

t.test('--key looks at one partition, --limit stops early', async (t) => {
  const cache = t.testdir();
  const { json } = await diffJson(cache, day1('orders'), day2('orders'));
  const key = json.differences[0]?.key ?? '';
  const one = await diffJson(cache, day1('orders'), day2('orders'), { key });
  t.same(
    one.json.differences,
    json.differences.filter((difference) => difference.key === key),
  );
  const limited = await diffJson(cache, day1('orders'), day2('orders'), { limit: 2 });
  t.match(limited, { code: 1, json: { limited: true, differenceCount: 2 } });
  t.equal(limited.json.differences.length, 2);
});

t.test('tree files tell the ranges that differ', async (t) => {
  const cache = t.testdir();
  const files = ['day1', 'day2'].map((day) => join(cache, `${day}.tree`));
  for (const [i, path] of [day1('orders'), day2('orders')].entries()) {
    const output = files[i] ?? '';
    await runCommand((context) => tree(context, [path], { output }), { cache });
  }
  const [a = '', b = ''] = files;
  const { code, json } = await diffJson(cache, a, b);
  t.equal(code, 1);
  t.ok(json.differences.length > 0 && json.differences.every(({ kind }) => kind === 'range'));
  t.equal((await diffJson(cache, a, day1('orders'))).code, 0);
  t.equal((await diffJson(cache, day2('orders'), b)).code, 0);
  const key = { key: '1' };
  await t.rejects(diffJson(cache, a, b, key), { code: 'USAGE', hint: /tree file/ });
  await t.rejects(diffJson(cache, a, day2('orders'), key), { code: 'USAGE' });
  await t.rejects(diffJson(cache, day1('orders'), b, key), { code: 'USAGE' });
  const { warnings } = await diffJson(cache, a, day2('orders'));
  t.equal(warnings.length, 1, 'rows were asked for, ranges are told');
  t.match(warnings[0], /ranges of tokens/);
  t.same((await diffJson(cache, a, b, { level: 'range' })).warnings, []);
});

t.test('people get the place, both values and both times', async (t) => {
  const options = { level: 'cell' } as const;
  const [a, b] = [day1('orders'), day2('orders')];
  const run = await runCommand((context) => diff(context, a, b, options), { cache: t.testdir() });
  t.equal(run.code, 1);
  t.match(
    run.text,
    /shop\.orders key \d+, clustering \(.+\), column status: differs\n {4}A {2}paid/,
  );
  t.match(run.text, /\n\d+ differences in 1 of 1 table; read /);
});

t.test('what is not there is an error', async (t) => {
  const cache = t.testdir();
  await t.rejects(diffJson(cache, day1('orders'), '/nowhere'), { code: 'PATH_NOT_FOUND' });
  await t.rejects(diffJson(cache, day1('orders'), cache), { code: 'PATH_NO_SSTABLE' });
  await t.rejects(diffJson(cache, day1('orders'), day2('orders'), { key: 'no number' }), {
    code: 'KEY_INVALID',
  });
});
