import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { readRoot, readTable } from '../../src/backup/index.js';
import { packKey, readPackIndex } from '../../src/repository/index.js';
import {
  copyTable,
  flip,
  LEDGER,
  newRepository,
  runBackup,
  runRestore,
  sameFiles,
  tableFiles,
} from './harness.js';

const table = fixtureTable('cassandra-4.1', 'generations');
const indexed = fixtureTable('cassandra-5.0', 'indexed');

async function oneTable(root: string) {
  const repository = await newRepository(join(root, 'repo'));
  const { id } = await runBackup(repository, [table.directory]);
  return { repository, id, wanted: tableFiles(table.directory), out: join(root, 'out') };
}

t.test('a file that differs stops a restore before anything is written', async (t) => {
  const { repository, id, wanted, out } = await oneTable(t.testdir());
  mkdirSync(out);
  const [name = ''] = wanted.keys();
  writeFileSync(join(out, name), 'something else');
  const restoring = runRestore(repository, id, out, { layout: 'flat' });
  await t.rejects(restoring, { code: 'RESTORE_CONFLICT' });
  t.same(readdirSync(out), [name], 'nothing else is there');
  t.equal(readFileSync(join(out, name), 'utf8'), 'something else');
  const report = await runRestore(repository, id, out, { layout: 'flat', overwrite: true });
  t.equal(report.filesWritten, wanted.size);
  sameFiles(t, tableFiles(out), wanted, 'overwritten');
});

t.test('what is right already is not written again, with or without a ledger', async (t) => {
  const { repository, id, wanted, out } = await oneTable(t.testdir());
  mkdirSync(out);
  const [name = '', bytes = Buffer.alloc(0)] = [...wanted][0] ?? [];
  writeFileSync(join(out, name), bytes);
  const report = await runRestore(repository, id, out, { layout: 'flat' });
  t.equal(report.filesWritten, wanted.size - 1);
  t.equal(report.bytesAlreadyThere, bytes.length);
  const ledger = readFileSync(join(out, LEDGER), 'utf8');
  const again = await runRestore(repository, id, out, { layout: 'flat', verify: true });
  t.match(again, { filesWritten: 0, bytesWritten: 0, verified: true });
  t.equal(readFileSync(join(out, LEDGER), 'utf8'), ledger, 'not even the ledger grows');
});

t.test('a file that changed after it was restored is noticed', async (t) => {
  const { repository, id, wanted, out } = await oneTable(t.testdir());
  await runRestore(repository, id, out, { layout: 'flat' });
  const name = [...wanted.keys()].find((each) => each.endsWith('Data.db')) ?? '';
  flip(join(out, name), 3);
  const restoring = runRestore(repository, id, out, { layout: 'flat' });
  await t.rejects(restoring, { code: 'RESTORE_CONFLICT', file: join(out, name) });
  const report = await runRestore(repository, id, out, { layout: 'flat', overwrite: true });
  t.equal(report.filesWritten, 1);
  sameFiles(t, tableFiles(out), wanted, 'mended');
});

t.test('bytes that changed behind size and time are found and replaced', async (t) => {
  const { repository, id, wanted, out } = await oneTable(t.testdir());
  await runRestore(repository, id, out, { layout: 'flat' });
  const name = [...wanted.keys()].find((each) => each.endsWith('Data.db')) ?? '';
  const { atime, mtime } = statSync(join(out, name));
  flip(join(out, name), 3);
  utimesSync(join(out, name), atime, mtime);
  const verifying = runRestore(repository, id, out, { layout: 'flat', verify: true });
  await t.rejects(verifying, { code: 'RESTORE_CONFLICT', file: join(out, name) });
  const report = await runRestore(repository, id, out, { layout: 'flat', overwrite: true });
  t.equal(report.filesWritten, 1);
  sameFiles(t, tableFiles(out), wanted, 'mended');
});

t.test('leftovers of a killed restore are cleared, other files are not', async (t) => {
  const { repository, id, wanted, out } = await oneTable(t.testdir());
  mkdirSync(out);
  const [name = ''] = wanted.keys();
  writeFileSync(join(out, `.${name}.0123456789abcdef.tmp`), 'half');
  writeFileSync(join(out, '.notes.0123456789abcdef.tmp'), 'of somebody else');
  writeFileSync(join(out, LEDGER), '{"backup":"torn');
  await runRestore(repository, id, out, { layout: 'flat' });
  const left = readdirSync(out).filter((each) => each.endsWith('.tmp'));
  t.same(left, ['.notes.0123456789abcdef.tmp']);
  t.match(readFileSync(join(out, LEDGER), 'utf8'), /^\{"backup":"torn\n\{"backup":"/);
});

t.test('a dry run writes nothing', async (t) => {
  const { repository, id, wanted, out } = await oneTable(t.testdir());
  const report = await runRestore(repository, id, out, { dryRun: true });
  t.equal(report.filesWritten, wanted.size);
  t.notOk(existsSync(out));
});

t.test('the report says what was read from the repository', async (t) => {
  const root = t.testdir();
  const { repository, id, out } = await oneTable(root);
  const packs = readdirSync(join(root, 'repo', 'packs'), { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(root, 'repo', 'packs', name)))
    .reduce((sum, status) => sum + (status.isFile() ? status.size : 0), 0);
  const dry = await runRestore(repository, id, out, { layout: 'flat', dryRun: true });
  const { bytesRead } = await runRestore(repository, id, out, { layout: 'flat' });
  t.ok(dry.bytesRead > 0 && dry.bytesRead < bytesRead, 'a dry run reads records');
  // Lists and small records may be read for several SSTables.
  t.ok(bytesRead > packs / 2 && bytesRead < packs * 2, `${bytesRead} of ${packs} bytes`);
});

t.test('layouts, and one table of several', async (t) => {
  const root = t.testdir();
  const id32 = 'b85b1780e5a811f1801587458e9df193';
  const one = copyTable(table.directory, root, `one-${id32}`);
  copyTable(indexed.directory, root, 'two');
  const repository = await newRepository(join(root, 'repo'));
  const { id } = await runBackup(repository, [join(root, 'ks')]);
  const files = tableFiles(one);
  const restored = async (name: string, options: object): Promise<string> => {
    await runRestore(repository, id, join(root, name), options);
    return join(root, name);
  };
  const cassandra = await restored('a', {});
  sameFiles(t, tableFiles(join(cassandra, 'ks', `one-${id32}`)), files, 'cassandra');
  t.same(readdirSync(join(cassandra, 'ks')).sort(), [`one-${id32}`, 'two']);
  const flat = await restored('b', { layout: 'flat' });
  sameFiles(t, tableFiles(join(flat, 'ks.one')), files, 'flat, several tables');
  const single = await restored('c', { layout: 'flat', filter: { tables: ['one'] } });
  sameFiles(t, tableFiles(single), files, 'flat, one table');
  const unknown = runRestore(repository, id, join(root, 'd'), { filter: { tables: ['three'] } });
  await t.rejects(unknown, { code: 'USAGE' });
});

t.test('secondary indexes come back in their folders', async (t) => {
  const root = t.testdir();
  const repository = await newRepository(join(root, 'repo'));
  const { id } = await runBackup(repository, [indexed.directory]);
  const out = join(root, 'out');
  await runRestore(repository, id, out, { layout: 'flat' });
  const wanted = tableFiles(indexed.directory);
  t.ok([...wanted.keys()].some((name) => name.startsWith('.')));
  sameFiles(t, tableFiles(out), wanted, 'indexed');
});

t.test('a backup that is not there', async (t) => {
  const { repository, out } = await oneTable(t.testdir());
  await t.rejects(runRestore(repository, 'abcdef', out), { code: 'BACKUP_NOT_FOUND' });
});

t.test('a table whose record is lost does not keep the others from coming back', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  // Every object has its own pack.
  const repository = await newRepository(repo, { packBytes: 1 });
  const { id } = await runBackup(repository, [table.directory, indexed.directory]);
  const { tables } = await readRoot(repository, await repository.findManifest(id));
  const [entry] = tables.filter((each) => each.table === indexed.table);
  const record = await readTable(repository, entry?.record ?? '');
  for (const lost of [record.parts[0] ?? '', entry?.record ?? '']) {
    const [object] = await repository.place([Buffer.from(lost, 'hex')]);
    const pack = object?.pack ?? '';
    const path = join(repo, packKey(pack));
    const entries = await readPackIndex(repository.store, pack, statSync(path).size);
    t.equal(entries.length, 1, 'nothing else is in that pack');
    rmSync(path);
    const out = join(root, `out-${lost}`);
    await t.rejects(runRestore(repository, id, out), {
      code: 'REPOSITORY_CORRUPT',
      message: new RegExp(
        `^1 file or table cannot be restored: .*${indexed.table}.*; \\d+ others were \\(`,
      ),
    });
    const folder = join(out, tables.find((each) => each.table === table.table)?.path ?? '-');
    sameFiles(t, tableFiles(folder), tableFiles(table.directory), 'the other table');
  }
});
