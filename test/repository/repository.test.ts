import { randomBytes } from 'node:crypto';
import t from 'tap';
import { toHex } from '../../src/binary/index.js';
import {
  decodeFrame,
  encodeFrame,
  objectId,
  packKey,
  Repository,
  RepositoryWriter,
  readPackIndex,
} from '../../src/repository/index.js';
import { MemoryStore } from '../../src/store/index.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function newRepository(): Promise<{ store: MemoryStore; repository: Repository }> {
  const store = new MemoryStore();
  return { store, repository: await Repository.create(store, { packBytes: 16 * 1024 }) };
}

function manifest(root: Uint8Array, created: string) {
  return {
    created: new Date(created),
    node: 'n1',
    tags: [],
    parent: null,
    session: '00',
    generation: 0,
    root,
    summary: { text: 'x' },
  };
}

t.test('frames are compressed only where that helps', async (t) => {
  const zeros = new Uint8Array(10_000);
  t.ok(encodeFrame(zeros, 'lz4').length < 200);
  t.same(decodeFrame(encodeFrame(zeros, 'lz4')), zeros);
  const random = new Uint8Array(randomBytes(1000));
  t.equal(encodeFrame(random, 'lz4').length, 1005);
  t.same(decodeFrame(encodeFrame(random, 'lz4')), random);
  t.equal(encodeFrame(zeros, 'none').length, 10_005);
  t.same([...decodeFrame(encodeFrame(new Uint8Array(0), 'lz4'))], []);
});

t.test('damaged frames are refused', async (t) => {
  const frame = encodeFrame(new Uint8Array(5000).fill(7), 'lz4');
  t.throws(() => decodeFrame(frame.subarray(0, 3)), { code: 'REPOSITORY_CORRUPT' });
  t.throws(() => decodeFrame(frame.subarray(0, frame.length - 1)), { code: 'REPOSITORY_CORRUPT' });
  const huge = frame.slice();
  huge[1] = 0xff;
  t.throws(() => decodeFrame(huge), { code: 'REPOSITORY_CORRUPT' });
  const later = frame.slice();
  later[0] = 9;
  t.throws(() => decodeFrame(later), { code: 'REPOSITORY_UNSUPPORTED' });
});

t.test('a repository is made once', async (t) => {
  const { store, repository } = await newRepository();
  await t.rejects(Repository.create(store), { code: 'REPOSITORY_EXISTS' });
  const again = await Repository.open(store);
  t.same(again.config, repository.config);
  await t.rejects(Repository.open(new MemoryStore()), { code: 'REPOSITORY_NOT_FOUND' });
  await t.rejects(Repository.create(new MemoryStore(), { chunkBytes: 5000 }), { code: 'USAGE' });
});

t.test('refuses what a later release wrote, by name', async (t) => {
  const { store } = await newRepository();
  const config = JSON.parse(new TextDecoder().decode(await store.get('config')));
  const changes: [object, string][] = [
    [{ version: 2 }, 'REPOSITORY_UNSUPPORTED'],
    [{ features: ['zstd'] }, 'REPOSITORY_UNSUPPORTED'],
    [{ key: { form: 'password' } }, 'REPOSITORY_UNSUPPORTED'],
    [{ compression: 'zstd' }, 'REPOSITORY_UNSUPPORTED'],
    [{ format: 'other' }, 'REPOSITORY_CORRUPT'],
    [{ packBytes: -1 }, 'REPOSITORY_CORRUPT'],
  ];
  for (const [change, code] of changes) {
    const other = new MemoryStore();
    await other.put('config', [text(JSON.stringify({ ...config, ...change }))]);
    await t.rejects(Repository.open(other), { code }, JSON.stringify(change));
  }
  const broken = new MemoryStore();
  await broken.put('config', [text('{')]);
  await t.rejects(Repository.open(broken), { code: 'REPOSITORY_CORRUPT' });
});

t.test('objects are stored once and read back by another session', async (t) => {
  const { store, repository } = await newRepository();
  const writer = await RepositoryWriter.open(repository);
  const objects = Array.from({ length: 50 }, (_, i) => new Uint8Array(randomBytes(1000 + i)));
  const ids: Uint8Array[] = [];
  for (const raw of objects) ids.push((await writer.put('chunk', raw)).id);
  const repeated = await writer.put('chunk', objects[3] as Uint8Array);
  t.equal(repeated.isNew, false);
  const meta = await writer.put('record', text('{}'));
  await writer.flush();
  t.ok(writer.stats.packs >= 4);
  t.equal(writer.stats.newObjects, 51);

  const later = await Repository.open(store);
  for (const [i, id] of ids.entries()) {
    t.same(await later.read(id), objects[i], `object ${i}`);
  }
  t.equal(new TextDecoder().decode(await later.read(meta.id)), '{}');
  const many = [];
  for await (const { raw } of later.reader.readAll(await later.place(ids))) many.push(raw);
  t.same(many, objects);

  const second = await RepositoryWriter.open(later);
  for (const raw of objects) t.equal((await second.put('chunk', raw)).isNew, false);
  await second.flush();
  t.equal(second.stats.storedBytes, 0);
  await t.rejects(later.read(new Uint8Array(32)), { code: 'REPOSITORY_CORRUPT' });
});

t.test('what a writer stored before it was stopped is found by the next one', async (t) => {
  const { store, repository } = await newRepository();
  const writer = await RepositoryWriter.open(repository);
  const objects = Array.from({ length: 40 }, () => new Uint8Array(randomBytes(2000)));
  for (const raw of objects) await writer.put('chunk', raw);
  await writer.abandon();
  const packs = (await store.list('packs')).length;
  t.ok(packs >= 3 && packs < 8, `${packs} packs`);
  const second = await RepositoryWriter.open(await Repository.open(store));
  let known = 0;
  for (const raw of objects) if (!(await second.put('chunk', raw)).isNew) known++;
  t.ok(known >= 20 && known < 40, `${known} objects are known`);
});

t.test('a pack says at its end what it holds', async (t) => {
  const { store, repository } = await newRepository();
  const writer = await RepositoryWriter.open(repository);
  const { id } = await writer.put('chunk', new Uint8Array(randomBytes(3000)));
  await writer.flush();
  const [pack] = await store.list('packs');
  const name = (pack?.key ?? '').slice(-64);
  const entries = await readPackIndex(store, name, pack?.bytes ?? 0);
  t.same(
    entries.map((entry) => toHex(entry.id)),
    [toHex(id)],
  );
  await t.rejects(readPackIndex(store, name, (pack?.bytes ?? 0) - 1), {
    code: 'REPOSITORY_CORRUPT',
  });
});

t.test('an object with a flipped bit is refused', async (t) => {
  const { store, repository } = await newRepository();
  const writer = await RepositoryWriter.open(repository);
  const { id } = await writer.put('chunk', new Uint8Array(randomBytes(3000)));
  await writer.flush();
  const [pack] = await store.list('packs');
  const key = pack?.key ?? '';
  const file = await store.get(key);
  file[100] = (file[100] ?? 0) ^ 1;
  await store.delete(key);
  await store.put(key, [file]);
  await t.rejects((await Repository.open(store)).read(id), { code: 'REPOSITORY_CORRUPT' });
  await store.delete(key);
  await t.rejects((await Repository.open(store)).read(id), { code: 'STORE_NOT_FOUND' });
});

t.test('manifests are found by prefix and by latest', async (t) => {
  const { store, repository } = await newRepository();
  await t.rejects(repository.findManifest('latest'), { code: 'BACKUP_NOT_FOUND' });
  const root = new Uint8Array(32).fill(1);
  const first = await repository.commit(manifest(root, '2026-01-02T03:04:05.678Z'));
  const second = await repository.commit(manifest(root, '2026-01-02T03:04:06.000Z'));
  await t.rejects(repository.commit(manifest(root, '2026-01-02T03:04:06.000Z')), {
    code: 'STORE_EXISTS',
  });
  t.same(await repository.manifests(), [first, second]);
  t.same(await repository.findManifest('latest'), second);
  t.same(await repository.findManifest(first.id.slice(0, 12).toUpperCase()), first);
  await t.rejects(repository.findManifest('zz'), { code: 'BACKUP_NOT_FOUND' });
  await t.rejects(repository.findManifest(''), { code: 'BACKUP_NOT_FOUND' });

  const [blob] = await store.list('manifests');
  const file = await store.get(blob?.key ?? '');
  file[40] = (file[40] ?? 0) ^ 1;
  await store.delete(blob?.key ?? '');
  await store.put(blob?.key ?? '', [file]);
  await t.rejects(repository.findManifest(first.id), { code: 'REPOSITORY_CORRUPT' });
  t.equal(packKey('abc'), 'packs/ab/abc');
});

t.test('a manifest that is not JSON is corrupt', async (t) => {
  const { store, repository } = await newRepository();
  const raw = text('not json');
  const id = toHex(objectId(repository.keys.ids, raw).subarray(0, 16));
  await store.put(`manifests/20260102t030405678z-${id}`, [encodeFrame(raw, 'none')]);
  await t.rejects(repository.findManifest(id), { code: 'REPOSITORY_CORRUPT' });
  const unreadable: string[] = [];
  t.same(await repository.manifests((name) => unreadable.push(name.id)), []);
  t.same(unreadable, [id]);
});

t.test('a changed digit in the config is damage of the config', async (t) => {
  const { store } = await newRepository();
  const sound = new TextDecoder().decode(await store.get('config'));
  for (const field of ['id', 'bytes', 'check']) {
    const digit = (found: string): string => (found.endsWith('0') ? '1' : '0');
    const pattern = new RegExp(`("${field}": "[0-9a-f]*)([0-9a-f])"`);
    const damaged = sound.replace(pattern, (_, head, last) => `${head}${digit(last)}"`);
    t.not(damaged, sound);
    const other = new MemoryStore();
    await other.put('config', [text(damaged)]);
    const wanted = { code: 'REPOSITORY_CORRUPT', message: 'the config is damaged' };
    await t.rejects(Repository.open(other), wanted, field);
  }
});

t.test('latest is refused where several nodes have backups and none is named', async (t) => {
  const { store, repository } = await newRepository();
  const root = new Uint8Array(32).fill(1);
  const commit = (node: string, second: number) =>
    repository.commit({ ...manifest(root, `2026-01-02T03:04:0${second}.000Z`), node });
  const first = await commit('n1', 1);
  t.same(await repository.findManifest('latest'), first);
  const second = await commit('n2', 2);
  await t.rejects(repository.findManifest('latest'), { code: 'USAGE', message: /n1, n2/ });
  t.same(await repository.findManifest('latest', 'n1'), first);
  t.same(await repository.findManifest('latest', 'n2'), second);
  await t.rejects(repository.findManifest('latest', 'n3'), { code: 'BACKUP_NOT_FOUND' });
  await t.rejects(repository.findManifest(first.id, 'n2'), { code: 'BACKUP_NOT_FOUND' });
  // What is damaged is not passed over for something older.
  const key = (await store.list('manifests'))[1]?.key ?? '';
  await store.delete(key);
  await store.put(key, [encodeFrame(text('damaged'), 'none')]);
  await t.rejects(repository.findManifest('latest', 'n1'), { code: 'REPOSITORY_CORRUPT' });
});
