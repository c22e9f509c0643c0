/** Damage in a repository: found, traced to backups, put in quarantine, mended by the next backup. */
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { verify } from '../../src/backup/index.js';
import { inspectPack } from '../../src/backup/verify-pack.js';
import { SstashError } from '../../src/errors.js';
import { contentName, packKey, readPackIndex } from '../../src/repository/index.js';
import type { BlobStore, GetOptions } from '../../src/store/index.js';
import {
  flip,
  newRepository,
  openRepository,
  runBackup,
  runRestore,
  runVerify,
  sameFiles,
  tableFiles,
} from './harness.js';

const one = fixtureTable('cassandra-4.1', 'generations').directory;
const other = fixtureTable('cassandra-4.1', 'collections').directory;

function filesIn(repository: string, folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
}

/** Two backups of two tables; `first` alone has the table `one`. */
async function prepare(root: string) {
  const directory = join(root, 'repo');
  const repository = await newRepository(directory);
  const first = await runBackup(repository, [one]);
  const second = await runBackup(await openRepository(directory), [other]);
  return { directory, first: first.id, second: second.id };
}

t.test('a flipped byte in a pack', async (t) => {
  const root = t.testdir();
  const { directory, first } = await prepare(root);
  const [pack = ''] = filesIn(directory, 'packs');
  flip(pack, 200);
  t.ok((await runVerify(directory, false)).sound, 'cannot be seen without reading');
  const found = await runVerify(directory);
  t.equal(found.sound, false);
  t.match(found.faults, [{ code: 'REPOSITORY_CORRUPT', component: 'pack' }]);
  t.equal(found.faults.length, 1);
  t.ok(found.quarantined >= 1);
  t.ok(existsSync(pack), 'nothing is deleted');
  const known = await runVerify(directory, false);
  t.equal(known.sound, false, 'afterwards it is known without reading');
  t.equal(known.quarantined, 0);
  const touched = known.faults[0]?.backups ?? [];
  t.ok(touched.length >= 1);

  const source = touched.includes(first) ? one : other;
  const mended = await runBackup(await openRepository(directory), [source]);
  t.ok(mended.chunks.new >= 1, 'the damaged chunk is stored again');
  const repository = await openRepository(directory);
  await runRestore(repository, mended.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(source), 'mended');
  t.equal((await runVerify(directory)).sound, true);
  await runRestore(repository, touched[0] ?? '', join(root, 'old'), { layout: 'flat' });
});

t.test('whatever pack is damaged, the next backup is whole', async (t) => {
  const root = t.testdir();
  const { directory } = await prepare(root);
  for (const pack of filesIn(directory, 'packs')) flip(pack, 60);
  const found = await runVerify(directory);
  t.ok(found.quarantined >= 3);
  for (const [name, source] of Object.entries({ one, other })) {
    const mended = await runBackup(await openRepository(directory), [source]);
    const out = join(root, name);
    await runRestore(await openRepository(directory), mended.id, out, { layout: 'flat' });
    sameFiles(t, tableFiles(out), tableFiles(source), name);
  }
});

t.test('a pack that is gone, or cut short', async (t) => {
  for (const harm of [rmSync, (path: string) => truncateSync(path, statSync(path).size >> 1)]) {
    const root = t.testdir();
    const { directory, first, second } = await prepare(root);
    const kept = join(root, 'kept');
    cpSync(directory, kept, { recursive: true });
    for (const pack of filesIn(directory, 'packs')) harm(pack);
    const found = await runVerify(directory, false);
    t.equal(found.sound, false);
    t.match(found.faults[0]?.code, /^(STORE_NOT_FOUND|REPOSITORY_CORRUPT)$/);
    const touched = new Set(found.faults.flatMap(({ backups }) => backups));
    t.same(touched, new Set([first, second]));
    t.equal(found.quarantined, 0, 'what is not there may come back');
    for (const [name, source] of Object.entries({ one, other })) {
      const mended = await runBackup(await openRepository(directory), [source]);
      t.ok(mended.chunks.new > 0, 'stored again');
      const out = join(root, name);
      await runRestore(await openRepository(directory), mended.id, out, { layout: 'flat' });
      sameFiles(t, tableFiles(out), tableFiles(source), name);
    }
    cpSync(join(kept, 'packs'), join(directory, 'packs'), { recursive: true });
    t.equal((await runVerify(directory)).sound, true, 'sound again with the files back');
    await runRestore(await openRepository(directory), first, join(root, 'old'), { layout: 'flat' });
    sameFiles(t, tableFiles(join(root, 'old')), tableFiles(one), 'the first backup');
  }
});

t.test('indexes that are damaged or gone cost nothing but time', async (t) => {
  const root = t.testdir();
  const { directory, first } = await prepare(root);
  for (const path of filesIn(directory, 'index')) flip(path, 80);
  const found = await runVerify(directory, false);
  t.equal(found.sound, false);
  t.match(found.faults[0], { code: 'REPOSITORY_CORRUPT', component: 'index' });
  const repository = await openRepository(directory);
  await runRestore(repository, first, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(one), 'without an index');
});

t.test('a damaged manifest touches its own backup alone', async (t) => {
  const root = t.testdir();
  const { directory, first, second } = await prepare(root);
  const path = filesIn(directory, 'manifests').find((each) => each.includes(first)) ?? '';
  flip(path, 60);
  const found = await runVerify(directory);
  t.equal(found.faults.length, 1);
  t.match(found.faults[0], { code: 'REPOSITORY_CORRUPT', component: 'manifest' });
  t.same(found.faults[0]?.backups, [first]);
  const repository = await openRepository(directory);
  const unreadable: string[] = [];
  const listed = await repository.manifests(({ id }) => unreadable.push(id));
  t.same([listed.map(({ id }) => id), unreadable], [[second], [first]], 'it is listed as such');
  await runRestore(repository, second, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(other), 'the other one');
});

t.test('an index that is gone is reported, what it named is still found', async (t) => {
  const root = t.testdir();
  const { directory, first, second } = await prepare(root);
  for (const path of filesIn(directory, 'index')) rmSync(path);
  const state = await runVerify(directory);
  t.equal(state.sound, false);
  t.ok(state.unindexedPacks >= 2);
  t.ok(state.faults.every(({ component }) => component === 'index'));
  t.same(new Set(state.faults.flatMap(({ backups }) => backups)), new Set([first, second]));
  const repository = await openRepository(directory);
  await runRestore(repository, first, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(one), 'without an index');
});

t.test('a pack that cannot say what it holds is judged by the indexes', async (t) => {
  const root = t.testdir();
  const { directory, first, second } = await prepare(root);
  for (const pack of filesIn(directory, 'packs')) {
    flip(pack, 60);
    flip(pack, -1);
  }
  const found = await runVerify(directory);
  t.ok(found.quarantined >= 3);
  const touched = new Set(found.faults.flatMap(({ backups }) => backups));
  t.same(touched, new Set([first, second]));
});

t.test('each object is read, whatever the name of its pack says', async (t) => {
  const root = t.testdir();
  const { directory } = await prepare(root);
  const [pack = ''] = filesIn(directory, 'packs');
  const repository = await openRepository(directory);
  const name = pack.slice(-64);
  const [entry] = await readPackIndex(repository.store, name, statSync(pack).size);
  const bytes = readFileSync(pack);
  // A pack that was written wrong, and named by its wrong bytes.
  bytes[(entry?.offset ?? 0) + 20] = (bytes[(entry?.offset ?? 0) + 20] ?? 0) ^ 1;
  const wrong = contentName([bytes]);
  await repository.store.put(packKey(wrong), [bytes]);
  const inspected = await inspectPack(repository.store, repository.keys.ids, wrong, async () => []);
  t.same(inspected.faults, []);
  t.equal(inspected.damaged.length, 1);
});

t.test('a pack that cannot be read does not end the verification', async (t) => {
  const root = t.testdir();
  const { directory } = await prepare(root);
  const repository = await openRepository(directory);
  const [bad] = filesIn(directory, 'packs').map((path) => path.slice(-64));
  const { store } = repository;
  const failing = Object.assign(Object.create(store) as BlobStore, {
    location: store.location,
    list: (prefix: string) => store.list(prefix),
    get: async (key: string, options?: GetOptions) => {
      if (!key.endsWith(bad ?? '-')) return store.get(key, options);
      throw new SstashError('STORE_FAILED', 'input/output error', { file: key });
    },
  });
  const found = await verify({ repository: repository.through(failing), ids: [], readData: true });
  t.match(found.faults, [{ code: 'STORE_FAILED' }]);
  t.ok((found.faults[0]?.backups.length ?? 0) > 0);
  t.ok(found.bytesRead > 0, 'the other packs were read');
  t.equal(found.quarantined, 0);
});

t.test('an object in two packs is read from the one that is sound', async (t) => {
  const root = t.testdir();
  const directory = join(root, 'repo');
  await newRepository(directory);
  const both = await Promise.all([openRepository(directory), openRepository(directory)]);
  const reports = await Promise.all(
    both.map((each, i) => runBackup(each, [one], { node: `n${i}` })),
  );
  const packs = filesIn(directory, 'packs');
  t.equal(packs.length, 4, 'both stored everything');
  for (const pack of packs) {
    const bytes = readFileSync(pack);
    flip(pack, 60);
    for (const { id } of reports) {
      const out = join(root, `${pack.slice(-8)}-${id}`);
      await runRestore(await openRepository(directory), id, out, { layout: 'flat' });
      sameFiles(t, tableFiles(out), tableFiles(one), 'from the other pack');
    }
    writeFileSync(pack, bytes);
  }
});
