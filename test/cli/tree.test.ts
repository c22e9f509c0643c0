import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import t from 'tap';
import { daySnapshot, fixtureTable, upgradePairs } from '../../fixtures/index.js';
import { registerTree } from '../../src/cli/commands/tree.js';
import { tree } from '../../src/cli/compare/tree.js';
import { parseTrees } from '../../src/table/index.js';
import { runCommand } from './compare-context.js';

interface TreeJson {
  readonly tables: {
    keyspace: string;
    table: string;
    physical: string;
    raw: string;
    reconciled: string | null;
    partitions: number;
    sstables: { sstable: string; raw: string }[];
  }[];
}

async function treeJson(cache: string, ...paths: string[]): Promise<TreeJson> {
  // A time of its own, so that two runs say the same.
  const options = { at: 1_800_000_000 };
  const run = await runCommand((context) => tree(context, paths, options), { json: true, cache });
  return JSON.parse(run.text) as TreeJson;
}

t.test('the help explains each root that is printed', async (t) => {
  const program = new Command();
  registerTree(program, async () => undefined);
  let help = '';
  program.commands[0]?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  for (const root of ['physical', 'raw', 'reconciled']) {
    t.match(help, new RegExp(`Tables with equal ${root} roots`));
  }
});

t.test('prints the roots of every table', async (t) => {
  const { directory } = daySnapshot('products', 'day1');
  const { tables } = await treeJson(t.testdir(), directory);
  t.equal(tables.length, 1);
  const [table] = tables;
  t.match(table, {
    keyspace: 'shop',
    table: 'products',
    physical: /^[0-9a-f]{32}$/,
    raw: /^[0-9a-f]{32}$/,
    reconciled: /^[0-9a-f]{32}$/,
  });
  t.equal(table?.sstables.length, 2);
  t.ok((table?.partitions ?? 0) > 0);
});

t.test('the raw root stays when rows are rewritten, the physical one does not', async (t) => {
  const cache = t.testdir();
  for (const { nb, oa } of upgradePairs()) {
    const [before] = (await treeJson(cache, nb.directory)).tables;
    const [after] = (await treeJson(cache, oa.directory)).tables;
    t.equal(after?.raw, before?.raw, nb.table);
    t.not(after?.physical, before?.physical, nb.table);
  }
});

t.test('a second run gives the same from the cache', async (t) => {
  const cache = t.testdir();
  const { directory } = daySnapshot('orders', 'day2');
  t.same(await treeJson(cache, directory), await treeJson(cache, directory));
});

t.test('--output writes the trees', async (t) => {
  const folder = t.testdir();
  const output = join(folder, 'a.tree');
  const { directory } = daySnapshot('orders', 'day2');
  const paths = [directory];
  const run = await runCommand((context) => tree(context, paths, { output }), { cache: folder });
  t.equal(run.code, 0);
  t.match(run.text, /^shop\.orders/);
  const [table] = parseTrees(readFileSync(output));
  t.equal(table?.sstables.length, 2);
  const again = await runCommand((context) => tree(context, paths, { output }), { cache: folder });
  t.equal(again.code, 0, 'a tree file is replaced');
});

t.test('--output leaves alone what is no tree file', async (t) => {
  const cache = t.testdir({ 'nb-1-big-Data.db': 'rows', empty: '', folder: {} });
  const { directory } = daySnapshot('orders', 'day2');
  for (const name of ['nb-1-big-Data.db', 'empty', 'folder']) {
    const output = join(cache, name);
    const run = runCommand((context) => tree(context, [directory], { output }), { cache });
    await t.rejects(run, { code: 'USAGE', file: output });
  }
  t.equal(readFileSync(join(cache, 'nb-1-big-Data.db'), 'utf8'), 'rows');
});

t.test('an SSTable that cannot be read is an error that names the file', async (t) => {
  const cache = t.testdir();
  const { directory, sstables } = fixtureTable('cassandra-4.1', 'collections');
  const folder = t.testdir({});
  const { cpSync, writeFileSync } = await import('node:fs');
  cpSync(directory, folder, { recursive: true });
  const data = join(folder, `${sstables[0]?.base}-Data.db`);
  const bytes = readFileSync(data);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(data, bytes);
  await t.rejects(treeJson(cache, folder), { code: 'SSTABLE_CHECKSUM', file: data });
});
