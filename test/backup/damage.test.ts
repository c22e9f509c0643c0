/** What is damaged or unusual is kept byte for byte, and said loudly. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { ByteWriter } from '../../src/binary/index.js';
import { crc32, lz4Bound } from '../../src/codec/index.js';
import { formatVersion, parseCompressionInfo } from '../../src/components/index.js';
import {
  copyTable,
  flip,
  newRepository,
  runBackup,
  runRestore,
  sameFiles,
  tableFiles,
} from './harness.js';

const compressed = fixtureTable('cassandra-4.1', 'compression_lz4_4k');
const plain = fixtureTable('cassandra-5.0', 'compression_none');
const base = compressed.sstables[0]?.base ?? '';
const plainBase = plain.sstables[0]?.base ?? '';

interface Damage {
  readonly what: string;
  readonly table?: typeof plain;
  readonly code: RegExp;
  readonly component: string;
  do(directory: string): void;
}

const DAMAGES: Damage[] = [
  {
    what: 'a flipped byte in a block',
    code: /^SSTABLE_CHECKSUM$/,
    component: 'Data.db',
    do: (directory) => flip(join(directory, `${base}-Data.db`), 700),
  },
  {
    what: 'a flipped byte in an uncompressed file',
    table: plain,
    code: /^SSTABLE_CHECKSUM$/,
    component: 'Data.db',
    do: (directory) => flip(join(directory, `${plainBase}-Data.db`), 700),
  },
  {
    what: 'a Data.db that is cut short',
    code: /^SSTABLE_(TRUNCATED|CHECKSUM|CORRUPT)$/,
    component: 'Data.db',
    do: (directory) => truncateSync(join(directory, `${base}-Data.db`), 1000),
  },
  {
    what: 'a damaged Statistics.db',
    code: /^SSTABLE_/,
    component: 'Statistics.db',
    do: (directory) => flip(join(directory, `${base}-Statistics.db`), 60),
  },
  {
    what: 'a missing Statistics.db',
    code: /^SSTABLE_COMPONENT_MISSING$/,
    component: 'Statistics.db',
    do: (directory) => rmSync(join(directory, `${base}-Statistics.db`)),
  },
  {
    what: 'a missing CompressionInfo.db',
    code: /^SSTABLE_COMPONENT_MISSING$/,
    component: 'CompressionInfo.db',
    do: (directory) => rmSync(join(directory, `${base}-CompressionInfo.db`)),
  },
  {
    what: 'a missing Data.db',
    code: /^SSTABLE_COMPONENT_MISSING$/,
    component: 'Data.db',
    do: (directory) => rmSync(join(directory, `${base}-Data.db`)),
  },
  {
    what: 'a digest that is not that of Data.db',
    code: /^SSTABLE_CHECKSUM$/,
    component: 'Digest.crc32',
    do: (directory) => writeFileSync(join(directory, `${base}-Digest.crc32`), '12345'),
  },
];

for (const damage of DAMAGES) {
  t.test(`${damage.what} is reported and restored as it is`, async (t) => {
    const root = t.testdir();
    const table = damage.table ?? compressed;
    const directory = copyTable(table.directory, root, table.table);
    damage.do(directory);
    const repository = await newRepository(join(root, 'repo'));
    const report = await runBackup(repository, [directory]);
    t.equal(report.faults.length, 1);
    t.match(report.faults[0]?.code, damage.code);
    t.equal(report.faults[0]?.component, damage.component);
    const plain =
      damage.component === 'Digest.crc32' || damage.what === 'a missing Data.db' ? 0 : 1;
    t.equal(report.plainSSTables, plain);
    await runRestore(repository, report.id, join(root, 'out'), { layout: 'flat' });
    sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), damage.what);
    const again = await runBackup(repository, [directory]);
    t.equal(again.faults.length, 1, 'the second backup says it too');
    t.equal(again.bytes.stored, 0);
  });
}

/** An LZ4 block of literals alone: right, but not what Cassandra's compressor writes. */
function literalBlock(bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter(lz4Bound(bytes.length));
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setUint32(0, bytes.length, true);
  writer.bytes(prefix);
  writer.u8(0xf0);
  let rest = bytes.length - 15;
  for (; rest >= 255; rest -= 255) writer.u8(255);
  writer.u8(rest);
  writer.bytes(bytes);
  return writer.toBytes();
}

t.test('a block of another LZ4 encoder is an exception, not damage', async (t) => {
  const root = t.testdir();
  const table = fixtureTable('cassandra-4.1', 'compression_lz4_4k');
  const directory = copyTable(table.directory, root, 'lz4');
  const infoPath = join(directory, `${base}-CompressionInfo.db`);
  const info = parseCompressionInfo(readFileSync(infoPath), formatVersion('big', 'nb'));
  t.ok(info.chunkOffsets.length >= 4, 'there are enough blocks');
  const dataPath = join(directory, `${base}-Data.db`);
  const data = readFileSync(dataPath);
  const { compressor } = await import('../../src/codec/index.js');
  const codec = compressor(info.compressor, info.options, info.chunkLength);
  const from = info.chunkOffsets[1] ?? 0;
  const to = info.chunkOffsets[2] ?? 0;
  const block = new Uint8Array(info.chunkLength);
  codec.decode(data.subarray(from, to - 4), block);
  const payload = literalBlock(block);
  t.ok(payload.length < info.maxCompressedLength, 'it counts as compressed');
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(payload));
  const changed = Buffer.concat([data.subarray(0, from), payload, crc, data.subarray(to)]);
  writeFileSync(dataPath, changed);
  const infoBytes = readFileSync(infoPath);
  const view = new DataView(infoBytes.buffer, infoBytes.byteOffset, infoBytes.length);
  const firstOffset = infoBytes.length - 8 * info.chunkOffsets.length;
  for (let i = 2; i < info.chunkOffsets.length; i++) {
    const offset = (info.chunkOffsets[i] ?? 0) + changed.length - data.length;
    view.setBigInt64(firstOffset + 8 * i, BigInt(offset));
  }
  writeFileSync(infoPath, infoBytes);
  writeFileSync(join(directory, `${base}-Digest.crc32`), String(crc32(changed)));

  const repository = await newRepository(join(root, 'repo'));
  const report = await runBackup(repository, [directory]);
  t.same(report.faults, []);
  t.same(report.notes, []);
  t.equal(report.exceptionBlocks, 1);
  t.match(report.tables, [{ exceptionBlocks: 1, opaqueLeaves: 0, plainSSTables: 0 }]);
  const again = await runBackup(repository, [directory]);
  t.equal(again.tables[0]?.sstablesReused, 1);
  t.equal(again.exceptionBlocks, 1, 'also where it is taken over');
  await runRestore(repository, report.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'with an exception');
});

t.test('unknown files with names of components are kept', async (t) => {
  const root = t.testdir();
  const directory = copyTable(compressed.directory, root, 'sai');
  writeFileSync(join(directory, `${base}-SAI+aa+by_name+Meta.db`), 'index');
  writeFileSync(join(directory, '.half.0123456789abcdef.tmp'), 'left out');
  const repository = await newRepository(join(root, 'repo'));
  const report = await runBackup(repository, [directory]);
  t.same(report.faults, []);
  await runRestore(repository, report.id, join(root, 'out'), { layout: 'flat' });
  const found = tableFiles(join(root, 'out'));
  t.equal(found.get(`${base}-SAI+aa+by_name+Meta.db`)?.toString(), 'index');
  sameFiles(t, found, tableFiles(directory), 'SAI');
});
