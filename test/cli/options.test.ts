import t from 'tap';
import {
  parseCount,
  parseDuration,
  parseSize,
  parseTime,
  workersWithin,
} from '../../src/cli/options.js';

t.test('sizes are powers of 1024, whatever the unit is called', async (t) => {
  const sizes = { '4096': 4096, '64k': 65536, '64KiB': 65536, '64 kb': 65536, '1.5G': 1610612736 };
  for (const [text, bytes] of Object.entries(sizes)) t.equal(parseSize(text), bytes, text);
  for (const text of ['', 'x', '-1', '0', '1Z', '1e3']) t.throws(() => parseSize(text), text);
});

t.test('counts are whole numbers from 1 on', async (t) => {
  t.equal(parseCount('12'), 12);
  for (const text of ['0', '-1', '1.5', 'two', '']) t.throws(() => parseCount(text), text);
});

t.test('a memory limit uses fewer workers, one at least', async (t) => {
  const MiB = 1024 ** 2;
  t.equal(workersWithin(8, undefined), 8);
  for (const [limit, workers] of [
    [1, 1],
    [300, 1],
    [379, 1],
    [380, 2],
    [2048, 8],
  ] as const) {
    t.equal(workersWithin(8, limit * MiB), workers, `${limit} MiB`);
  }
});

t.test('times are UTC, also without a zone', async (t) => {
  t.equal(parseTime('1700000000'), 1700000000);
  t.equal(parseTime('2023-11-14T22:13:20Z'), 1700000000);
  t.equal(parseTime('2023-11-14T22:13:20'), 1700000000);
  t.equal(parseTime('2023-11-14T23:13:20+01:00'), 1700000000);
  t.equal(parseTime('2023-11-14'), 1699920000);
  for (const text of ['yesterday', '2023-13-01', '']) t.throws(() => parseTime(text), text);
});

t.test('spans of time', async (t) => {
  const spans = { '30': 30, '90s': 90, '15m': 900, '12h': 43200, '7d': 604800, '2w': 1209600 };
  for (const [text, seconds] of Object.entries(spans)) t.equal(parseDuration(text), seconds, text);
  for (const text of ['', '1y', '-1d']) t.throws(() => parseDuration(text), text);
});
