import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { ByteWriter, equalBytes } from '../../src/binary/index.js';
import { formatVersion, parseStatistics, type StatisticsPart } from '../../src/components/index.js';
import { isSstashError } from '../../src/errors.js';

function fixture(set: 'cassandra-4.1' | 'cassandra-5.0', table: string): Uint8Array {
  const path = fixtureTable(set, table).sstables[0]?.dataPath ?? '';
  return new Uint8Array(readFileSync(path.replace('Data.db', 'Statistics.db')));
}

const nb = formatVersion('big', 'nb');
const oa = formatVersion('big', 'oa');

t.test('a table of Cassandra 4.1', async (t) => {
  const statistics = parseStatistics(fixture('cassandra-4.1', 'scalars'), nb);
  t.equal(statistics.partitioner, 'org.apache.cassandra.dht.Murmur3Partitioner');
  t.equal(statistics.bloomFilterFpChance, 0.01);
  t.equal(statistics.liveComplexDeletionTime, 0x7fffffff);
  t.equal(statistics.stats.estimatedPartitionSize.buckets.length, 151);
  t.equal(statistics.stats.coveredClustering, null);
  t.equal(statistics.stats.firstKey, null);
  t.equal(statistics.stats.paddingBytes, 0);
  t.same(
    statistics.parts.map((part) => part.type),
    [0, 1, 2, 3],
  );
});

t.test('a table of Cassandra 5.0', async (t) => {
  const { stats, liveComplexDeletionTime } = parseStatistics(
    fixture('cassandra-5.0', 'scalars'),
    oa,
  );
  t.equal(liveComplexDeletionTime, 0xffffffff);
  t.equal(stats.estimatedPartitionSize.buckets.length, 156);
  t.equal(stats.minClusteringValues, null);
  t.not(stats.firstKey, null);
  t.equal(stats.paddingBytes, 4 * stats.estimatedTombstoneDropTime.points.length);
  t.ok(Number.isNaN(stats.tokenSpaceCoverage));
  t.equal(stats.compressionRatio > 0, true);
});

t.test('columns are in the order of Cassandra', async (t) => {
  const bytes = fixture('cassandra-5.0', 'collections');
  const { regularColumns } = parseStatistics(bytes, oa).header;
  const firstComplex = regularColumns.findIndex((column) => column.complex);
  t.ok(firstComplex >= 0);
  t.ok(regularColumns.slice(firstComplex).every((column) => column.complex));
  t.same(
    regularColumns.map((column) => column.index),
    regularColumns.map((_, i) => i),
  );
});

t.test('every flipped byte is an error of ours', async (t) => {
  for (const [bytes, version] of [
    [fixture('cassandra-4.1', 'collections'), nb],
    [fixture('cassandra-5.0', 'collections'), oa],
  ] as const) {
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] = (damaged[i] ?? 0) ^ 0x40;
      try {
        parseStatistics(damaged, version);
        t.fail(`byte ${i} of ${bytes.length}`);
      } catch (error) {
        if (!isSstashError(error)) throw error;
      }
    }
    for (let length = 0; length < bytes.length; length += 7) {
      t.throws(() => parseStatistics(bytes.subarray(0, length), version), { name: 'SstashError' });
    }
  }
});

/** The same parts put together anew in the order given, with some more. */
function reassemble(bytes: Uint8Array, parts: readonly StatisticsPart[], extra: Uint8Array | null) {
  const bodies = parts.map((part) => ({
    type: part.type,
    body: bytes.subarray(part.offset, part.offset + part.length),
  }));
  if (extra !== null) bodies.splice(1, 0, { type: 9, body: extra });
  const contents = new ByteWriter();
  let offset = 8 + 8 * bodies.length + 4;
  for (const { type, body } of bodies) {
    contents.i32(type);
    contents.i32(offset);
    offset += body.length + 4;
  }
  const count = new ByteWriter();
  count.i32(bodies.length);
  const w = new ByteWriter();
  w.bytes(count.view());
  w.u32(crc32(count.view()));
  w.bytes(contents.view());
  w.u32(crc32(contents.view(), crc32(count.view())));
  for (const { body } of bodies) {
    w.bytes(body);
    w.u32(crc32(body));
  }
  return w.toBytes();
}

t.test('foreign writers: other orders, unknown parts, no sketch', async (t) => {
  const bytes = fixture('cassandra-4.1', 'scalars');
  const { parts, ...plain } = parseStatistics(bytes, nb);
  t.ok(equalBytes(reassemble(bytes, parts, null), bytes), 'parts put back are the file');
  const shuffled = reassemble(bytes, [...parts].reverse(), new Uint8Array(5));
  const again = parseStatistics(shuffled, nb);
  t.same(again.stats, plain.stats);
  t.same(again.header, plain.header);
  const without = parts.filter((part) => part.type !== 1);
  t.equal(parseStatistics(reassemble(bytes, without, null), nb).cardinality.length, 0);
  const noHeader = parts.filter((part) => part.type !== 3);
  t.throws(() => parseStatistics(reassemble(bytes, noHeader, null), nb), {
    code: 'SSTABLE_CORRUPT',
    message: 'the part HEADER is missing',
  });
  const twice = [...parts, ...parts.slice(0, 1)];
  t.throws(() => parseStatistics(reassemble(bytes, twice, null), nb), { code: 'SSTABLE_CORRUPT' });
});

t.test('errors say where', async (t) => {
  const bytes = fixture('cassandra-4.1', 'scalars');
  const { parts } = parseStatistics(bytes, nb);
  const stats = parts[2];
  if (stats === undefined) throw new Error('no STATS');
  bytes[stats.offset + 3] = 0;
  t.throws(
    () =>
      parseStatistics(bytes, nb, { file: 'nb-1-big-Statistics.db', component: 'Statistics.db' }),
    {
      code: 'SSTABLE_CHECKSUM',
      file: 'nb-1-big-Statistics.db',
      component: 'Statistics.db',
      offset: stats.offset + stats.length,
    },
  );
});
