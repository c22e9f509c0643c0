/** init, backup, backups, show, restore and verify as the command line runs them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { tree } from '../../src/cli/compare/tree.js';
import type { CommandContext } from '../../src/cli/context.js';
import { runBackup } from '../../src/cli/keep/backup.js';
import { listBackups } from '../../src/cli/keep/backups.js';
import { init } from '../../src/cli/keep/init.js';
import { runRestore } from '../../src/cli/keep/restore.js';
import { showBackup } from '../../src/cli/keep/show.js';
import { runVerify } from '../../src/cli/keep/verify.js';
import { copyTable, flip, sameFiles, tableFiles } from '../backup/harness.js';
import { runCommand } from './compare-context.js';

const table = fixtureTable('cassandra-4.1', 'generations');

interface Json {
  readonly id?: unknown;
  readonly bytes?: unknown;
}

async function json(
  action: (context: CommandContext) => Promise<number>,
): Promise<{ code: number; json: Json }> {
  const { code, text } = await runCommand(action, { json: true, cache: t.testdirName });
  return { code, json: JSON.parse(text) as Json };
}

async function human(action: (context: CommandContext) => Promise<number>) {
  return runCommand(action, { cache: t.testdirName });
}

t.test('a whole life of a repository, as JSON', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const made = await json((context) => init(context, repo, {}));
  t.match(made, { code: 0, json: { repository: repo, chunkBytes: 65536, compression: 'lz4' } });

  const first = await json((c) =>
    runBackup(c, [table.directory], { repo, node: 'n1', tag: ['a,b'] }),
  );
  t.equal(first.code, 0);
  t.match(first.json, {
    id: /^[0-9a-f]{32}$/,
    node: 'n1',
    created: /^\d{4}-\d\d-\d\dT/,
    tags: ['a', 'b'],
    tables: [{ table: 'generations', sstables: 4 }],
    bytes: { read: Number, new: Number, reused: Number, stored: Number },
  });
  const id = String(first.json.id);

  const list = await json((c) => listBackups(c, { repo }));
  t.match(list.json, [{ id, node: 'n1', tags: ['a', 'b'], bytes: first.json.bytes }]);
  const none = await json((c) => listBackups(c, { repo, node: 'n2' }));
  t.same(none.json, []);

  const shown = await json((c) => showBackup(c, id.slice(0, 8), { repo }));
  t.match(shown.json, {
    id,
    tables: [
      {
        table: 'generations',
        sstables: { length: 4 },
        roots: { raw: /^[0-9a-f]{32}$/ },
        schema: /CREATE TABLE/,
      },
    ],
  });
  const trees = await json((c) => tree(c, [table.directory], {}));
  const raw = (document: Json): unknown =>
    JSON.stringify(document)
      .match(/"raw":"\w+"/g)
      ?.at(-1);
  t.ok(JSON.stringify(trees.json).includes(String(raw(shown.json))), 'the root that tree prints');

  const to = join(root, 'out');
  const restored = await json((c) => runRestore(c, 'latest', { repo, to, layout: 'flat' }));
  t.match(restored, { code: 0, json: { id, files: Number, bytesAlreadyThere: 0 } });
  sameFiles(t, tableFiles(to), tableFiles(table.directory), 'restored');
  const again = await json((c) => runRestore(c, id, { repo, to, layout: 'flat' }));
  t.match(again, { code: 0, json: { bytesWritten: 0 } });

  const sound = await json((c) => runVerify(c, [], { repo, readData: true }));
  t.match(sound, { code: 0, json: { sound: true, faults: [] } });
});

t.test('for people', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  t.match(await human((c) => init(c, repo, { chunkSize: 32768 })), { text: /Made repository/ });
  const empty = await human((c) => listBackups(c, { repo }));
  t.equal(empty.text, 'no backups\n');
  const dry = await human((c) => runBackup(c, [table.directory], { repo, dryRun: true }));
  t.match(dry.text, /dry run: nothing was written/);
  t.equal((await human((c) => listBackups(c, { repo }))).text, 'no backups\n');
  const made = await human((c) => runBackup(c, [table.directory], { repo, node: 'n1' }));
  t.match(made.text, /backup [0-9a-f]{32}\n$/);
  const listed = (await human((c) => listBackups(c, { repo }))).text;
  t.match(listed, /n1/);
  t.match(listed, /size\s+new\s+stored\s+tags/);
  t.match((await human((c) => showBackup(c, 'latest', { repo }))).text, /generations/);
  const to = join(root, 'out');
  const first = await human((c) => runRestore(c, 'latest', { repo, to }));
  t.match(first.text, /^restored \d+ files/);
  const second = await human((c) => runRestore(c, 'latest', { repo, to }));
  t.match(second.text, /^nothing to do: .* 0 bytes written/);
  const inside = human((c) => runRestore(c, 'latest', { repo, to: join(repo, 'out') }));
  await t.rejects(inside, { code: 'USAGE' });
  t.match((await human((c) => runVerify(c, [], { repo }))).text, /sound\n$/);
});

t.test('damage makes exit code 1, the backup is there all the same', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const directory = copyTable(table.directory, root, 'damaged');
  flip(join(directory, `${table.sstables[0]?.base}-Data.db`), 10);
  await human((c) => init(c, repo, {}));
  const made = await json((c) => runBackup(c, [directory], { repo }));
  t.match(made, { code: 1, json: { faults: [{ code: /^SSTABLE_/, component: 'Data.db' }] } });
  const restored = await json((c) => {
    return runRestore(c, 'latest', { repo, to: join(root, 'out'), layout: 'flat' });
  });
  t.equal(restored.code, 0);
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'damaged, as it was');
});

t.test('a damaged repository makes verify say 1', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  await human((c) => init(c, repo, {}));
  const made = await json((c) => runBackup(c, [table.directory], { repo }));
  for (const file of readdirSync(join(repo, 'packs'), { recursive: true }).map(String)) {
    if (file.length > 60) flip(join(repo, 'packs', file), 40);
  }
  const found = await json((c) => runVerify(c, [], { repo, readData: true }));
  t.match(found, { code: 1, json: { sound: false } });
  const text = JSON.stringify(found.json);
  t.ok(text.includes(String(made.json.id)), 'the backup is named');
});

t.test('what cannot be done is refused with a reason', async (t) => {
  const root = t.testdir({ other: { file: 'x' } });
  const repo = join(root, 'repo');
  const refused = async (
    action: (context: CommandContext) => Promise<number>,
    code: string,
  ): Promise<void> => {
    await t.rejects(human(action), { code });
  };
  await refused((c) => init(c, join(root, 'other'), {}), 'REPOSITORY_EXISTS');
  await refused((c) => init(c, repo, { encrypt: true }), 'USAGE');
  await refused((c) => init(c, repo, { chunkSize: 1000 }), 'USAGE');
  await refused((c) => init(c, 's3://bucket/prefix', {}), 'STORE_FAILED');
  await refused((c) => listBackups(c, {}), 'USAGE');
  await refused((c) => listBackups(c, { repo }), 'REPOSITORY_NOT_FOUND');
  await human((c) => init(c, repo, {}));
  await refused((c) => init(c, repo, {}), 'REPOSITORY_EXISTS');
  await refused((c) => showBackup(c, 'latest', { repo }), 'BACKUP_NOT_FOUND');
  await refused((c) => runBackup(c, [join(root, 'absent')], { repo }), 'PATH_NOT_FOUND');
  const excluded = { repo, exclude: ['*'] };
  await refused((c) => runBackup(c, [table.directory], excluded), 'PATH_NO_SSTABLE');
  // A repository that cannot be written: a file stands where a folder should be.
  writeFileSync(join(repo, 'packs'), 'in the way');
  await refused((c) => runBackup(c, [table.directory], { repo }), 'WRITE_FAILED');
  t.equal(readFileSync(join(repo, 'packs'), 'utf8'), 'in the way');
});

t.test('a backup without rows has no line of leaves', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const directory = copyTable(table.directory, root, 'plain');
  for (const name of readdirSync(directory)) {
    if (!/Data\.db$|Statistics\.db$/.test(name)) continue;
    writeFileSync(join(directory, name), 'nothing that could be read, but twice the same');
  }
  await human((c) => init(c, repo, {}));
  await human((c) => runBackup(c, [directory], { repo, node: 'n1' }));
  const again = await human((c) => runBackup(c, [directory], { repo, node: 'n2' }));
  t.match(again.text, /^reused: /m);
  t.notMatch(again.text, /^leaves:/m);
  t.notMatch((await human((c) => showBackup(c, 'latest', { repo, node: 'n2' }))).text, /^leaves:/m);
});

t.test('SSTables that are not of the backup are told', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  await human((c) => init(c, repo, {}));
  await human((c) => runBackup(c, [table.directory], { repo }));
  const to = join(root, 'out');
  const options = { repo, to, layout: 'flat' as const };
  const first = await human((c) => runRestore(c, 'latest', options));
  t.same(first.warnings, [], 'into an empty folder');
  const again = await human((c) => runRestore(c, 'latest', options));
  t.same(again.warnings, [], 'the same once more');
  const [base = ''] = table.sstables.map((each) => each.base);
  for (const name of readdirSync(to).filter((each) => each.startsWith(`${base}-`))) {
    const other = name.replace(/^(..)-[^-]+-/, '$1-987-');
    writeFileSync(join(to, other), readFileSync(join(to, name)));
  }
  const text =
    `1 SSTable in ${to} is not of this backup: together they say something else than the backup. ` +
    'Restore into an empty folder.';
  const found = await human((c) => runRestore(c, 'latest', options));
  t.same(found.warnings, [text]);
  writeFileSync(join(to, 'zz-988-big-Data.db'), 'from the future');
  const dry = await json((c) => runRestore(c, 'latest', { ...options, dryRun: true }));
  const sstables = [base.replace(/^(..)-[^-]+-/, '$1-987-'), 'zz-988-big'];
  t.match(dry, {
    code: 0,
    json: { otherSSTables: [{ table: 'generations', folder: to, sstables: sstables.sort() }] },
  });
  const whole = await json((c) => runRestore(c, 'latest', { ...options, layout: 'cassandra' }));
  t.match(whole.json, { otherSSTables: { length: 0 } }, 'another folder');
});

t.test('what a filter names and is not there is told', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  const other = fixtureTable('cassandra-4.1', 'statics');
  const paths = [table.directory, other.directory];
  const { keyspace } = table;
  await human((c) => init(c, repo, {}));
  const filter = { keyspace: [keyspace, 'absent'], table: ['generations,nope', 'statics'] };
  const made = await human((c) => runBackup(c, paths, { repo, ...filter, exclude: ['x*', 'st*'] }));
  t.equal(made.code, 0);
  t.same(made.warnings, [
    '--keyspace absent: no table is named so',
    '--table nope: no table is named so',
    '--exclude x*: no table is named so',
  ]);
  const named = { table: [`${keyspace}.generations`], exclude: ['*.statics'] };
  const without = await human((c) => runBackup(c, paths, { repo, ...named }));
  t.same(without.warnings, [], 'all of it is there');
  const options = { repo, to: join(root, 'out') };
  const wanted = ['generations', 'statics'];
  const restored = await human((c) => runRestore(c, 'latest', { ...options, table: wanted }));
  t.equal(restored.code, 0);
  t.same(restored.warnings, ['--table statics: no table is named so']);
  await t.rejects(
    human((c) => runRestore(c, 'latest', { ...options, table: ['nope'] })),
    {
      code: 'USAGE',
    },
  );
});
