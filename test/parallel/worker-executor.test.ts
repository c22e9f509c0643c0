import t from 'tap';
import { isSstashError, SstashError } from '../../src/errors.js';
import { workerExecutor } from '../../src/parallel/index.js';

const entry = new URL('../helpers/test-worker.mjs', import.meta.url);

t.test('runs tasks in threads, transfers buffers both ways', async (t) => {
  const executor = workerExecutor(entry, 2);
  t.teardown(() => executor.close());
  t.equal(executor.concurrency, 2);
  const results = await Promise.all(
    [1, 2, 3, 4, 5].map((v) => executor.run('double', { value: v })),
  );
  t.same(results, [2, 4, 6, 8, 10]);
  const { bytes } = await executor.run<{ bytes: Uint8Array }>('fill', { length: 1000, byte: 7 });
  t.equal(bytes.length, 1000);
  t.equal(bytes[999], 7);
  const given = new Uint8Array(10).fill(3);
  t.equal(await executor.run('sum', { bytes: given }, { transfer: [given.buffer] }), 30);
  t.equal(given.length, 0, 'the buffer was moved, not copied');
});

t.test('an error keeps its class, code and details', async (t) => {
  const executor = workerExecutor(entry, 1);
  t.teardown(() => executor.close());
  const error: unknown = await executor.run('fail', { offset: 17 }).catch((e: unknown) => e);
  t.type(error, SstashError);
  t.match(error, { code: 'SSTABLE_CORRUPT', component: 'Data.db', offset: 17 });
  await t.rejects(executor.run('nonsense', {}), { message: /no task nonsense/ });
  t.equal(await executor.run('double', { value: 4 }), 8, 'the thread goes on');
});

t.test('an aborted signal empties the line and stops what runs', async (t) => {
  const executor = workerExecutor(entry, 1);
  t.teardown(() => executor.close());
  const controller = new AbortController();
  const { signal } = controller;
  const running = executor.run('polite', {}, { signal });
  const waiting = executor.run('double', { value: 1 }, { signal });
  setTimeout(() => controller.abort(), 200);
  const outcomes = await Promise.allSettled([running, waiting]);
  for (const outcome of outcomes) {
    t.ok(outcome.status === 'rejected' && isSstashError(outcome.reason, 'INTERRUPTED'));
  }
  t.equal(await executor.run('double', { value: 4 }), 8);
});

t.test('a task that never waits sees that it is to stop', async (t) => {
  const executor = workerExecutor(entry, 1);
  t.teardown(() => executor.close());
  const controller = new AbortController();
  await executor.run('double', { value: 1 });
  const running = executor.run('busy', {}, { signal: controller.signal });
  let start = 0;
  setTimeout(() => {
    start = performance.now();
    controller.abort();
  }, 300);
  await t.rejects(running, { code: 'INTERRUPTED' });
  t.ok(performance.now() - start < 3000, 'before its thread would be killed');
  t.equal(await executor.run('double', { value: 4 }), 8);
});

t.test('a task that does not listen is killed, the pool lives on', async (t) => {
  const executor = workerExecutor(entry, 1);
  t.teardown(() => executor.close());
  const controller = new AbortController();
  const running = executor.run('stubborn', {}, { signal: controller.signal });
  setTimeout(() => controller.abort(), 300);
  await t.rejects(running, { code: 'INTERRUPTED' });
  t.equal(await executor.run('double', { value: 4 }), 8);
});

t.test('a thread that dies is an error, not a hang', async (t) => {
  const executor = workerExecutor(entry, 1);
  t.teardown(() => executor.close());
  await t.rejects(executor.run('die', {}), { code: 'INTERRUPTED', message: /die/ });
});
