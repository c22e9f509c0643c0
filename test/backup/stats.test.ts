/** What a repository says of itself: the bytes of its files, and the same as its backups counted. */
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { daySnapshot } from '../../fixtures/index.js';
import { addCounts, sumOf } from '../../src/backup/counts.js';
import { type RepositoryStats, repositoryStats } from '../../src/backup/index.js';
import { noTally } from '../../src/backup/stats/tally.js';
import { Repository } from '../../src/repository/index.js';
import { MemoryStore } from '../../src/store/index.js';
import { newRepository, openRepository, runBackup, tableFiles } from './harness.js';

const TABLES = ['customers', 'orders', 'products'] as const;

type Day = 'day1' | 'day2';

const dayFolders = (day: Day): string[] => TABLES.map((table) => daySnapshot(table, day).directory);

const HISTORY: readonly (readonly [node: string, day: Day])[] = [
  ['n1', 'day1'],
  ['n1', 'day2'],
  ['n2', 'day2'],
  ['n1', 'day2'],
  ['n2', 'day1'],
];

async function history(root: string): Promise<Repository> {
  await newRepository(join(root, 'repo'), { chunkBytes: 4096 });
  for (const [node, day] of HISTORY) {
    await runBackup(await openRepository(join(root, 'repo')), dayFolders(day), { node });
  }
  return openRepository(join(root, 'repo'));
}

/** Bytes of the files of a repository, all of them and those of one folder. */
function bytesIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => statSync(join(folder, name))).filter((each) => each.isFile());
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** What a store of whole files would be sent, made of the files themselves. */
function wholeFiles(): { logical: number; sent: number }[] {
  const known = new Set<string>();
  return HISTORY.map(([, day]) => {
    let [logical, sent] = [0, 0];
    for (const table of TABLES) {
      for (const bytes of tableFiles(daySnapshot(table, day).directory).values()) {
        const content = `${table} ${createHash('sha256').update(bytes).digest('hex')}`;
        logical += bytes.length;
        if (!known.has(content)) sent += bytes.length;
        known.add(content);
      }
    }
    return { logical, sent };
  });
}

function sumsHold(t: Test, stats: RepositoryStats): void {
  const { backups, tables, total, packs, files } = stats;
  for (const each of [total, ...backups, ...tables]) {
    t.equal(sumOf(each.stored), each.storedBytes);
  }
  const sum = noTally();
  for (const backup of backups) addCounts(sum, backup);
  t.same(sum.stored, total.stored, 'all backups');
  t.equal(sum.logicalBytes, total.logicalBytes);
  t.equal(sum.objects, total.objects);
  t.equal(backups.at(-1)?.storedSoFar ?? 0, total.storedBytes);
  const roots = backups.length;
  const ofTables = tables.reduce((objects, table) => objects + table.objects, 0);
  t.ok(ofTables <= total.objects && ofTables >= total.objects - roots, 'tables, and the roots');
  t.equal(packs.needed, total.storedBytes);
  t.equal(sumOf({ ...packs }), files.packs.bytes, 'all of the packs');
}

t.test('the files of the repository, and what its backups counted', async (t) => {
  const root = t.testdir();
  const repository = await history(root);
  let read = 0;
  const seen: string[] = [];
  const stats = await repositoryStats({
    repository,
    onBackup: ({ id }) => seen.push(id),
    onProgress: (bytes) => {
      read += bytes;
    },
  });
  sumsHold(t, stats);
  const location = join(root, 'repo');
  t.equal(stats.files.all.bytes, bytesIn(location), 'all files');
  for (const kind of ['packs', 'index', 'manifests'] as const) {
    t.equal(stats.files[kind].bytes, bytesIn(join(location, kind)), kind);
  }
  t.equal(stats.files.manifests.count, HISTORY.length);
  t.same(stats.packs, { ...stats.packs, notNeeded: 0, unindexed: 0 });
  t.same(
    stats.backups.map(({ id }) => id),
    seen,
  );
  const known = wholeFiles();
  for (const [i, backup] of stats.backups.entries()) {
    const { report, stored, wholeFileBytes, logicalBytes, error } = backup;
    t.equal(error, null);
    t.equal(logicalBytes, known[i]?.logical);
    t.equal(wholeFileBytes, known[i]?.sent);
    t.same({ ...stored, packs: report?.stored.packs }, report?.stored, 'as it counted itself');
    // A backup compares with the newest ones, which do not have files that come back.
    const isBack = i === HISTORY.length - 1;
    t.equal(report?.bytes.wholeFile === wholeFileBytes, !isBack, 'whole files');
    t.equal(backup.leaves.own === 0, report?.leaves.new === 0 && report?.leaves.chunks === 0);
  }
  const { lists, recipes, records } = stats.total.stored;
  t.equal(
    read >= lists + recipes + records && read < stats.files.packs.bytes,
    true,
    'lists, recipes and records are read, and nothing else',
  );
  const [first, compacted] = stats.backups;
  t.equal(first?.restore.needed, first?.restore.chunks, 'a first backup takes all of its chunks');
  t.ok((compacted?.leaves.extents ?? 0) > 0);
  t.equal(stats.total.ratios.dedup, stats.total.logicalBytes / stats.total.storedBytes);
});

t.test('chunks are not read', async (t) => {
  const root = t.testdir();
  await history(root);
  const location = join(root, 'repo');
  const sizes = readdirSync(join(location, 'packs'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(location, 'packs', name))
    .filter((path) => statSync(path).isFile());
  const before = await repositoryStats({ repository: await openRepository(location) });
  // What is left of a pack of rows is its size, as the listing has it.
  const store = (await openRepository(location)).store;
  const isRows = (bytes: number): boolean => bytes > 40_000;
  t.ok(sizes.some((path) => isRows(statSync(path).size)));
  const repository = await Repository.open({
    location: store.location,
    get: async (key, options) => {
      const info = key.startsWith('packs/') ? await store.head(key) : null;
      if (info !== null && isRows(info.bytes)) throw new Error(`${key} is read`);
      return store.get(key, options);
    },
    put: (key, parts) => store.put(key, parts),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
    head: (key) => store.head(key),
  });
  t.same(await repositoryStats({ repository }), before);
});

t.test('what no backup needs, and what no index names', async (t) => {
  const root = t.testdir();
  const repository = await history(root);
  const manifests = await repository.store.list('manifests');
  const before = await repositoryStats({ repository });
  // Rows of the first day are in SSTables of the second one, its recipes are not.
  for (const { key } of manifests.slice(0, 3)) rmSync(join(root, 'repo', key));
  const fewer = await repositoryStats({ repository: await openRepository(join(root, 'repo')) });
  sumsHold(t, fewer);
  t.ok(fewer.packs.notNeeded > 0);
  t.equal(fewer.packs.needed + fewer.packs.notNeeded, before.packs.needed);
  for (const { key } of manifests.slice(3)) rmSync(join(root, 'repo', key));
  rmSync(join(root, 'repo', 'index'), { recursive: true });
  const none = await repositoryStats({ repository: await openRepository(join(root, 'repo')) });
  t.same(none.packs, {
    needed: 0,
    notNeeded: 0,
    unindexed: before.files.packs.bytes,
    overhead: 0,
  });
  t.same(none.total.ratios, { dedup: null, wholeFile: null, compression: null });
});

t.test('without indexes packs say what they hold', async (t) => {
  const root = t.testdir();
  const before = await repositoryStats({ repository: await history(root) });
  rmSync(join(root, 'repo', 'index'), { recursive: true });
  const after = await repositoryStats({ repository: await openRepository(join(root, 'repo')) });
  sumsHold(t, after);
  t.equal(after.packs.unindexed, 0, 'they were looked into');
  t.same(after.packs, before.packs);
  t.same(after.backups, before.backups);
  t.same(after.tables, before.tables);
});

t.test('damage is told with the backup that has it', async (t) => {
  const root = t.testdir();
  const repository = await history(root);
  const [first] = await repository.manifests();
  const [place] = await repository.place(first === undefined ? [] : [first.root]);
  const pack = place?.pack ?? '';
  rmSync(join(root, 'repo', 'packs', pack.slice(0, 2), pack));
  const stats = await repositoryStats({ repository: await openRepository(join(root, 'repo')) });
  t.equal(stats.backups.length, HISTORY.length);
  t.match(stats.backups[0], {
    error: { code: /^\w+$/, message: String },
    report: { bytes: { stored: Number } },
  });
  t.equal(stats.backups[0]?.tables.length, 0);
});

t.test('an empty repository', async (t) => {
  const repository = await Repository.create(new MemoryStore());
  const stats = await repositoryStats({ repository });
  t.same(stats.backups, []);
  t.same(stats.tables, []);
  t.equal(stats.files.all.count, 1);
  sumsHold(t, stats);
});

t.test('a backup without counts', async (t) => {
  const root = t.testdir();
  const repository = await history(root);
  const newest = await repository.findManifest('latest', 'n2');
  const { created: _, id: __, summary, ...rest } = newest;
  const { bytes } = summary as { readonly bytes?: unknown };
  const bare = { bytes, tables: [{ keyspace: 'shop', table: 'a', path: 'b' }] };
  await repository.commit({ ...rest, created: new Date(), summary: bare });
  const stats = await repositoryStats({ repository: await openRepository(join(root, 'repo')) });
  const last = stats.backups.at(-1);
  t.equal(last?.report, null);
  t.equal(last?.logicalBytes, stats.backups.at(-2)?.logicalBytes);
  t.equal(last?.storedBytes, 0);
});
