/** What a second backup reads and stores. */
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot, fixtureTable } from '../../fixtures/index.js';
import { sourceTables } from '../../src/backup/index.js';
import { findTables } from '../../src/sstable/index.js';
import {
  copyTable,
  flip,
  newRepository,
  openRepository,
  runBackup,
  runRestore,
  sameFiles,
  tableFiles,
} from './harness.js';

const table = fixtureTable('cassandra-5.0', 'wide');

async function firstBackup(root: string) {
  const directory = copyTable(table.directory, root, 'wide');
  const repository = await newRepository(join(root, 'repo'));
  const first = await runBackup(repository, [directory]);
  return { directory, repository: await openRepository(join(root, 'repo')), first };
}

t.test('files whose times changed are read again and yield nothing new', async (t) => {
  const { directory, repository, first } = await firstBackup(t.testdir());
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), 1e9, 1e9);
  const second = await runBackup(repository, [directory]);
  t.equal(second.bytes.read, first.bytes.read, 'everything is read');
  t.equal(second.bytes.new, 0);
  t.equal(second.chunks.new, 0);
});

t.test('a small component that is rewritten in place is noticed', async (t) => {
  const root = t.testdir();
  const { directory, repository } = await firstBackup(root);
  const toc = readdirSync(directory).find((name) => name.endsWith('TOC.txt')) ?? '';
  const path = join(directory, toc);
  const { length } = readFileSync(path);
  writeFileSync(path, 'x'.repeat(length));
  // The same size and time: only reading it tells.
  utimesSync(path, 1e9, 1e9);
  const second = await runBackup(repository, [directory]);
  t.equal(second.bytes.new, length);
  t.equal(second.tables[0]?.sstablesReused, 1, 'Data.db is not read again');
  await runRestore(repository, second.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'rewritten TOC');
});

t.test('a component that is lost or damaged since is told, and the rest comes back', async (t) => {
  for (const component of ['Statistics.db', 'CompressionInfo.db', 'Index.db', 'Filter.db']) {
    for (const how of ['lost', 'damaged'] as const) {
      // What follows from the rows is taken over where size and time are those of before.
      if (how === 'damaged' && component !== 'Statistics.db') continue;
      const root = join(t.testdir(), `${how}-${component}`);
      const { directory, repository, first } = await firstBackup(root);
      t.same(first.faults, []);
      const path = join(
        directory,
        readdirSync(directory).find((name) => name.endsWith(component)) ?? '',
      );
      if (how === 'lost') rmSync(path);
      else flip(path, 60);
      const second = await runBackup(repository, [directory]);
      const code = how === 'lost' ? 'SSTABLE_COMPONENT_MISSING' : 'SSTABLE_CHECKSUM';
      t.match(second.faults, [{ code, component }], `${component} is ${how}`);
      const again = await runBackup(repository, [directory]);
      t.match(again.faults, [{ code, component }], 'the next backup says so too');
      await runRestore(repository, again.id, join(root, 'out'), { layout: 'flat' });
      sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), component);
    }
  }
});

t.test('what is not in the repository any more is read and stored again', async (t) => {
  const root = t.testdir();
  const { directory } = await firstBackup(root);
  const repo = join(root, 'repo');
  // Nothing is left that could say what is missing.
  rmSync(join(repo, 'packs'), { recursive: true });
  rmSync(join(repo, 'index'), { recursive: true });
  const second = await runBackup(await openRepository(repo), [directory]);
  t.ok(second.chunks.new > 0);
  await runRestore(await openRepository(repo), second.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'stored again');
});

t.test('only packs of rows are gone', async (t) => {
  const root = t.testdir();
  const { directory } = await firstBackup(root);
  const repo = join(root, 'repo');
  const packs = readdirSync(join(repo, 'packs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  rmSync(packs[0] ?? '');
  const second = await runBackup(await openRepository(repo), [directory]);
  t.equal(second.tables[0]?.sstablesReused, 0);
  await runRestore(await openRepository(repo), second.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'stored again');
});

t.test('without a digest nothing counts as unchanged unread', async (t) => {
  const root = t.testdir();
  const directory = copyTable(table.directory, root, 'wide');
  const digest = readdirSync(directory).find((name) => name.endsWith('Digest.crc32')) ?? '';
  rmSync(join(directory, digest));
  const repository = await newRepository(join(root, 'repo'));
  await runBackup(repository, [directory]);
  const second = await runBackup(await openRepository(join(root, 'repo')), [directory]);
  t.equal(second.tables[0]?.sstablesReused, 0);
  t.equal(second.chunks.new, 0);
});

t.test('a component that was rewritten after it was found has its own size', async (t) => {
  const root = t.testdir();
  const { directory, repository } = await firstBackup(root);
  const toc = readdirSync(directory).find((name) => name.endsWith('TOC.txt')) ?? '';
  const path = join(directory, toc);
  const original = readFileSync(path);
  writeFileSync(path, 'x'.repeat(original.length + 9));
  const tables = sourceTables(await findTables([directory]), {});
  writeFileSync(path, original);
  const second = await runBackup(repository, [directory], { tables });
  await runRestore(repository, second.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'the bytes read');
});

t.test('another digest makes Data.db be read again', async (t) => {
  const { directory, repository } = await firstBackup(t.testdir());
  const digest = readdirSync(directory).find((name) => name.endsWith('Digest.crc32')) ?? '';
  writeFileSync(join(directory, digest), '1');
  const second = await runBackup(repository, [directory]);
  t.equal(second.tables[0]?.sstablesReused, 0);
  t.match(second.faults, [{ code: 'SSTABLE_CHECKSUM', component: 'Digest.crc32' }]);
});

t.test('backups of another node, or with a named parent', async (t) => {
  const { directory, repository, first } = await firstBackup(t.testdir());
  const other = await runBackup(repository, [directory], { node: 'n2' });
  t.equal(other.parent, null);
  t.equal(other.tables[0]?.sstablesReused, 0, 'nothing is known of that node');
  t.equal(other.chunks.new, 0, 'but all of its content is');
  const named = await runBackup(repository, [directory], { node: 'n3', parent: first.id });
  t.equal(named.parent, first.id);
  t.equal(named.tables[0]?.sstablesReused, 1);
  await t.rejects(runBackup(repository, [directory], { parent: 'ffffffff' }), {
    code: 'BACKUP_NOT_FOUND',
  });
});

t.test('the next snapshot of a table stores what changed', async (t) => {
  const root = t.testdir();
  const repository = await newRepository(join(root, 'repo'), { chunkBytes: 4096 });
  const days = [daySnapshot('orders', 'day1'), daySnapshot('orders', 'day2')];
  const reports = [];
  for (const day of days) reports.push(await runBackup(repository, [day.directory]));
  const [first, second] = reports;
  t.ok((second?.bytes.new ?? 0) < (first?.bytes.new ?? 0));
  for (const [i, day] of days.entries()) {
    const out = join(root, `out${i}`);
    await runRestore(repository, reports[i]?.id ?? '', out, { layout: 'flat' });
    sameFiles(t, tableFiles(out), tableFiles(day.directory), day.covers);
  }
});

t.test('tables are chosen by name and pattern', async (t) => {
  const root = t.testdir();
  for (const name of ['orders', 'cache_a', 'cache_b']) copyTable(table.directory, root, name);
  const repository = await newRepository(join(root, 'repo'));
  const tables = async (filter: Parameters<typeof runBackup>[2]): Promise<string[]> =>
    (await runBackup(repository, [join(root, 'ks')], filter)).tables.map((each) => each.table);
  t.same(await tables({ filter: { excluded: ['cache_*'] } }), ['orders']);
  t.same(await tables({ filter: { tables: ['ks.cache_a'] } }), ['cache_a']);
  t.same(await tables({ filter: { keyspaces: ['other'] } }), []);
});

t.test('an SSTable that vanishes is reported, the others are kept', async (t) => {
  const root = t.testdir();
  const directory = copyTable(fixtureTable('cassandra-4.1', 'generations').directory, root, 'gens');
  const repository = await newRepository(join(root, 'repo'));
  const { findTables } = await import('../../src/sstable/index.js');
  const { backup, sourceTables } = await import('../../src/backup/index.js');
  const { executor } = await import('./harness.js');
  const tables = sourceTables(await findTables([directory]), {});
  const all = tables[0]?.files.sstables ?? [];
  for (const { path } of all[0]?.components.values() ?? []) rmSync(path);
  const report = await backup({ repository, executor, tables, node: 'n1' });
  t.equal(report.tables[0]?.sstables, all.length - 1);
  t.match(report.faults, [{ code: 'PATH_NOT_FOUND' }]);
});
