import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixturesRoot, fixtureTable } from '../../fixtures/index.js';
import { get } from '../../src/cli/get/get.js';
import { runCommand } from './compare-context.js';

type Options = Parameters<typeof get>[2];

interface Said {
  readonly timestamp: string;
  readonly sstables: string[];
}

interface Json {
  readonly key: string;
  readonly keyColumns: { readonly name: string | null; readonly value: unknown }[];
  readonly sstables: { readonly sstable: string }[];
  readonly deletion: Said | null;
  readonly found: boolean;
  readonly liveRows: number;
  readonly rows: {
    readonly type: string;
    readonly clustering: unknown[];
    readonly live?: boolean;
    readonly values?: Record<string, unknown>;
    readonly cells?: (Said & {
      readonly column: string;
      readonly state: string;
      readonly shards?: unknown[];
    })[];
  }[];
}

const AT = 1_790_000_000;

async function getJson(directory: string, options: Options): Promise<[number, Json]> {
  const { code, text } = await runCommand(
    (context) => get(context, [directory], { at: AT, ...options }),
    { json: true, cache: '' },
  );
  return [code, JSON.parse(text) as Json];
}

function getText(directory: string, options: Options) {
  return runCommand((context) => get(context, [directory], { at: AT, ...options }), { cache: '' });
}

t.test('rows of a clustering are those of the whole partition', async (t) => {
  const cases = [
    ['wide', '0'],
    ['ranges_wide', 'wide'],
    ['wide_deleted', '1'],
    ['ranges', '1'],
    ['ranges', '4'],
    ['generations', '5'],
  ] as const;
  for (const set of ['cassandra-4.1', 'cassandra-5.0-bti'] as const) {
    for (const [table, key] of cases) {
      const { directory } = fixtureTable(set, table);
      const [, whole] = await getJson(directory, { key });
      const rows = whole.rows.filter(({ type }) => type === 'row');
      const step = Math.ceil(rows.length / 7);
      for (const row of rows.filter((_, i) => i % step === 0)) {
        const [first] = row.clustering;
        const wanted = rows.filter(({ clustering }) => clustering[0] === first);
        const [, part] = await getJson(directory, { key, clustering: [String(first)] });
        const found = part.rows.filter(({ type }) => type === 'row');
        t.same(found, wanted, `${set} ${table} ${key} ${first}`);
        const ends = part.rows.filter(({ type }) => type !== 'row');
        for (const { clustering } of ends) t.equal(clustering[0], first, 'bounds are cut');
      }
    }
  }
});

t.test('a partition that is nowhere, and one that is deleted', async (t) => {
  const { directory, sstables } = fixtureTable('cassandra-5.0', 'deletes');
  const [absent, nothing] = await getJson(directory, { key: '777' });
  t.equal(absent, 1);
  t.match(nothing, { key: '777', found: false, sstables: [], rows: [], liveRows: 0 });
  const [deleted, gone] = await getJson(directory, { key: '3' });
  t.equal(deleted, 1);
  t.equal(gone.found, false);
  t.equal(gone.sstables.length, 2);
  t.same(gone.deletion?.sstables, [sstables[1]?.base]);
  const { code, text } = await getText(directory, { key: '3' });
  t.equal(code, 1);
  t.match(text, /partition deleted .*\nno live row: a SELECT returns nothing\n$/s);
});

t.test('each cell names the SSTables that say so', async (t) => {
  const { directory } = fixtureTable('cassandra-4.1', 'generations');
  const [, { rows }] = await getJson(directory, { key: '5' });
  const names = rows.flatMap(({ cells }) => (cells ?? []).map(({ sstables }) => sstables));
  t.ok(names.length > 20);
  t.ok(
    names.every((each) => each.length >= 1 && each.every((name) => /^nb-[1-4]-big$/.test(name))),
  );
  t.ok(new Set(names.flat()).size > 2, 'several have something that still holds');
});

t.test('counters name their shards', async (t) => {
  const { directory } = fixtureTable('cassandra-4.1', 'counters');
  const [, { rows }] = await getJson(directory, { key: 'p1' });
  const [row] = rows;
  t.same(row?.values, { hits: 700, misses: -7 });
  t.match(row?.cells?.[0]?.shards, [{ kind: 'global', clock: /^\d+$/, count: '700' }]);
});

t.test('--at judges TTLs', async (t) => {
  const { directory } = fixtureTable('cassandra-4.1', 'expiring');
  const states = async (at: number) => {
    const [code, { rows }] = await getJson(directory, { key: '1', at });
    return [code, rows[0]?.live, rows[0]?.cells?.map(({ state }) => state)];
  };
  t.same(await states(1_000_000_000), [0, true, ['live', 'live', 'live']]);
  t.same(await states(4_000_000_000), [1, false, ['expired', 'expired', 'expired']]);
});

t.test('a schema names key columns and hides cells of dropped ones', async (t) => {
  const { directory } = fixtureTable('cassandra-4.1', 'columns_dropped');
  const [, named] = await getJson(directory, { key: '1' });
  t.same(named.keyColumns[0]?.name, 'pk');
  const columnsOf = ({ rows }: Json): Set<string> =>
    new Set(rows.flatMap(({ cells }) => (cells ?? []).map(({ column }) => column)));
  const bare = t.testdir();
  cpSync(directory, bare, { recursive: true });
  writeFileSync(join(bare, 'schema.cql'), '-- nothing');
  const [, all] = await getJson(bare, { key: '1' });
  t.same(all.keyColumns[0]?.name, null);
  t.ok(columnsOf(all).size > columnsOf(named).size, 'without it they are there');
  const schema = join(directory, 'schema.cql');
  t.same((await getJson(bare, { key: '1', schema }))[1].rows, named.rows, '--schema');
  const other = join(bare, 'other.cql');
  writeFileSync(
    other,
    'CREATE TABLE a.b (c int PRIMARY KEY); CREATE TABLE a.d (e int PRIMARY KEY);',
  );
  await t.rejects(getJson(bare, { key: '1', schema: other }), { code: 'USAGE', file: other });
});

t.test('rows of a view that have cells but no key any more', async (t) => {
  for (const set of ['cassandra-4.1', 'cassandra-5.0', 'cassandra-5.0-bti'] as const) {
    const { directory } = fixtureTable(set, 'view_part');
    for (const [key, live] of [
      ['0', true],
      ['1', false],
      ['2', true],
    ] as const) {
      const [code, { liveRows }] = await getJson(directory, { key });
      t.same([code, liveRows], live ? [0, 1] : [1, 0], `${set} ${key}`);
    }
    // The schema of its table, which decides, lies beside it.
    const elsewhere = t.testdir();
    cpSync(directory, elsewhere, { recursive: true });
    const alone = await getText(elsewhere, { key: '0' });
    t.equal(alone.code, 1);
    t.match(alone.warnings.join(), /--schema/);
  }
});

t.test('wrong usage', async (t) => {
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'ranges');
  await t.rejects(getJson(directory, {}), { code: 'USAGE' });
  await t.rejects(getJson(directory, { key: '1', keyHex: '00000001' }), { code: 'USAGE' });
  await t.rejects(getJson(directory, { key: 'x' }), { code: 'KEY_INVALID' });
  await t.rejects(getJson(directory, { keyHex: 'x' }), { code: 'KEY_INVALID' });
  const clustering = ['1', 'a', '2', 'more'];
  await t.rejects(getJson(directory, { key: '1', clustering }), { code: 'USAGE' });
  const keyspace = join(fixturesRoot, 'cassandra-4.1', 'shapes');
  await t.rejects(getJson(keyspace, { key: '1' }), { code: 'USAGE' });
  const none = runCommand((context) => get(context, [], { key: '1' }), { cache: '' });
  await t.rejects(none, { code: 'USAGE' });
  const behind = await runCommand(
    (context) => get(context, [], { key: '1', clustering: ['3', directory] }),
    { json: true, cache: '' },
  );
  t.equal((JSON.parse(behind.text) as Json).liveRows, 1, 'a path behind --clustering');
  const [, one] = await getJson(sstables[0]?.dataPath ?? '', { keyHex: '0x00000001' });
  t.equal(one.sstables.length, 1, 'a single SSTable');
});

t.test('damage in what is read is an error, not fewer rows', async (t) => {
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'wide');
  const [base = ''] = sstables.map((sstable) => sstable.base);
  const copy = t.testdir();
  cpSync(directory, copy, { recursive: true });
  const data = join(copy, `${base}-Data.db`);
  const bytes = readFileSync(data);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
  writeFileSync(data, bytes);
  await t.rejects(getJson(copy, { key: '0' }), { code: 'SSTABLE_CHECKSUM' });
  truncateSync(data, bytes.length >> 2);
  await t.rejects(getJson(copy, { key: '0' }));
});
