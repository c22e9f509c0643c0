/** Writers of single components, where the fixtures do not reach. */
import t from 'tap';
import { ByteWriter, fromHex, toHex } from '../../src/binary/index.js';
import {
  batchKey,
  batchPosition,
  CompressionInfoWriter,
  CrcWriter,
  formatVersion,
  type IndexedPartition,
  IndexWriter,
  type PartitionBatch,
  parametersOfCompression,
  parametersOfCrc,
  parametersOfSummary,
  parametersOfToc,
  parseCompressionInfo,
  parseCrc,
  parseDigest,
  parseSummary,
  SummaryWriter,
  writeDigest,
  writeToc,
} from '../../src/components/index.js';
import { batchOfKeys } from './batches.js';

/** Partitions of 100 bytes with the keys 0, 1, 2 ... */
function batchOf(first: number, count: number): PartitionBatch {
  const keys = Array.from({ length: count }, (_, i) => {
    const w = new ByteWriter(4);
    w.i32(first + i);
    return w.toBytes();
  });
  return batchOfKeys(keys, 100 * first);
}

function startsOf(startOf: (i: number) => number, { count }: PartitionBatch): number[] {
  return Array.from({ length: count }, (_, i) => startOf(i));
}

t.test('summaries of lower sampling levels', async (t) => {
  for (const [samplingLevel, kept] of [
    [128, null],
    [2, [0, 64]],
    [6, [0, 16, 32, 64, 80, 96]],
  ] as const) {
    const parameters = { minIndexInterval: 4, samplingLevel };
    const index = new IndexWriter(formatVersion('big', 'nb'));
    const writer = new SummaryWriter(parameters);
    const starts: number[] = [];
    for (const [first, count] of [
      [0, 3],
      [3, 500],
      [503, 1],
      [504, 520],
    ] as const) {
      const batch = batchOf(first, count);
      const startOf = index.add(batch);
      writer.add(batch, startOf);
      starts.push(...startsOf(startOf, batch));
      index.take();
    }
    const bytes = writer.finish();
    t.same(parametersOfSummary(bytes), parameters);
    const summary = parseSummary(bytes);
    const expected = Array.from({ length: 256 }, (_, sample) => sample)
      .filter((sample) => kept === null || kept.some((each) => each === sample % 128))
      .map((sample) => 4 * sample);
    const found = Array.from({ length: summary.count }, (_, i) =>
      new DataView(summary.key(i).slice().buffer).getInt32(0),
    );
    t.same(found, expected, `level ${samplingLevel}`);
    const wrong = found.filter((partition, i) => summary.indexPosition(i) !== starts[partition]);
    t.same(wrong, [], 'positions');
    t.equal(summary.sizeAtFullSampling, 256);
    t.equal(toHex(summary.firstKey), '00000000');
    t.equal(toHex(summary.lastKey), '000003ff');
  }
});

t.test('CompressionInfo.db with a dictionary and options', async (t) => {
  const version = formatVersion('big', 'pa');
  const parameters = {
    compressor: 'ZstdDictionaryCompressor',
    options: [['compression_level', '3']] as const,
    chunkLength: 4096,
    maxCompressedLength: 0x7fffffff,
    emptyLast: true,
    dictionary: { kind: 0, id: '81985529216486895', bytes: '00010203' },
  };
  const writer = new CompressionInfoWriter(parameters, version);
  const head = writer.head(10_000);
  for (const length of [900, 800, 700, 17]) writer.block(length);
  const bytes = Buffer.concat([head, writer.take(), writer.take(), writer.tail()]);
  const info = parseCompressionInfo(bytes, version);
  t.same([...info.chunkOffsets], [0, 900, 1700, 2400]);
  t.same(JSON.parse(JSON.stringify(parametersOfCompression(info))), parameters);
  t.equal(info.dictionary?.id, 81985529216486895n);
});

t.test('checksums of Data.db', async (t) => {
  // Of 114 bytes: the example of the format's writing reference, by another way.
  t.equal(Buffer.from(writeDigest(0xfffffffe)).toString(), '4294967294');
  t.equal(parseDigest(writeDigest(0)), 0);
  const data = new Uint8Array(150_000).map((_, i) => i * 7);
  for (const emptyLast of [false, true]) {
    const writer = new CrcWriter({ chunkSize: 65536, emptyLast });
    writer.push(data.subarray(0, 70_000));
    writer.push(data.subarray(70_000, 70_000));
    writer.push(data.subarray(70_000));
    writer.finish();
    const bytes = writer.take();
    t.equal(bytes.length, emptyLast ? 20 : 16);
    const parsed = parseCrc(bytes, {}, data.length);
    t.same(parametersOfCrc(parsed, data.length), { chunkSize: 65536, emptyLast });
  }
});

t.test('TOC.txt', async (t) => {
  const components = ['TOC.txt', 'Data.db', 'Filter.db', 'Index.db'];
  const sorted = ['Data.db', 'Filter.db', 'Index.db', 'TOC.txt'];
  t.same(parametersOfToc(sorted, components), {});
  t.equal(Buffer.from(writeToc({}, components)).toString(), `${sorted.join('\n')}\n`);
  const mixed = ['Index.db', 'TOC.txt', 'Data.db', 'Filter.db'];
  const parameters = parametersOfToc(mixed, components) ?? {};
  t.same(parameters, { order: [2, 3, 0, 1] });
  t.equal(Buffer.from(writeToc(parameters, components)).toString(), `${mixed.join('\n')}\n`);
  t.equal(parametersOfToc(['Data.db', 'Other.db'], components), null);
});

t.test('Index.db without promoted indexes', async (t) => {
  const writer = new IndexWriter(formatVersion('big', 'nb'));
  const batch = batchOf(1, 3);
  t.same(startsOf(writer.add(batch), batch), [0, 8, 17]);
  t.equal(toHex(batchKey(batch, 1)), '00000002');
  t.equal(batchPosition(batch, 1), 200);
  t.equal(
    toHex(writer.take()),
    '0004 00000001 64 00 0004 00000002 80c8 00 0004 00000003 812c 00'.replaceAll(' ', ''),
  );
  const next = batchOf(4, 1);
  t.same(startsOf(writer.add(next), next), [26], 'positions go on');
  t.ok(fromHex('00'));
});

t.test('positions of any size in entries', async (t) => {
  for (let bits = 0; bits <= 53; bits++) {
    for (const position of [2 ** bits - 1, Math.min(2 ** bits, 2 ** 53 - 1)]) {
      const batch = batchOfKeys([Uint8Array.of(7)], position);
      if (batchPosition(batch, 0) !== position) t.fail(`${position}`);
    }
  }
  t.ok(batchPosition(batchOfKeys([new Uint8Array(300)], 12345), 0) === 12345);
});

t.test('Index.db with promoted indexes in some entries of a batch', async (t) => {
  const writer = new IndexWriter(formatVersion('big', 'nb'));
  const plain = batchOf(1, 4);
  const blocks = {
    count: 2,
    names: Uint8Array.of(4, 1, 4, 2, 4, 3, 4, 4),
    nameEnds: Uint32Array.of(2, 4, 6, 8),
    offsets: Float64Array.of(20, 65556),
    widths: Float64Array.of(65536, 10),
    open: [null, null, null],
    end: 65566,
  };
  const deletion = Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0);
  const of = (at: number): IndexedPartition => ({ at, headerLength: 20, deletion, blocks });
  const index =
    '14 7fffffff8000000000000000 02 0401 0402 14 00 00 0403 0404 c10014 c1ffeb 00' +
    '00000000 00000007';
  const promoted = `28 ${index}`;
  const entries = ['0004 00000001 64', '0004 00000002 80c8', '0004 00000003 812c'];
  const last = '0004 00000004 8190';
  const expected = (at: readonly number[]): string =>
    [...entries, last]
      .map((entry, i) => `${entry} ${at.includes(i) ? promoted : '00'}`)
      .join('')
      .replaceAll(' ', '');
  for (const at of [[0], [1], [3], [0, 1], [0, 3], [1, 2], [0, 1, 2, 3]]) {
    const batch = { ...plain, indexed: at.map(of) };
    const startOf = writer.add(batch);
    const text = toHex(writer.take());
    t.equal(text, expected(at), at.join());
    const base = startOf(0);
    const starts = startsOf(startOf, batch).map((start) => start - base);
    t.same(
      starts.map((start) => text.slice(2 * start, 2 * start + 12)),
      [1, 2, 3, 4].map((key) => `00040000000${key}`),
    );
  }
});
