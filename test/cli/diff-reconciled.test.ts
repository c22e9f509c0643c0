/** `diff --reconciled`, and the options of `diff` that look for one partition. */
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot, fixtureTable } from '../../fixtures/index.js';
import { diff } from '../../src/cli/compare/diff.js';
import { tree } from '../../src/cli/compare/tree.js';
import { runBackup } from '../../src/cli/keep/backup.js';
import { init } from '../../src/cli/keep/init.js';
import type { Difference } from '../../src/table/index.js';
import { runCommand } from './compare-context.js';

type Options = Partial<Parameters<typeof diff>[3]>;

const AT = 1_800_000_000;

async function diffJson(cache: string, a: string, b: string, more: Options = {}) {
  const options = { level: 'cell', ...more } as const;
  const run = await runCommand((context) => diff(context, a, b, options), { json: true, cache });
  const json = JSON.parse(run.text) as {
    same: boolean;
    differences: Difference[];
    bytesReadForTrees: number;
  };
  return { ...run, json };
}

const reconciled = { reconciled: true, at: AT };

/** `directory` without the SSTables whose names begin with one of `bases`. */
function without(target: string, directory: string, ...bases: (string | undefined)[]): string {
  cpSync(directory, target, { recursive: true });
  for (const name of readdirSync(target)) {
    if (bases.some((base) => base !== undefined && name.startsWith(`${base}-`))) {
      rmSync(join(target, name));
    }
  }
  return target;
}

t.test('a compaction that merged partitions changed nothing', async (t) => {
  const [day1, day2] = (['day1', 'day2'] as const).map((day) => daySnapshot('products', day));
  const { code, json } = await diffJson(
    t.testdir(),
    day1?.directory ?? '',
    day2?.directory ?? '',
    reconciled,
  );
  t.equal(code, 0);
  t.equal(json.same, true);
});

t.test('versions that are hidden make no difference, those that show do', async (t) => {
  const folder = t.testdir({ cache: {} });
  const cache = join(folder, 'cache');
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'generations');
  const [first, , , last] = sstables.map(({ base }) => base);
  const older = without(join(folder, 'older'), directory, first);
  const raw = await diffJson(cache, directory, older);
  const merged = await diffJson(cache, directory, older, reconciled);
  t.equal(merged.code, 1);
  t.ok(merged.json.differences.length > 0);
  t.ok(merged.json.differences.length < raw.json.differences.length);
  const isVersions = ({ change }: Difference): boolean => change === 'versions';
  t.ok(raw.json.differences.some(isVersions));
  t.notOk(merged.json.differences.some(isVersions), 'a merged view has one version of each');
  const newer = without(join(folder, 'newer'), directory, last);
  const { json } = await diffJson(cache, directory, newer, { ...reconciled, level: 'partition' });
  t.equal(json.differences.length, 10, 'the last SSTable had its say in every partition');
  const table = await diffJson(cache, directory, newer, { ...reconciled, level: 'table' });
  const [difference] = table.json.differences;
  const options = { at: AT };
  const trees = await runCommand((context) => tree(context, [directory], options), {
    json: true,
    cache,
  });
  const [root] = (JSON.parse(trees.text) as { tables: { reconciled: string }[] }).tables;
  t.match(
    difference,
    { kind: 'table', a: { root: root?.reconciled } },
    'the root that tree prints',
  );
});

t.test('what has expired counts as deleted', async (t) => {
  const folder = t.testdir({ cache: {} });
  const cache = join(folder, 'cache');
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'expiring');
  const [, second] = sstables.map(({ base }) => base);
  const before = without(join(folder, 'before'), directory, second);
  const cellsAt = async (at: number) => {
    const { json } = await diffJson(cache, directory, before, { reconciled: true, at });
    return json.differences.filter(({ kind }) => kind === 'cell');
  };
  const [early, late] = [await cellsAt(1_000_000_000), await cellsAt(4_000_000_000)];
  t.ok(early.some(({ a }) => (a as { deleted?: boolean })?.deleted === false));
  t.ok(late.some(({ a }) => (a as { deleted?: boolean })?.deleted === true));
});

t.test('--purge-at leaves out old tombstones on both sides', async (t) => {
  const folder = t.testdir({ cache: {} });
  const cache = join(folder, 'cache');
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'deletes');
  const [first] = sstables.map(({ base }) => base);
  // What is left has tombstones and one cell.
  const second = without(join(folder, 'second'), directory, first);
  const count = async (more: Options): Promise<number> => {
    const { json } = await diffJson(cache, second, directory, { ...reconciled, ...more });
    return json.differences.filter(({ change }) => change === 'onlyA').length;
  };
  t.equal(await count({}), 0, 'all that the second says holds in both');
  const purged = { reconciled: true, purgeAt: 4_000_000_000, gcGrace: 0 };
  const { json } = await diffJson(cache, second, directory, purged);
  const told = json.differences.map(({ kind }) => kind);
  t.notOk(told.some((kind) => kind.endsWith('deletion') || kind === 'range-tombstone'));
  const kept = { ...purged, gcGrace: 4_000_000_000 };
  const whole = await diffJson(cache, second, directory, kept);
  t.ok(whole.json.differences.length > json.differences.length, 'gc_grace keeps them');
});

t.test('a backup is a side, whatever compactions did since', async (t) => {
  const folder = t.testdir({ cache: {} });
  const [cache, repo] = [join(folder, 'cache'), join(folder, 'repo')];
  const env = { cache };
  await runCommand((context) => init(context, repo, {}), env);
  const [day1, day2] = (['day1', 'day2'] as const).map(
    (day) => daySnapshot('products', day).directory,
  );
  const options = { repo, node: 'n1' } as never;
  await runCommand((context) => runBackup(context, [day1 ?? ''], options), env);
  const backup = `${repo}::latest`;
  const same = await diffJson(cache, backup, day2 ?? '', { ...reconciled, node: 'n1' });
  t.equal(same.code, 0);
  const orders = daySnapshot('orders', 'day1').directory;
  await runCommand((context) => runBackup(context, [orders], options), env);
  const changed = daySnapshot('orders', 'day2').directory;
  const merged = await diffJson(cache, changed, backup, reconciled);
  const local = await diffJson(cache, changed, orders, reconciled);
  t.same(merged.json.differences, local.json.differences, 'the same as from the files');
  t.ok(merged.json.differences.length > 0);
  await t.rejects(diffJson(cache, changed, backup, { node: 'other' }), {
    code: 'BACKUP_NOT_FOUND',
  });
});

t.test('one partition by its bytes; one that is nowhere', async (t) => {
  const folder = t.testdir({ cache: {} });
  const cache = join(folder, 'cache');
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'generations');
  const older = without(join(folder, 'older'), directory, sstables[0]?.base);
  for (const more of [{}, reconciled]) {
    const byText = await diffJson(cache, directory, older, { key: '5', ...more });
    const byBytes = await diffJson(cache, directory, older, { keyHex: '00000005', ...more });
    t.ok(byText.json.differences.length > 0);
    t.same(byBytes.json.differences, byText.json.differences);
    t.same(byText.warnings, []);
    const nowhere = await diffJson(cache, directory, older, { key: '555', ...more });
    t.equal(nowhere.code, 0);
    t.same(nowhere.warnings, ['neither side has the partition 555']);
    const same = await diffJson(cache, directory, directory, { key: '5', ...more });
    t.same(same.warnings, [], 'it is there, and the same');
  }
});

t.test('wrong usage', async (t) => {
  const folder = t.testdir();
  const { directory } = daySnapshot('orders', 'day2');
  const refused = (more: Options) =>
    t.rejects(diffJson(folder, directory, directory, more), { code: 'USAGE' });
  await refused({ purgeAt: AT });
  await refused({ at: AT });
  await refused({ reconciled: true, gcGrace: 1 });
  await refused({ key: '1', keyHex: '01' });
  const output = join(folder, 'a.tree');
  await runCommand((context) => tree(context, [directory], { output }), { cache: folder });
  const other = daySnapshot('orders', 'day1').directory;
  await t.rejects(diffJson(folder, output, other, reconciled), { code: 'USAGE' });
});
