/** Files and folders that may not be read, beside others: all commands go on and name them. */
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { tree } from '../../src/cli/compare/tree.js';
import { check } from '../../src/cli/inspect/check.js';
import { info } from '../../src/cli/inspect/info.js';
import { list } from '../../src/cli/inspect/list.js';
import { partitions } from '../../src/cli/partitions/partitions.js';
import { nodeFileSystem } from '../../src/io/index.js';
import { refusingFileSystem } from '../helpers/refusing-file-system.js';
import { runCommand } from './compare-context.js';

const TABLES = ['counters', 'deletes', 'scalars', 'statics'] as const;
const PARTITIONS = { top: 1, sort: 'bytes', soon: 1 } as const;

const REFUSED = /ks\/counters$|ks\/statics\/nb-1-big-Data\.db$/;

/** A keyspace of which, if not told otherwise, a folder cannot be listed and a Data.db not be opened. */
function keyspace(t: Test, refused = REFUSED): string {
  const root = join(t.testdir({ cache: {} }), 'ks');
  for (const table of TABLES) {
    cpSync(fixtureTable('cassandra-4.1', table).directory, join(root, table), { recursive: true });
  }
  refuse(t, refused);
  return root;
}

/** Tests may run as root, to whom nothing is refused. */
function refuse(t: Test, paths: RegExp): void {
  const before = { ...nodeFileSystem };
  Object.assign(nodeFileSystem, refusingFileSystem(paths, before));
  t.teardown(() => Object.assign(nodeFileSystem, before));
}

function breakDigest(table: string): void {
  const name = readdirSync(table).find((each) => each.endsWith('Digest.crc32'));
  writeFileSync(join(table, name ?? ''), '1');
}

t.test('check lists it beside the faults of the others', async (t) => {
  const root = keyspace(t);
  const options = { cache: join(root, '../cache'), json: true };
  const only = await runCommand((context) => check(context, [root], {}), options);
  t.equal(only.code, 3);
  t.match(JSON.parse(only.text), {
    sound: false,
    damaged: 0,
    faults: [
      { code: 'READ_FAILED', component: 'folder', file: /counters$/ },
      { code: 'READ_FAILED', component: 'Data.db', file: /statics\/nb-1-big-Data\.db$/ },
    ],
  });
  t.equal((JSON.parse(only.text) as { faults: unknown[] }).faults.length, 2);
  breakDigest(join(root, 'deletes'));
  const both = await runCommand((context) => check(context, [root], {}), {
    ...options,
    json: false,
  });
  t.equal(both.code, 3, 'what is said is not all');
  t.match(both.text, /deletes.*Digest\.crc32/);
  t.match(both.text, /statics.*READ_FAILED/);
  t.match(both.text, /1 fault in 1 of 5 SSTables.*; 2 paths could not be read/);
});

t.test('check of nothing that can be read', async (t) => {
  const root = keyspace(t);
  const cache = join(root, '../cache');
  const table = join(root, 'counters');
  const ran = await runCommand((context) => check(context, [table], {}), { cache });
  t.equal(ran.code, 3);
  t.match(ran.text, /nothing was checked; 1 path could not be read/);
});

t.test('check of unknown versions alone', async (t) => {
  const root = t.testdir({ cache: {}, t: { 'zz-1-big-Data.db': '', 'zz-1-big-TOC.txt': '' } });
  const cache = join(root, 'cache');
  const ran = await runCommand((context) => check(context, [join(root, 't')], {}), { cache });
  t.equal(ran.code, 3);
  t.match(ran.text, /version zz/);
  t.match(ran.text, /\nnothing was checked; 1 path could not be read, see above\n$/);
});

t.test('ls lists the others', async (t) => {
  const root = keyspace(t);
  const cache = join(root, '../cache');
  const ran = await runCommand((context) => list(context, [root]), { cache });
  for (const table of ['deletes', 'scalars', 'statics']) t.match(ran.text, `ks.${table}`);
  t.match(ran.unread, [{ code: 'READ_FAILED', file: /counters$/ }]);
});

t.test('info tells of the others', async (t) => {
  const root = keyspace(t, /scalars.*Statistics\.db$|ks\/counters$/);
  const cache = join(root, '../cache');
  const ran = await runCommand((context) => info(context, [root]), { cache, json: true });
  const { sstables } = JSON.parse(ran.text) as { sstables: { table: string }[] };
  t.same([...new Set(sstables.map(({ table }) => table))], ['deletes', 'statics']);
  t.match(ran.unread, [
    { code: 'READ_FAILED', file: /counters$/ },
    { code: 'READ_FAILED', file: /scalars.*Statistics\.db$/ },
  ]);
});

t.test('tree and partitions answer for the others', async (t) => {
  const root = keyspace(t);
  const cache = join(root, '../cache');
  const output = join(cache, 'all.tree');
  const runs = {
    tree: await runCommand((context) => tree(context, [root], { output }), { cache, json: true }),
    partitions: await runCommand((context) => partitions(context, [root], PARTITIONS), {
      cache,
      json: true,
    }),
  };
  for (const [name, { text, unread }] of Object.entries(runs)) {
    const { tables } = JSON.parse(text) as { tables: { table: string }[] };
    t.same(
      tables.map(({ table }) => table),
      ['deletes', 'scalars'],
      name,
    );
    const codes = unread.map(({ code, file }) => `${code} ${file?.slice(root.length)}`);
    const refused = ['READ_FAILED /counters', 'READ_FAILED /statics/nb-1-big-Data.db'];
    t.same(codes, refused, name);
  }
  t.notOk(existsSync(output), 'a tree file without a table would say that it is not there');
  t.match(runs.tree.warnings, [/all\.tree was not written/]);
});

t.test('the error of the only table stops', async (t) => {
  const root = keyspace(t);
  const table = join(root, 'statics');
  const cache = join(root, '../cache');
  const run = runCommand((context) => tree(context, [table], {}), { cache });
  await t.rejects(run, { code: 'READ_FAILED', file: /Data\.db$/ });
});
