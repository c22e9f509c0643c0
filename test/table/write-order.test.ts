/** What the places in the commit log say about the order of SSTables. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import {
  formatVersion,
  parseStatistics,
  type Statistics,
  type StatsMetadata,
} from '../../src/components/index.js';
import { WriteOrder } from '../../src/table/partitions/write-order.js';

const dataPath = fixtureTable('cassandra-4.1', 'deletes').sstables[0]?.dataPath ?? '';
const file = dataPath.replace(/Data\.db$/, 'Statistics.db');
const real = parseStatistics(readFileSync(file), formatVersion('big', 'nb'), {
  file,
  component: 'Statistics.db',
});

const place = (position: number, segmentId = 7n) => ({ segmentId, position });

/** Of an SSTable with the writes between these places. */
function of(
  intervals: readonly (readonly [number, number])[],
  more: Partial<StatsMetadata> = {},
): Statistics {
  const commitLogIntervals = intervals.map(([from, to]) => [place(from), place(to)] as const);
  return { ...real, stats: { ...real.stats, commitLogIntervals, ...more } };
}

t.test('a flush after another', async (t) => {
  const order = new WriteOrder([of([[10, 20]]), of([[20, 30]])]);
  t.ok(order.isLater(1, 0));
  t.notOk(order.isLater(0, 1));
  t.strictSame(order.reversal([0, 1], [500n, 400n]), { gap: 100, earlier: 0, later: 1 });
  t.equal(order.reversal([0, 1], [400n, 500n]), null);
  t.equal(order.reversal([0, 1], [null, 500n]), null);
});

t.test('a compaction is as late as the writes in it', async (t) => {
  // Sources are in the order of generations: the last one merged two flushes before the first one.
  const before = new WriteOrder([of([[30, 40]]), of([[10, 30]])]);
  t.equal(before.reversal([0, 1], [500n, 400n]), null);
  t.strictSame(before.reversal([0, 1], [300n, 400n]), { gap: 100, earlier: 1, later: 0 });
  const around = new WriteOrder([
    of([[20, 30]]),
    of([
      [10, 20],
      [30, 40],
    ]),
  ]);
  t.equal(around.reversal([0, 1], [500n, 400n]), null, 'nobody knows');
  t.equal(around.reversal([0, 1], [400n, 500n]), null);
});

t.test('the largest of several, and segments before positions', async (t) => {
  const next = { commitLogIntervals: [[place(5, 8n), place(6, 8n)]] as const };
  const order = new WriteOrder([of([[10, 20]]), of([[20, 30]]), of([], next)]);
  t.ok(order.isLater(2, 1));
  const found = order.reversal([0, 1, 2], [900n, 700n, 650n]);
  t.strictSame(found, { gap: 250, earlier: 0, later: 2 });
  t.strictSame(order.reversal([1, 2], [700n, 650n]), { gap: 50, earlier: 1, later: 2 });
});

t.test('silence where it is not known', async (t) => {
  const host = { originatingHostId: new Uint8Array(16).fill(9) };
  const none = { commitLogIntervals: null, commitLogLowerBound: null };
  for (const other of [of([]), of([[20, 30]], host), of([], none)]) {
    const order = new WriteOrder([of([[10, 20]]), other]);
    t.equal(order.reversal([0, 1], [500n, 400n]), null);
    t.equal(order.reversal([0, 1], [400n, 500n]), null);
  }
  const same = new WriteOrder([of([[20, 20]]), of([[20, 20]])]);
  t.notOk(same.isLater(0, 1) || same.isLater(1, 0));
  const bounds = { commitLogIntervals: null, commitLogLowerBound: place(20) };
  const mb = { ...bounds, commitLogUpperBound: place(30) };
  t.ok(new WriteOrder([of([[10, 20]]), of([], mb)]).isLater(1, 0), 'mb has bounds alone');
});
