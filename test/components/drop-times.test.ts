/** estimatedTombstoneDropTime: small ones by hand; larger ones keep what must be kept. */
import t from 'tap';
import { type DropTimeRule, DropTimes, dropPoint } from '../../src/components/index.js';
import { randomNumbers } from '../codec/seeded.js';

const RULES: readonly DropTimeRule[] = ['3.0', '3.11', '4.0', '5.0'];

function histogramOf(rule: DropTimeRule, times: readonly number[]) {
  const drops = new DropTimes(rule);
  for (const time of times) drops.add(dropPoint(rule, time), 1);
  const { maxBinSize, points, counts } = drops.finish();
  return { maxBinSize, points: [...points], counts: [...counts] };
}

t.test('up to a hundred different points are counted as they are', async (t) => {
  const times = [120, 61, 59, 61, 0, 120];
  t.same(histogramOf('3.0', times), {
    maxBinSize: 100,
    points: [0, 59, 61, 120],
    counts: [1n, 1n, 2n, 2n],
  });
  t.same(histogramOf('3.11', times).points, [0, 60, 120]);
  t.same(histogramOf('3.11', times).maxBinSize, 100);
  for (const rule of ['4.0', '5.0'] as const) {
    t.same(histogramOf(rule, times), { maxBinSize: 3, points: [0, 60, 120], counts: [1n, 1n, 4n] });
  }
});

t.test('the latest times are cut off by those who count in minutes', async (t) => {
  t.equal(dropPoint('3.0', 2147483646), 2147483646);
  t.equal(dropPoint('4.0', 2147483646), 2147483646);
  t.equal(dropPoint('4.0', 2147483600), 2147483640);
  t.equal(dropPoint('5.0', 4294967294), 4294967293);
  t.equal(dropPoint('5.0', 2147483646), 2147483700);
});

t.test('the two nearest of 101 points become one', async (t) => {
  const minutes = Array.from({ length: 100 }, (_, i) => 600 * (i + 1));
  const close = 600 * 50 + 60;
  const middle = 600 * 50 + 30;
  const [first, ...rest] = RULES.map((rule) => histogramOf(rule, [...minutes, close]));
  t.equal(first?.points[49], middle, 'a point between them, as it is');
  t.equal(rest[0]?.points[49], middle);
  t.equal(rest[1]?.points[49], 600 * 50 + 60, 'rounded up to a minute');
  t.equal(rest[2]?.points[49], 600 * 50 + 60);
  for (const { points, counts } of [first, ...rest].flatMap((each) => each ?? [])) {
    t.equal(points.length, 100);
    t.equal(counts[49], 2n);
  }
});

t.test('many times keep their number and their order', async (t) => {
  const next = randomNumbers(7);
  const times = Array.from({ length: 20_000 }, () => 1_600_000_000 + (next() % 200_000_000));
  for (const rule of RULES) {
    const { points, counts } = histogramOf(rule, times);
    t.equal(points.length, 100, rule);
    t.equal(
      counts.reduce((sum, count) => sum + count, 0n),
      20_000n,
      rule,
    );
    t.ok(
      points.every((point, i) => i === 0 || point > (points[i - 1] ?? 0)),
      rule,
    );
  }
});

t.test('a run of equal times counts as each of them', async (t) => {
  const next = randomNumbers(9);
  for (const rule of RULES) {
    const [runs, singles] = [new DropTimes(rule), new DropTimes(rule)];
    for (let i = 0; i < 500; i++) {
      const point = dropPoint(rule, 1_600_000_000 + 60 * (next() % 1000));
      const count = 1 + (next() % 4);
      runs.add(point, count);
      for (let j = 0; j < count; j++) singles.add(point, 1);
    }
    t.equal(runs.count, singles.count);
    t.same(runs.finish(), singles.finish(), rule);
  }
});
