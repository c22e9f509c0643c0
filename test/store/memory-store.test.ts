import t from 'tap';
import { type BlobStore, DiscardStore, MemoryStore, ReadOnlyStore } from '../../src/store/index.js';
import { runConformance } from './conformance.js';

t.test('memory store', (t) => runConformance(t, async () => new MemoryStore()));

t.test('a read-only store reads and refuses to write', async (t) => {
  const inner = new MemoryStore();
  await inner.put('a', [new Uint8Array([1, 2])]);
  const store: BlobStore = new ReadOnlyStore(inner);
  t.same([...(await store.get('a'))], [1, 2]);
  t.same(await store.head('a'), { key: 'a', bytes: 2 });
  await t.rejects(store.put('b', []), { code: 'STORE_FAILED' });
  await t.rejects(store.delete('a'), { code: 'STORE_FAILED' });
  t.equal(await inner.head('b'), null);
  t.ok(await inner.head('a'));
});

t.test('a discarding store counts and keeps nothing', async (t) => {
  const inner = new MemoryStore();
  const store = new DiscardStore(inner);
  t.equal(await store.put('a/b', [new Uint8Array(3), new Uint8Array(4)]), true);
  t.equal(store.discardedBytes, 7);
  t.same(await inner.list('a'), []);
});
