import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { inspectLocal, LocalStore, openStore } from '../../src/store/index.js';
import { runConformance } from './conformance.js';

t.test('local store', async (t) => {
  let number = 0;
  const root = t.testdir();
  await runConformance(t, async () => new LocalStore(join(root, `store-${number++}`)));
});

t.test('leaves no temporary files and lists none', async (t) => {
  const root = t.testdir();
  const store = new LocalStore(root);
  await store.put('packs/ab/x', [new Uint8Array(3)]);
  await store.put('packs/ab/x', [new Uint8Array(3)]);
  t.same(readdirSync(join(root, 'packs/ab')), ['x']);
  writeFileSync(join(root, 'packs/ab/.y.0123456789abcdef.tmp'), 'half');
  writeFileSync(join(root, 'packs/README'), 'not a key');
  t.same(await store.list('packs'), [{ key: 'packs/ab/x', bytes: 3 }]);
});

t.test('a store that cannot be written says so', async (t) => {
  const root = t.testdir({ file: 'x' });
  const store = new LocalStore(join(root, 'file'));
  await t.rejects(store.put('a/b', [new Uint8Array(1)]), { code: 'WRITE_FAILED' });
  await t.rejects(store.get('a/b'), { code: /STORE_FAILED|STORE_NOT_FOUND/ });
});

t.test('tells what stands where a repository is to be made', async (t) => {
  const root = t.testdir({
    empty: {},
    leftover: { '.config.0123456789abcdef.tmp': '' },
    repository: { config: '{}' },
    other: { 'nb-1-big-Data.db': '' },
    file: '',
  });
  t.equal(await inspectLocal(join(root, 'absent')), 'absent');
  t.equal(await inspectLocal(join(root, 'empty')), 'empty');
  t.equal(await inspectLocal(join(root, 'leftover')), 'empty');
  t.equal(await inspectLocal(join(root, 'repository')), 'repository');
  t.equal(await inspectLocal(join(root, 'other')), 'other');
  t.equal(await inspectLocal(join(root, 'file')), 'other');
  t.notOk(existsSync(join(root, 'absent')));
});

t.test('opens by location and names what it cannot open', async (t) => {
  t.ok(openStore('/somewhere') instanceof LocalStore);
  t.throws(() => openStore('s3://bucket/prefix'), { code: 'STORE_FAILED' });
});
