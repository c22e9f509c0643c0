/** A backup as a side of a comparison. */
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot, fixtureTable } from '../../fixtures/index.js';
import { openBackupTables, parseBackupName } from '../../src/backup/index.js';
import { splitLeaves } from '../../src/backup/stored-leaves.js';
import type { CanonicalRecord } from '../../src/canonical/index.js';
import { diff as runDiff } from '../../src/cli/compare/diff.js';
import { runCommand } from '../cli/compare-context.js';
import { newRepository, runBackup } from './harness.js';

t.test('names of backups', async (t) => {
  const env = { SSTASH_REPO: '/default' };
  const id = { id: 'ab12', table: null };
  t.same(parseBackupName('/r::ab12', {}), { location: '/r', ...id });
  t.same(parseBackupName('::ab12', env), { location: '/default', ...id });
  t.same(parseBackupName('s3://b/p::latest:ks.t', {}), {
    location: 's3://b/p',
    id: 'latest',
    table: 'ks.t',
  });
  for (const wrong of ['/r::', '/r::a:', '/r::a:b:c', '/r']) {
    t.throws(() => parseBackupName(wrong, env), { code: 'USAGE' }, wrong);
  }
  t.throws(() => parseBackupName('::ab12', {}), { code: 'USAGE' });
});

async function diff(root: string, a: string, b: string) {
  const ran = await runCommand((context) => runDiff(context, a, b, { level: 'cell' }), {
    json: true,
    cache: join(root, 'cache'),
  });
  return {
    code: ran.code,
    json: JSON.parse(ran.text) as { same: boolean; differences: unknown[] },
  };
}

t.test('a backup is the same as what was backed up', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const repository = await newRepository(repo, { chunkBytes: 4096 });
  for (const name of ['wide', 'wide_deleted', 'statics', 'collections', 'generations', 'ranges']) {
    const { directory } = fixtureTable('cassandra-5.0', name);
    const { id } = await runBackup(repository, [directory]);
    const found = await diff(root, directory, `${repo}::${id}`);
    t.match(found, { code: 0, json: { same: true, differences: [] } }, name);
  }
});

t.test('two backups differ as the snapshots do that they hold', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const repository = await newRepository(repo, { chunkBytes: 4096 });
  for (const table of ['orders', 'customers', 'products'] as const) {
    const [a, b] = [daySnapshot(table, 'day1'), daySnapshot(table, 'day2')];
    const first = await runBackup(repository, [a.directory]);
    const second = await runBackup(repository, [b.directory]);
    const local = await diff(root, a.directory, b.directory);
    const stored = await diff(root, `${repo}::${first.id}`, `${repo}::${second.id}:shop.${table}`);
    const mixed = await diff(root, a.directory, `${repo}::${second.id}`);
    t.equal(stored.code, local.code, table);
    t.same(stored.json.differences, local.json.differences, `${table}: backup and backup`);
    t.same(mixed.json.differences, local.json.differences, `${table}: folder and backup`);
  }
});

t.test('every leaf of every stored SSTable can be read by its number', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const repository = await newRepository(repo, { chunkBytes: 4096 });
  for (const name of ['many_partitions', 'wide']) {
    await runBackup(repository, [fixtureTable('cassandra-4.1', name).directory]);
    for (const table of await openBackupTables(`${repo}::latest`, { env: {} })) {
      const opened = await table.open();
      for (const source of opened.sources ?? []) {
        const { tree } = source;
        let records = 0;
        for (let run = 0; run < tree.runs.count; run++) {
          for await (const batch of source.read(tree.span(run, run + 1))) records += batch.length;
        }
        const whole = [];
        for await (const batch of source.read(tree.span(0, tree.runs.count))) whole.push(...batch);
        t.equal(records, whole.length, `${name}: ${records} records`);
        t.ok(records >= tree.leafCount);
        t.ok(source.bytesRead > 0);
      }
      await opened.close();
    }
  }
});

t.test('records of a chunk are cut into its leaves', async (t) => {
  const head = (key: number): CanonicalRecord => ({
    type: 'opaque',
    head: true,
    native: Uint8Array.of(key),
  });
  const row = (n: number): CanonicalRecord => ({
    type: 'opaque',
    head: false,
    native: Uint8Array.of(n),
  });
  const sizes = (records: CanonicalRecord[], count: number): number[] =>
    splitLeaves(records, count).map((leaf) => leaf.length);
  t.same(sizes([head(1), row(1), head(2), row(2), row(3), head(3)], 5), [2, 1, 1, 1, 1]);
  t.same(sizes([row(1), row(2), head(2), row(3)], 3), [1, 1, 2], 'the partition ends here');
  t.same(sizes([row(1), row(2), head(2), row(3)], 4), [1, 1, 1, 1], 'it goes on in the next chunk');
  t.same(sizes([], 0), []);
  t.throws(() => splitLeaves([row(1)], 2), { code: 'REPOSITORY_CORRUPT' });
});
