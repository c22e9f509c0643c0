/** One SSTable of a version that is not known, beside others: all commands go on and name it. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { runCli } from './run-cli.js';

const statics = fixtureTable('cassandra-4.1', 'statics');
const NAME = 'zz-77-big-Data.db';
const CODE = 'SSTABLE_UNSUPPORTED_VERSION';

function dataDirectory(root: string): string {
  const table = join(root, 'data', 'shapes', 'statics-5e1f0000000011ee8000000000000001');
  mkdirSync(table, { recursive: true });
  cpSync(statics.directory, table, { recursive: true });
  writeFileSync(join(table, NAME), 'from the future');
  writeFileSync(join(table, 'zz-77-big-Index.db'), 'as well');
  return table;
}

for (const [command, expected] of [
  ['ls', /statics/],
  ['info', /partitioner/i],
  ['dump', /"partition"/],
  ['partitions', /statics/],
  ['tree', /statics/],
] as const) {
  t.test(`${command} prints the others and names it`, async (t) => {
    const table = dataDirectory(t.testdir({}));
    const { code, stdout, stderr } = await runCli([command, table]);
    t.equal(code, 3);
    t.match(stdout, expected);
    t.match(stderr, NAME);
    t.match(stderr, /version zz/);
    const json = await runCli([command, table, '--json']);
    t.equal(json.code, 3);
    t.doesNotThrow(() => JSON.parse(json.stdout));
    t.match(JSON.parse(json.stderr), { error: { code: CODE, file: new RegExp(`${NAME}$`) } });
  });
}

t.test('check lists it beside the faults of the others', async (t) => {
  const table = dataDirectory(t.testdir({}));
  const only = await runCli(['check', table, '--json']);
  t.equal(only.code, 3, 'it could not be read, nothing is damaged');
  t.match(JSON.parse(only.stdout), { sound: false, faults: [{ code: CODE }] });
  const [base] = statics.sstables.map((sstable) => sstable.base);
  writeFileSync(join(table, `${base}-Digest.crc32`), '1');
  const both = await runCli(['check', table]);
  t.equal(both.code, 1);
  t.match(both.stdout, CODE);
  t.match(both.stdout, /Digest\.crc32/);
});

t.test('a backup keeps its bytes, says so, and restores them', async (t) => {
  const root = t.testdir({});
  const table = dataDirectory(root);
  const repo = join(root, 'repo');
  t.equal((await runCli(['init', repo])).code, 0);
  const done = await runCli(['backup', table, '--repo', repo, '--json']);
  t.equal(done.code, 0, done.stderr);
  t.match(done.stderr, new RegExp(`${NAME}.*kept as the bytes`));
  const { id } = JSON.parse(done.stdout) as { id: string };
  const out = join(root, 'out');
  const restored = await runCli(['restore', id, '--repo', repo, '--to', out, '--layout', 'flat']);
  t.equal(restored.code, 0, restored.stderr);
  const check = await runCli(['check', out, '--json']);
  t.match(JSON.parse(check.stdout), { faults: [{ code: CODE, file: new RegExp(`${NAME}$`) }] });
  const [{ faults }] = [JSON.parse(check.stdout) as { faults: unknown[] }];
  t.equal(faults.length, 1);
});

t.test('cat and diff of a backup go on as with folders, and name it', async (t) => {
  const root = t.testdir({});
  const table = dataDirectory(root);
  const repo = join(root, 'repo');
  t.equal((await runCli(['init', repo])).code, 0);
  t.equal((await runCli(['backup', table, '--repo', repo])).code, 0);
  const name = new RegExp(`statics-5e1f0000000011ee8000000000000001/${NAME}`);
  const key = ['--key', '1'];
  const [cat, got] = [
    await runCli(['cat', 'latest', 'shapes.statics', ...key, '--repo', repo]),
    await runCli(['get', table, ...key]),
  ];
  t.equal(got.code, 3);
  t.equal(cat.code, 3);
  t.match(cat.stderr, name);
  t.match(cat.stderr, /version zz/);
  const json = await runCli(['cat', 'latest', 'statics', ...key, '--repo', repo, '--json']);
  t.equal(json.code, 3);
  t.doesNotThrow(() => JSON.parse(json.stdout));
  t.match(JSON.parse(json.stderr), { error: { code: CODE, file: name } });
  for (const other of [statics.directory, `${repo}::latest`]) {
    const diff = await runCli(['diff', `${repo}::latest`, other]);
    t.equal(diff.code, 3);
    t.match(diff.stdout, /^same/);
    t.match(diff.stderr, name);
  }
});

t.test('show marks it, and knows no root of such a table', async (t) => {
  const root = t.testdir({});
  const table = dataDirectory(root);
  const repo = join(root, 'repo');
  t.equal((await runCli(['init', repo])).code, 0);
  t.equal((await runCli(['backup', table, '--repo', repo])).code, 0);
  const text = await runCli(['show', 'latest', '--repo', repo]);
  t.equal(text.code, 0);
  t.match(text.stdout, /zz-77-big: of an unknown version, kept as files \(2 files, 22 B\)/);
  t.match(text.stdout, /\d and 1 unknown .*not known/);
  const json = await runCli(['show', 'latest', '--repo', repo, '--json']);
  t.match(JSON.parse(json.stdout), {
    tables: [
      {
        roots: { raw: null },
        unknownSSTables: [{ base: 'zz-77-big', bytes: 22, files: [NAME, 'zz-77-big-Index.db'] }],
      },
    ],
  });
});

t.test('a table of nothing else: cat refuses, diff names it', async (t) => {
  const root = t.testdir({});
  const table = join(root, 'data', 'shapes', 'statics-5e1f0000000011ee8000000000000001');
  mkdirSync(table, { recursive: true });
  writeFileSync(join(table, NAME), 'from the future');
  const repo = join(root, 'repo');
  t.equal((await runCli(['init', repo])).code, 0);
  t.equal((await runCli(['backup', table, '--repo', repo])).code, 0);
  const cat = await runCli(['cat', 'latest', 'statics', '--key', '1', '--repo', repo]);
  t.equal(cat.code, 3);
  t.match(cat.stderr, NAME);
  const diff = await runCli(['diff', `${repo}::latest`, statics.directory]);
  t.equal(diff.code, 3);
  t.match(diff.stderr, NAME);
  const shown = await runCli(['show', 'latest', '--repo', repo]);
  t.notMatch(shown.stdout, /^leaves: $/m, 'no line of rows where there are none');
});

t.test('--json goes with no format that is none', async (t) => {
  for (const format of ['text', 'annotate']) {
    const { code, stdout, stderr } = await runCli([
      'dump',
      statics.directory,
      '--json',
      '--format',
      format,
    ]);
    t.equal(code, 2);
    t.equal(stdout, '');
    t.match(JSON.parse(stderr), { error: { code: 'USAGE' } });
  }
});
