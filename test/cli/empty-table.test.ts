/** The snapshot of an empty table: schema.cql and manifest.json, no SSTable. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot } from '../../fixtures/index.js';
import { diff } from '../../src/cli/compare/diff.js';
import type { CommandContext } from '../../src/cli/context.js';
import { cat } from '../../src/cli/get/cat.js';
import { runBackup } from '../../src/cli/keep/backup.js';
import { init } from '../../src/cli/keep/init.js';
import { runRestore } from '../../src/cli/keep/restore.js';
import { showBackup } from '../../src/cli/keep/show.js';
import { showStats } from '../../src/cli/keep/stats.js';
import { runVerify } from '../../src/cli/keep/verify.js';
import { runCommand } from './compare-context.js';

const SCHEMA = 'CREATE TABLE shop.carts (id int PRIMARY KEY, note text);\n';
const CARTS = 'carts-5e1f0000000011ee80000000000000aa';
const orders = daySnapshot('orders', 'day1');

function run(action: (context: CommandContext) => Promise<number>, json = false) {
  return runCommand(action, { json, cache: '' });
}

/** A data directory with snapshots of one table with rows and one without. */
function dataDirectory(root: string): { data: string; full: string; empty: string } {
  const data = join(root, 'data');
  const full = join(data, 'shop', 'orders-5e1f0000000011ee8000000000000002', 'snapshots', 'day1');
  const empty = join(data, 'shop', CARTS, 'snapshots', 'day1');
  mkdirSync(full, { recursive: true });
  mkdirSync(empty, { recursive: true });
  cpSync(orders.directory, full, { recursive: true });
  writeFileSync(join(empty, 'schema.cql'), SCHEMA);
  writeFileSync(join(empty, 'manifest.json'), '{"files":[]}');
  return { data, full, empty };
}

t.test('is backed up beside others, shown, counted, restored and compared', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const { full, empty } = dataDirectory(root);
  await run((c) => init(c, repo, {}));
  const made = await run((c) => runBackup(c, [full, empty], { repo, node: 'n1' }), true);
  t.equal(made.code, 0);
  t.match(JSON.parse(made.text), {
    tables: [{ table: 'carts', sstables: 0 }, { table: 'orders' }],
  });

  const shown = await run((c) => showBackup(c, 'latest', { repo }), true);
  t.match(JSON.parse(shown.text), {
    tables: [
      {
        table: 'carts',
        schema: SCHEMA,
        sstables: { length: 0 },
        files: [{ name: 'manifest.json' }, { name: 'schema.cql' }],
      },
      { table: 'orders' },
    ],
  });
  t.match((await run((c) => showBackup(c, 'latest', { repo }))).text, /shop\.carts\s+0 /);
  t.match((await run((c) => showStats(c, { repo }))).text, /shop\.carts/);
  t.equal((await run((c) => runVerify(c, [], { repo, readData: true }))).code, 0);

  const to = join(root, 'out');
  t.equal((await run((c) => runRestore(c, 'latest', { repo, to }))).code, 0);
  t.equal(readFileSync(join(to, 'shop', CARTS, 'schema.cql'), 'utf8'), SCHEMA);
  t.ok(existsSync(join(to, 'shop', CARTS, 'manifest.json')));

  for (const reconciled of [false, true]) {
    const options = { level: 'cell' as const, reconciled };
    const same = await run((c) => diff(c, `${repo}::latest`, to, options), true);
    t.equal(same.code, 0);
    t.match(JSON.parse(same.text), {
      same: true,
      tables: [{ table: 'carts' }, { table: 'orders' }],
    });
  }
  const lacking = await run((c) => diff(c, `${repo}::latest`, full, { level: 'cell' }));
  t.equal(lacking.code, 0, 'who lacks it says as little');
  const missing = await run((c) => diff(c, `${repo}::latest`, empty, { level: 'cell' }));
  t.equal(missing.code, 1);
  t.match(missing.text, /shop\.orders.*only in A/);
});

t.test('alone, and against rows', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const { full, empty } = dataDirectory(root);
  await run((c) => init(c, repo, {}));
  t.equal((await run((c) => runBackup(c, [empty], { repo, node: 'n1' }))).code, 0);
  const name = `${repo}::latest:shop.carts`;
  t.equal((await run((c) => diff(c, name, empty, { level: 'cell' }))).code, 0);
  t.equal((await run((c) => diff(c, name, empty, { level: 'row', key: '1' }))).code, 0);
  const rows = await run((c) => diff(c, name, full, { level: 'partition' }));
  t.equal(rows.code, 1);
  t.match(rows.text, /only in B/);
  const to = join(root, 'flat');
  await run((c) => runRestore(c, 'latest', { repo, to, layout: 'flat' }));
  t.equal((await run((c) => diff(c, name, to, { level: 'cell' }))).code, 0, 'the folder itself');
  mkdirSync(join(root, 'deeper', 'carts'), { recursive: true });
  writeFileSync(join(root, 'deeper', 'carts', 'schema.cql'), SCHEMA);
  await t.rejects(
    run((c) => runBackup(c, [join(root, 'deeper')], { repo })),
    { code: 'PATH_NO_SSTABLE' },
    'not every file of that name below is one of a table',
  );
});

t.test('cat: no partition is in it', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const { full, empty } = dataDirectory(root);
  await run((c) => init(c, repo, {}));
  await run((c) => runBackup(c, [full, empty], { repo, node: 'n1' }));
  const text = await run((c) => cat(c, 'latest', 'carts', { repo, key: '1' }));
  t.equal(text.code, 1);
  t.match(text.text, /^shop\.carts {2}key 1\nin 0 of 0 SSTables/);
  const json = await run((c) => cat(c, 'latest', 'carts', { repo, keyHex: '00000001' }), true);
  t.equal(json.code, 1);
  t.match(JSON.parse(json.text), { table: 'carts', searched: 0, rows: [], found: false });
  await t.rejects(
    run((c) => cat(c, 'latest', 'carts', { repo })),
    { code: 'USAGE' },
  );
});
