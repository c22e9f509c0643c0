import t from 'tap';
import { RateLimiter } from '../../src/backup/rate-limiter.js';

t.test('lets so many bytes a second through', async (t) => {
  const limiter = new RateLimiter(1_000_000);
  const start = performance.now();
  for (let i = 0; i < 5; i++) await limiter.take(50_000);
  // The first one is free, the others wait for those before them: 4 × 50 ms.
  t.ok(performance.now() - start >= 190, `${performance.now() - start} ms`);
});

t.test('can be interrupted', async (t) => {
  const limiter = new RateLimiter(1);
  await limiter.take(1000);
  const stop = new AbortController();
  const waiting = limiter.take(1, stop.signal);
  stop.abort();
  await t.rejects(waiting, { code: 'INTERRUPTED' });
  t.throws(() => new RateLimiter(0), TypeError);
});
