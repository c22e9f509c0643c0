/** One partition out of a repository: what `get` says of the SSTables that were backed up. */
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot, type FixtureTable, fixtureTables } from '../../fixtures/index.js';
import { type CatOptions, cat } from '../../src/cli/get/cat.js';
import { get } from '../../src/cli/get/get.js';
import { findTables, SSTable } from '../../src/sstable/index.js';
import { newRepository, runBackup } from '../backup/harness.js';
import { runCommand } from './compare-context.js';

interface Json {
  readonly found: boolean;
  readonly keyColumns: readonly { readonly name: string | null }[];
  readonly sstables: readonly { readonly path: string; readonly position: number | null }[];
}

const AT = 1_790_000_000;
const ABSENT = 'ffabcdef00ff';

async function run(action: Parameters<typeof runCommand>[0]): Promise<[number, Json]> {
  const { code, text } = await runCommand(action, { json: true, cache: '' });
  return [code, JSON.parse(text) as Json];
}

function runCat(repo: string, table: string, options: CatOptions): Promise<[number, Json]> {
  return run((context) => cat(context, 'latest', table, { at: AT, repo, ...options }));
}

/** Without what a backup tells otherwise. */
function said([code, { sstables, ...rest }]: [number, Json]): unknown {
  return [code, sstables.map((each) => ({ ...each, path: '', position: 0 })), rest];
}

/** Some keys of all SSTables as hex, and one that none of them has. */
async function keysOf(directory: string): Promise<string[]> {
  const [table] = await findTables([directory]);
  const keys = new Set<string>();
  for (const files of table?.sstables ?? []) {
    const sstable = await SSTable.open(files);
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type === 'partition') keys.add(Buffer.from(event.key).toString('hex'));
      }
    }
    await sstable.close();
  }
  const all = [...keys];
  const step = Math.max(1, Math.floor(all.length / 5));
  return [...all.filter((_, i) => i % step === 0), ABSENT];
}

async function backupOf(
  t: { testdir(): string },
  tables: readonly FixtureTable[],
): Promise<string> {
  const repo = join(t.testdir(), 'repo');
  const repository = await newRepository(repo, { chunkBytes: 4096 });
  await runBackup(
    repository,
    tables.map(({ directory }) => directory),
  );
  return repo;
}

for (const set of ['cassandra-3.11', 'cassandra-4.1', 'cassandra-5.0-bti'] as const) {
  t.test(`every table of ${set}, as get answers`, async (t) => {
    const tables = fixtureTables([set]);
    const repo = await backupOf(t, tables);
    let partitions = 0;
    for (const { directory, keyspace, table } of tables) {
      for (const keyHex of await keysOf(directory)) {
        const wanted = await run((context) => get(context, [directory], { keyHex, at: AT }));
        const found = await runCat(repo, `${keyspace}.${table}`, { keyHex });
        t.same(said(found), said(wanted), `${table} ${keyHex}`);
        partitions += found[1].sstables.length;
      }
    }
    t.ok(partitions > 60, `${partitions} partitions`);
  });
}

t.test('rows of a clustering; names from the schema in the backup or from a file', async (t) => {
  const [orders, customers] = [daySnapshot('orders', 'day2'), daySnapshot('customers', 'day2')];
  const repo = await backupOf(t, [orders, customers]);
  const [, whole] = await runCat(repo, 'shop.orders', { key: '1021' });
  const rows = (whole as unknown as { rows: { clustering: string[] }[] }).rows;
  for (const { clustering } of rows) {
    const options = { key: '1021', clustering, at: AT };
    const wanted = await run((context) => get(context, [orders.directory], options));
    const found = await runCat(repo, 'shop.orders', options);
    t.same(said(found), said(wanted), clustering.join());
  }
  t.ok(rows.length > 3);
  t.equal(whole.keyColumns[0]?.name, 'customer');
  t.match(whole.sstables, [{ path: /orders-5e1f.*\/oa-1-big$/, position: null }]);
  const schema = join(orders.directory, 'schema.cql');
  const [, byFile] = await runCat(repo, 'orders', { key: '1021', schema });
  t.same(byFile, whole);
  const { text } = await runCommand(
    (context) => cat(context, 'latest', 'orders', { key: '1021', at: AT, repo }),
    { cache: '' },
  );
  t.match(text, /^shop\.orders {2}key customer = 1021 /);
});

t.test('what is not there', async (t) => {
  const orders = daySnapshot('orders', 'day1');
  const repo = await backupOf(t, [orders]);
  const [code, absent] = await runCat(repo, 'shop.orders', { key: '99999' });
  t.equal(code, 1);
  t.match(absent, { found: false, sstables: [] });
  const wrong = [
    ['shop.customers', { key: '1' }],
    ['shop.orders', {}],
    ['shop.orders', { key: '1', keyHex: '01' }],
    ['shop.orders', { key: '1', schema: join(daySnapshot('products', 'day1').directory, 'none') }],
  ] as const;
  for (const [table, options] of wrong) await t.rejects(runCat(repo, table, options));
  await t.rejects(runCat(repo, 'shop.customers', { key: '1' }), {
    code: 'USAGE',
    expected: 'shop.orders',
  });
  await t.rejects(runCat(join(repo, 'none'), 'shop.orders', { key: '1' }));
});
