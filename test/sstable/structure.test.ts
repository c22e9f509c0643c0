/** Rows that were changed with all checksums made right again: structure, order, positions. */
import t from 'tap';
import { isSstashError } from '../../src/errors.js';
import { SSTable } from '../../src/sstable/index.js';
import { uncompress, writeData } from '../helpers/plain-copy.js';
import { copyFixture, faultsOf } from '../helpers/sstable-copies.js';

/** The code that the strict reader ends with, or null when it comes to the end. */
async function readingFails(data: string): Promise<string | null> {
  const sstable = await SSTable.open(data);
  try {
    for await (const batch of sstable.events({ strict: true })) void batch;
    return null;
  } catch (error) {
    if (!isSstashError(error)) throw error;
    return error.code;
  } finally {
    await sstable.close();
  }
}

const cases = [
  ['cassandra-4.1', 'ranges_wide'],
  ['cassandra-4.1', 'collections'],
  ['cassandra-5.0', 'statics'],
  ['cassandra-5.0', 'columns_120'],
  ['cassandra-4.1', 'counters'],
  ['cassandra-5.0-bti', 'ranges'],
] as const;

for (const [set, table] of cases) {
  t.test(`what the reader refuses, the check reports: ${set} ${table}`, async (t) => {
    const data = copyFixture(set, table, t.testdir({}));
    const stream = await uncompress(data);
    t.same(await faultsOf(data, 'deep'), [], 'the uncompressed copy is sound');
    const step = Math.max(1, Math.ceil(stream.length / 120));
    let refused = 0;
    let reported = 0;
    const overlooked: number[] = [];
    for (let at = 0; at < stream.length; at += step) {
      for (const mask of [0x01, 0x80]) {
        const changed = Buffer.from(stream);
        changed[at] = (changed[at] ?? 0) ^ mask;
        writeData(data, changed);
        const code = await readingFails(data);
        const faults = await faultsOf(data, 'deep');
        if (faults.length > 0) reported++;
        if (code === null) continue;
        refused++;
        t.match(code, /^(SSTABLE_|LIMIT_)/);
        if (!faults.some((fault) => fault.component === 'Data.db')) overlooked.push(at);
      }
    }
    t.same(overlooked, []);
    t.ok(refused > 10 && reported >= refused, `${refused} refused, ${reported} reported`);
  });
}

t.test(
  'two partitions that changed places are out of order, and not where Index.db says',
  async (t) => {
    const data = copyFixture('cassandra-5.0', 'statics', t.testdir({}));
    const stream = await uncompress(data);
    const starts: number[] = [];
    const sstable = await SSTable.open(data);
    for await (const batch of sstable.events()) {
      for (const event of batch) if (event.type === 'partition') starts.push(event.position);
    }
    await sstable.close();
    const [first = 0, second = 0, third = stream.length] = starts;
    t.ok(third > second && second > first);
    writeData(
      data,
      Buffer.concat([
        stream.subarray(second, third),
        stream.subarray(first, second),
        stream.subarray(third),
      ]),
    );
    const faults = await faultsOf(data);
    t.ok(faults.some((f) => f.component === 'Data.db' && /not above/.test(f.message)));
    t.ok(faults.some((f) => f.component === 'Index.db' && /another key/.test(f.message)));
  },
);

t.test('a partition that is cut out is missed by Index.db and Statistics.db', async (t) => {
  const data = copyFixture('cassandra-5.0', 'statics', t.testdir({}));
  const stream = await uncompress(data);
  const sstable = await SSTable.open(data);
  const starts: number[] = [];
  for await (const batch of sstable.events()) {
    for (const event of batch) if (event.type === 'partition') starts.push(event.position);
  }
  await sstable.close();
  const [, second = 0, third = 0] = starts;
  writeData(data, Buffer.concat([stream.subarray(0, second), stream.subarray(third)]));
  const components = (await faultsOf(data)).map((fault) => fault.component);
  t.ok(components.includes('Index.db'));
  t.ok(components.includes('Statistics.db'));
});
