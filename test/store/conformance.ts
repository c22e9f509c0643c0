/** What every store must do; each implementation runs it on an empty store. */
import type { Test } from 'tap';
import { equalBytes } from '../../src/binary/index.js';
import type { BlobStore } from '../../src/store/index.js';

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

export async function runConformance(t: Test, create: () => Promise<BlobStore>): Promise<void> {
  await t.test('gives back what was put, whole and in ranges', async (t) => {
    const store = await create();
    t.equal(await store.put('packs/ab/abc', [bytes(1, 2), bytes(), bytes(3, 4, 5)]), true);
    t.same([...(await store.get('packs/ab/abc'))], [1, 2, 3, 4, 5]);
    t.same([...(await store.get('packs/ab/abc', { offset: 1, length: 3 }))], [2, 3, 4]);
    t.same([...(await store.get('packs/ab/abc', { offset: 3 }))], [4, 5]);
    t.same([...(await store.get('packs/ab/abc', { length: 2 }))], [1, 2]);
  });

  await t.test('a range beyond the end gives what there is', async (t) => {
    const store = await create();
    await store.put('a', [bytes(1, 2, 3)]);
    t.same([...(await store.get('a', { offset: 2, length: 10 }))], [3]);
    t.same([...(await store.get('a', { offset: 3, length: 10 }))], []);
    t.same([...(await store.get('a', { offset: 9, length: 10 }))], []);
  });

  await t.test('an empty blob is a blob', async (t) => {
    const store = await create();
    t.equal(await store.put('empty', []), true);
    t.same([...(await store.get('empty'))], []);
    t.matchStrict(await store.head('empty'), { key: 'empty', bytes: 0 });
  });

  await t.test('never overwrites', async (t) => {
    const store = await create();
    t.equal(await store.put('a/b', [bytes(1)]), true);
    t.equal(await store.put('a/b', [bytes(2, 2)]), false);
    t.same([...(await store.get('a/b'))], [1]);
  });

  await t.test('of many writers of one key one wins', async (t) => {
    const store = await create();
    const puts = Array.from({ length: 8 }, (_, i) =>
      store.put('race/key', [new Uint8Array(4096).fill(i)]),
    );
    const written = await Promise.all(puts);
    t.equal(written.filter(Boolean).length, 1);
    const winner = written.indexOf(true);
    t.ok(equalBytes(await store.get('race/key'), new Uint8Array(4096).fill(winner)));
  });

  await t.test('says what is not there', async (t) => {
    const store = await create();
    await t.rejects(store.get('missing'), { code: 'STORE_NOT_FOUND' });
    await t.rejects(store.get('missing/too', { offset: 1 }), { code: 'STORE_NOT_FOUND' });
    t.equal(await store.head('missing'), null);
    t.equal(await store.head('missing/too'), null);
    t.equal(await store.delete('missing'), false);
    t.same(await store.list('missing'), []);
  });

  await t.test('lists a prefix, sorted, with sizes', async (t) => {
    const store = await create();
    for (const key of ['p/b/2', 'p/a/1', 'p/a', 'px/1', 'q']) {
      if (key !== 'p/a') await store.put(key, [new Uint8Array(key.length)]);
    }
    t.same(await store.list('p'), [
      { key: 'p/a/1', bytes: 5 },
      { key: 'p/b/2', bytes: 5 },
    ]);
    t.same(await store.list('p/b'), [{ key: 'p/b/2', bytes: 5 }]);
  });

  await t.test('deletes', async (t) => {
    const store = await create();
    await store.put('a/b', [bytes(1)]);
    t.equal(await store.delete('a/b'), true);
    t.equal(await store.head('a/b'), null);
    t.equal(await store.put('a/b', [bytes(2)]), true);
  });

  await t.test('refuses keys that could leave the store', async (t) => {
    const store = await create();
    for (const key of ['', '/a', 'a/', '../a', 'a/../b', 'a//b', '.a', 'A', 'a b', 'a\0']) {
      await t.rejects(store.get(key), TypeError, JSON.stringify(key));
      await t.rejects(store.put(key, []), TypeError, JSON.stringify(key));
    }
  });
}
