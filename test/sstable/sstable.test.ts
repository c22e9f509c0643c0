import { rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { SSTable, type SSTableEvent, scanLeaves, withSSTable } from '../../src/sstable/index.js';
import { componentPath, copyFixture, withChanged } from '../helpers/sstable-copies.js';

async function allEvents(
  sstable: SSTable,
  options: { windowBytes?: number; from?: number; to?: number } = {},
): Promise<SSTableEvent[]> {
  const all: SSTableEvent[] = [];
  for await (const batch of sstable.events({ strict: true, ...options })) all.push(...batch);
  return all;
}

async function opened<R>(path: string, use: (sstable: SSTable) => Promise<R>): Promise<R> {
  const sstable = await SSTable.open(path);
  try {
    return await use(sstable);
  } finally {
    await sstable.close();
  }
}

t.test(
  'the same rows come out whatever the window, and as many as Statistics.db says',
  async (t) => {
    let sstables = 0;
    for (const { sstables: all } of fixtureTables()) {
      for (const { dataPath } of all) {
        await opened(dataPath, async (sstable) => {
          const whole = await allEvents(sstable);
          const small = await allEvents(sstable, { windowBytes: 700 });
          if (!isDeepStrictEqual(small, whole)) t.fail(`${dataPath} with small windows`);
          const rows = whole.filter(
            (event) =>
              event.type === 'row' ||
              (event.type === 'partition' && (event.staticRow?.columns.length ?? 0) > 0),
          );
          const { totalRows } = sstable.statistics.stats;
          if (BigInt(rows.length) !== totalRows) t.equal(BigInt(rows.length), totalRows, dataPath);
          sstables++;
        });
      }
    }
    t.ok(sstables > 100);
  },
);

t.test('ranges cover the stream in partitions and give the same rows and leaves', async (t) => {
  const data = copyFixture('cassandra-4.1', 'many_partitions', t.testdir({}));
  await opened(data, async (sstable) => {
    const ranges = await sstable.ranges(4096);
    t.ok(ranges.length > 3, `${ranges.length} ranges`);
    t.equal(ranges[0]?.from, 0);
    t.equal(ranges.at(-1)?.to, sstable.dataLength);
    let previous = 0;
    const events: SSTableEvent[] = [];
    let partitions = 0;
    for (const { from, to } of ranges) {
      t.equal(from, previous);
      previous = to;
      events.push(...(await allEvents(sstable, { from, to })));
      for await (const leaves of scanLeaves(sstable, { from, to }, { windowBytes: 1000 })) {
        partitions += leaves.partitionCount;
        t.equal(leaves.native.length, leaves.consumed);
      }
    }
    t.strictSame(events, await allEvents(sstable));
    t.equal(partitions, events.filter((event) => event.type === 'partition').length);
  });
});

t.test('ranges do without Summary.db, and without Index.db there is one', async (t) => {
  const data = copyFixture('cassandra-4.1', 'many_partitions', t.testdir({}));
  rmSync(componentPath(data, 'Summary.db'));
  t.ok((await opened(data, (sstable) => sstable.ranges(4096))).length > 3);
  const broken = (bytes: Buffer): Buffer => bytes.fill(0xff, bytes.length >> 1);
  const ranges = await withChanged(data, 'Index.db', broken, () =>
    opened(data, (sstable) => sstable.ranges(4096)),
  );
  t.equal(ranges.length, 1);
  rmSync(componentPath(data, 'Index.db'));
  t.equal((await opened(data, (sstable) => sstable.ranges(4096))).length, 1);
});

t.test('finds every key, and not the ones beside', async (t) => {
  for (const [set, table] of [
    ['cassandra-4.1', 'many_partitions'],
    ['cassandra-4.1', 'key_text'],
    ['cassandra-5.0', 'wide'],
    ['cassandra-4.1', 'no_bloom_filter'],
  ] as const) {
    const data = copyFixture(set, table, t.testdir({}));
    await opened(data, async (sstable) => {
      const events = await allEvents(sstable);
      const heads = events.flatMap((event) => (event.type === 'partition' ? [event] : []));
      const known = new Set(heads.map((head) => Buffer.from(head.key).toString('hex')));
      const wrong: string[] = [];
      for (const { key, position } of heads.slice(0, 300)) {
        if ((await sstable.seek(key)) !== position) wrong.push(Buffer.from(key).toString('hex'));
        const other = Uint8Array.from([...key, 1]);
        if (known.has(Buffer.from(other).toString('hex'))) continue;
        if ((await sstable.seek(other)) !== null) wrong.push('a key that is not there');
      }
      t.same(wrong, [], `${table}: ${heads.length} keys`);
    });
  }
});

t.test('a damaged index never hides a partition', async (t) => {
  const data = copyFixture('cassandra-4.1', 'key_text', t.testdir({}));
  const heads = await opened(data, async (sstable) =>
    (await allEvents(sstable)).flatMap((event) => (event.type === 'partition' ? [event] : [])),
  );
  const [head] = heads;
  if (head === undefined) throw new Error('no partition');
  for (const component of ['Index.db', 'Summary.db', 'Filter.db']) {
    for (let at = 0; at < 60; at++) {
      const change = (bytes: Buffer): Buffer => {
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 0x01;
        return bytes;
      };
      const outcome = await withChanged(data, component, change, () =>
        opened(data, (sstable) => sstable.seek(head.key)).catch((error: unknown) => error),
      );
      if (outcome !== head.position) t.match(outcome, { code: /^SSTABLE_/ }, `${component} ${at}`);
    }
  }
  t.pass('found or an error, never null');
});

t.test(
  'reads at any position are pieces of the whole stream, with checksums verified',
  async (t) => {
    for (const table of ['compression_none', 'compression_lz4_4k', 'compression_lz4_ratio']) {
      const data = copyFixture('cassandra-4.1', table, t.testdir({}));
      await opened(data, async (sstable) => {
        const { dataLength } = sstable;
        const whole = await sstable.readData(0, dataLength);
        let seed = 7;
        for (let i = 0; i < 200; i++) {
          seed = (seed * 1103515245 + 12345) % 2147483648;
          const from = seed % dataLength;
          const length = (seed >> 8) % (dataLength - from + 1);
          const into = new Uint8Array(length + 3);
          const part = await sstable.readData(from, length, into);
          if (Buffer.compare(part, whole.subarray(from, from + length)) !== 0) {
            t.fail(`${length} bytes at ${from}`);
          }
        }
        await t.rejects(sstable.readData(dataLength, 1), { code: 'SSTABLE_TRUNCATED' });
        await t.rejects(sstable.readData(0, 2 ** 50), { code: 'SSTABLE_TRUNCATED' });
      });
      const flip = (bytes: Buffer): Buffer => {
        bytes[50] = (bytes[50] ?? 0) ^ 1;
        return bytes;
      };
      const read = (): Promise<unknown> =>
        opened(data, (sstable) => sstable.readData(60, 10)).catch((error: unknown) => error);
      t.match(await withChanged(data, 'Data.db', flip, read), {
        code: 'SSTABLE_CHECKSUM',
        component: 'Data.db',
        file: data,
        offset: 0,
        uncompressedOffset: 0,
      });
    }
  },
);

t.test('what cannot be read is an error that says why', async (t) => {
  const data = copyFixture('cassandra-4.1', 'statics', t.testdir({}));
  await t.rejects(SSTable.open(`${data}x`), { code: 'PATH_NOT_FOUND' });
  rmSync(componentPath(data, 'CompressionInfo.db'));
  await t.rejects(SSTable.open(data), {
    code: 'SSTABLE_COMPONENT_MISSING',
    component: 'CompressionInfo.db',
  });
  rmSync(componentPath(data, 'Statistics.db'));
  await t.rejects(SSTable.open(data), {
    code: 'SSTABLE_COMPONENT_MISSING',
    component: 'Statistics.db',
  });
});

t.test('an SSTable stays open between uses, and is opened anew when it changes', async (t) => {
  const data = copyFixture('cassandra-4.1', 'statics', t.testdir({}));
  const first = await withSSTable(data, async (sstable) => sstable);
  t.equal(await withSSTable(data, async (sstable) => sstable), first);
  await withChanged(
    data,
    'TOC.txt',
    (bytes) => bytes,
    async () => {
      t.not(await withSSTable(data, async (sstable) => sstable), first);
    },
  );
});

t.test('without its Data.db an SSTable is opened by no name, and the error says why', async (t) => {
  const data = copyFixture('cassandra-4.1', 'statics', t.testdir({}));
  rmSync(data);
  const missing = { code: 'SSTABLE_COMPONENT_MISSING', component: 'Data.db', file: data };
  await t.rejects(SSTable.open(data), missing);
  await t.rejects(SSTable.open(componentPath(data, 'Index.db')), missing);
  const other = data.replace('nb-1-', 'nb-99-');
  await t.rejects(SSTable.open(other), { code: 'PATH_NOT_FOUND', file: other });
});
