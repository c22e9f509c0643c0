import t from 'tap';
import { SstashError } from '../../src/errors.js';
import { inlineExecutor, mapOrdered, Slots } from '../../src/parallel/index.js';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

t.test('results come in input order, never more than the limit at once', async (t) => {
  let running = 0;
  let most = 0;
  const results = await collect(
    mapOrdered([30, 5, 20, 1, 10, 2], 3, async (ms, i) => {
      most = Math.max(most, ++running);
      await later(ms);
      running--;
      return `${i}:${ms}`;
    }),
  );
  t.same(results, ['0:30', '1:5', '2:20', '3:1', '4:10', '5:2']);
  t.equal(most, 3);
  t.same(await collect(mapOrdered([], 2, async () => 1)), []);
});

t.test('the first error in order ends it after those under way have settled', async (t) => {
  let begun = 0;
  let settled = 0;
  const all = mapOrdered([1, 2, 3, 4, 5, 6, 7, 8], 3, async (item) => {
    begun++;
    await later(item === 3 ? 1 : 10);
    settled++;
    if (item === 2 || item === 3) throw new Error(`item ${item}`);
    return item;
  });
  await t.rejects(collect(all), { message: 'item 2' });
  t.equal(settled, begun);
  t.ok(begun < 8);
});

t.test('a consumer that stops early begins nothing more', async (t) => {
  let begun = 0;
  let closed = false;
  function* items(): Generator<number> {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      closed = true;
    }
  }
  for await (const item of mapOrdered(items(), 2, async (i) => i + 0 * begun++)) {
    if (item === 3) break;
  }
  t.ok(begun <= 6, `${begun} begun`);
  t.ok(closed, 'the source was closed');
});

t.test(
  'the inline executor runs one task at a time and passes errors as they would cross',
  async (t) => {
    let running = 0;
    const executor = inlineExecutor({
      async work(argument: { value: number }) {
        t.equal(++running, 1);
        await later(1);
        running--;
        return argument.value;
      },
      async fail() {
        throw new SstashError('SSTABLE_CHECKSUM', 'bad', { offset: 4 });
      },
    });
    t.same(await Promise.all([1, 2, 3].map((value) => executor.run('work', { value }))), [1, 2, 3]);
    await t.rejects(executor.run('fail', {}), { code: 'SSTABLE_CHECKSUM', offset: 4 });
    const signal = AbortSignal.abort();
    await t.rejects(executor.run('work', { value: 1 }, { signal }), { code: 'INTERRUPTED' });
    await executor.close();
  },
);

t.test('leaving the line for a slot does not lose the slot', async (t) => {
  const slots = new Slots(1);
  await slots.take();
  const controller = new AbortController();
  const impatient = slots.take(controller.signal);
  const patient = slots.take();
  controller.abort();
  await t.rejects(impatient, { code: 'INTERRUPTED' });
  slots.release();
  await patient;
  slots.release();
  await slots.take();
});
