import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { checkSSTable, SSTable } from '../../src/sstable/index.js';
import { FaultyFileSystem } from '../helpers/faulty-file-system.js';
import { refusingFileSystem } from '../helpers/refusing-file-system.js';
import {
  checkExecutor,
  componentPath,
  copyFixture,
  faultsOf,
  sstableFiles,
  withChanged,
} from '../helpers/sstable-copies.js';

for (const mode of ['quick', 'full', 'deep'] as const) {
  t.test(`finds nothing wrong with any fixture (${mode})`, async (t) => {
    let count = 0;
    for (const table of fixtureTables()) {
      for (const sstable of table.sstables) {
        count++;
        const faults = await faultsOf(sstable.dataPath, mode);
        if (faults.length > 0) t.same(faults, [], sstable.dataPath);
      }
    }
    t.ok(count > 100, `${count} SSTables`);
  });
}

/** Changes bytes of the decoded Statistics.db and makes its checksum right again. */
function withStatistics(part: number, change: (body: Buffer) => void) {
  return (bytes: Buffer): Buffer => {
    const entries = Array.from({ length: bytes.readInt32BE(0) }, (_, i) => ({
      type: bytes.readInt32BE(8 + 8 * i),
      offset: bytes.readInt32BE(12 + 8 * i),
    }));
    const at = entries.findIndex(({ type }) => type === part);
    const start = entries[at]?.offset ?? 0;
    const end = (entries[at + 1]?.offset ?? bytes.length) - 4;
    change(bytes.subarray(start, end));
    bytes.writeUInt32BE(crc32(bytes.subarray(start, end)), end);
    return bytes;
  };
}

const STATS = 2;

t.test('faults in several places do not hide each other', async (t) => {
  const data = copyFixture('cassandra-4.1', 'compression_lz4_4k', t.testdir({}));
  const flip = (name: string, at: number): void => {
    const path = componentPath(data, name);
    const bytes = readFileSync(path);
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 0xff;
    writeFileSync(path, bytes);
  };
  flip('Data.db', 6000);
  flip('Data.db', -40);
  flip('Statistics.db', -1);
  flip('Statistics.db', 500);
  flip('Summary.db', -1);
  flip('Filter.db', -1);
  flip('Index.db', 3);
  rmSync(componentPath(data, 'TOC.txt'));
  const faults = await faultsOf(data);
  const found = faults.map(({ component, code }) => `${component} ${code}`);
  for (const expected of [
    'Data.db SSTABLE_CHECKSUM',
    'Statistics.db SSTABLE_CHECKSUM',
    'Summary.db SSTABLE_CORRUPT',
    'Filter.db SSTABLE_CORRUPT',
    'Index.db SSTABLE_CORRUPT',
    'TOC.txt SSTABLE_COMPONENT_MISSING',
  ]) {
    t.ok(found.includes(expected), expected);
  }
  const blocks = faults.filter((fault) => /block \d+ do not match/.test(fault.message));
  t.equal(blocks.length, 2, 'both damaged blocks are listed');
  t.ok(blocks.every((fault) => fault.offset !== null && fault.uncompressedOffset !== null));
  t.equal(found.filter((text) => text === 'Statistics.db SSTABLE_CHECKSUM').length, 2);
  t.ok(faults.every((fault) => existsSync(fault.file) || fault.component === 'TOC.txt'));
});

t.test('values of Statistics.db that contradict the rows are reported one by one', async (t) => {
  const data = copyFixture('cassandra-5.0', 'deletes', t.testdir({}));
  const sstable = await SSTable.open(data);
  const { stats } = sstable.statistics;
  await sstable.close();
  // Behind two histograms and the commit log position: minTimestamp, maxTimestamp, ldt, TTL.
  const at =
    8 +
    16 * (stats.estimatedPartitionSize.buckets.length + stats.estimatedCellCount.buckets.length) +
    12;
  const cases: [string, (body: Buffer) => void][] = [
    ['minTimestamp', (body) => body.writeBigInt64BE(stats.minTimestamp - 1n, at)],
    ['maxTimestamp', (body) => body.writeBigInt64BE(stats.maxTimestamp + 1n, at + 8)],
    ['minLocalDeletionTime', (body) => body.writeUInt32BE(stats.minLocalDeletionTime - 1, at + 16)],
    ['maxLocalDeletionTime', (body) => body.writeUInt32BE(77, at + 20)],
    ['minTTL', (body) => body.writeInt32BE(12345, at + 24)],
    ['maxTTL', (body) => body.writeInt32BE(123456, at + 28)],
    ['compressionRatio', (body) => body.writeDoubleBE(0.123, at + 32)],
    ['estimatedPartitionSize', (body) => body.writeBigInt64BE(9n, 12)],
  ];
  for (const [name, change] of cases) {
    const faults = await withChanged(data, 'Statistics.db', withStatistics(STATS, change), () =>
      faultsOf(data),
    );
    t.ok(faults.length > 0, name);
    t.ok(
      faults.every((f) => f.component === 'Statistics.db' && f.message.includes(name)),
      `${name} alone: ${faults.map((f) => f.message).join('; ')}`,
    );
  }
});

t.test('a Data.db that is too short or too long is reported with what is left', async (t) => {
  for (const table of ['compression_lz4_4k', 'compression_none']) {
    const data = copyFixture('cassandra-4.1', table, t.testdir({}));
    const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);
    const short = await withChanged(data, 'Data.db', half, () => faultsOf(data));
    t.ok(
      short.some((f) => f.component === 'Data.db' || f.component === 'CRC.db'),
      table,
    );
    const more = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(5)]);
    const long = await withChanged(data, 'Data.db', more, () => faultsOf(data));
    t.ok(long.length > 0, `${table} with bytes behind it`);
    const empty = await withChanged(
      data,
      'Data.db',
      () => Buffer.alloc(0),
      () => faultsOf(data),
    );
    t.ok(empty.length > 0, `${table} without bytes`);
  }
});

t.test('each missing component is named', async (t) => {
  const names = ['Data.db', 'Index.db', 'Statistics.db', 'CompressionInfo.db', 'Digest.crc32'];
  for (const name of names) {
    const data = copyFixture('cassandra-5.0', 'statics', t.testdir({}));
    const kept = componentPath(data, name);
    rmSync(kept);
    const faults = await faultsOf(componentPath(data, 'TOC.txt'));
    t.match(faults, [{ code: 'SSTABLE_COMPONENT_MISSING', component: name, file: kept }], name);
  }
});

t.test('an empty TOC.txt is a fault, but for what 3.11 leaves beside a SASI index', async (t) => {
  const data = copyFixture('cassandra-4.1', 'statics', t.testdir({}));
  const empty = () => Buffer.alloc(0);
  const faults = await withChanged(data, 'TOC.txt', empty, () => faultsOf(data));
  t.ok(faults.length > 5);
  writeFileSync(componentPath(data, 'SI_by_name.db'), 'index');
  t.same(await withChanged(data, 'TOC.txt', empty, () => faultsOf(data)), []);
});

t.test('says which of two files that contradict each other is the wrong one', async (t) => {
  const flipFirst = (bytes: Buffer): Buffer => {
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    return bytes;
  };
  const plain = copyFixture('cassandra-4.1', 'compression_none', t.testdir({}));
  const crc = await withChanged(plain, 'CRC.db', flipFirst, () => faultsOf(plain));
  t.ok(crc.some((fault) => fault.component === 'CRC.db'));
  const digit = (bytes: Buffer): Buffer => {
    bytes[0] = bytes[0] === 0x31 ? 0x32 : 0x31;
    return bytes;
  };
  const digest = await withChanged(plain, 'Digest.crc32', digit, () => faultsOf(plain));
  t.same(
    digest.map((fault) => fault.component),
    ['Digest.crc32'],
  );
});

t.test('an SSTable that is deleted meanwhile is no fault', async (t) => {
  const data = copyFixture('cassandra-5.0', 'statics', t.testdir({}));
  const files = await sstableFiles(data);
  for (const file of files.components.values()) rmSync(file.path);
  const result = await checkSSTable(files, { executor: checkExecutor });
  t.match(result, { faults: [], vanished: true });
});

t.test('an aborted check is interrupted, not sound', async (t) => {
  const data = copyFixture('cassandra-5.0', 'statics', t.testdir({}));
  const files = await sstableFiles(data);
  const signal = AbortSignal.abort();
  await t.rejects(checkSSTable(files, { executor: checkExecutor, signal }), {
    code: 'INTERRUPTED',
  });
});

t.test('a disk that fails is told as such', async (t) => {
  const data = copyFixture('cassandra-5.0', 'statics', t.testdir({}));
  const files = await sstableFiles(data);
  let reads = 0;
  for (let at = 1; at < 100; at++) {
    const fs = new FaultyFileSystem({ at, what: 'EIO', only: ['readAt'] });
    const { faults } = await checkSSTable(files, { executor: checkExecutor, fs });
    if (fs.counted < at) break;
    reads++;
    t.ok(
      faults.some(({ code }) => code === 'READ_FAILED'),
      `read ${at}`,
    );
  }
  t.ok(reads > 6);
});

for (const set of ['cassandra-4.1', 'cassandra-5.0-bti'] as const) {
  t.test(`a file that cannot be opened hides nothing else: ${set}`, async (t) => {
    const data = copyFixture(set, 'statics', t.testdir({}));
    const files = await sstableFiles(data);
    for (const name of files.components.keys()) {
      const fs = refusingFileSystem(new RegExp(`-${name}$`));
      const { faults } = await checkSSTable(files, { executor: checkExecutor, fs });
      const [fault, ...others] = faults;
      t.match(fault, { code: 'READ_FAILED', component: name, file: new RegExp(`-${name}$`) });
      t.same(others, [], name);
    }
    const fs = refusingFileSystem(/-Data\.db$/);
    const cut = (bytes: Buffer): Buffer => bytes.subarray(0, 1);
    const check = () => checkSSTable(files, { executor: checkExecutor, fs });
    const { faults } = await withChanged(data, 'Statistics.db', cut, check);
    t.ok(faults.some(({ component, code }) => component === 'Data.db' && code === 'READ_FAILED'));
    t.ok(faults.some(({ component }) => component === 'Statistics.db'));
  });
}

t.test('a check in many ranges finds what one in a single range finds', async (t) => {
  const data = copyFixture('cassandra-4.1', 'many_partitions', t.testdir({}));
  const check = async (rangeBytes: number): Promise<unknown> => {
    const files = await sstableFiles(data);
    return (await checkSSTable(files, { executor: checkExecutor, rangeBytes })).faults;
  };
  t.same(await check(1024), []);
  const { length } = readFileSync(componentPath(data, 'Data.db'));
  const { length: indexLength } = readFileSync(componentPath(data, 'Index.db'));
  const places: [string, number][] = [
    ...[0, 0.2, 0.5, 0.8, 0.99].map((x): [string, number] => ['Data.db', Math.floor(length * x)]),
    ...[0.1, 0.3, 0.6, 0.9].map((x): [string, number] => ['Index.db', Math.floor(indexLength * x)]),
  ];
  for (const [component, at] of places) {
    const flip = (bytes: Buffer): Buffer => {
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      return bytes;
    };
    const one = await withChanged(data, component, flip, () => check(1e9));
    const many = await withChanged(data, component, flip, () => check(1024));
    t.ok(Array.isArray(many) && many.length > 0, `${component} ${at}`);
    t.same(many, one, `${component} ${at}: the same faults`);
  }
});
