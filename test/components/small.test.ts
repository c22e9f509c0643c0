import t from 'tap';
import { fromHex } from '../../src/binary/index.js';
import {
  BloomFilter,
  emptyFilter,
  formatVersion,
  parseCrc,
  parseDigest,
  parseFilter,
  parseSummary,
  parseSummaryHead,
  parseSummaryKeys,
  parseToc,
  SUMMARY_HEAD_BYTES,
  sampledPartitions,
} from '../../src/components/index.js';
import { murmur3 } from '../../src/cql/index.js';

const nb = formatVersion('big', 'nb');
const ma = formatVersion('big', 'ma');
const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const SUMMARY =
  '00000080 00000001 000000000000000d 00000080 00000001 04000000 30 0000000000000000' +
  '00000001 30 00000001 34';

t.test('summary', async (t) => {
  const summary = parseSummary(bytes(SUMMARY));
  t.match(summary, { minIndexInterval: 128, samplingLevel: 128, sizeAtFullSampling: 1, count: 1 });
  t.same(summary.key(0), ascii('0'));
  t.equal(summary.indexPosition(0), 0);
  t.same([summary.firstKey, summary.lastKey], [ascii('0'), ascii('4')]);
  t.throws(() => summary.key(1), TypeError);
  const whole = bytes(SUMMARY);
  for (let length = 0; length < whole.length; length++) {
    t.throws(() => parseSummary(whole.subarray(0, length)), { name: 'SstashError' });
  }
  for (const [from, to] of [
    ['04000000 30', '05000000 30'],
    ['04000000 30', '03000000 30'],
    ['04000000 30', 'fcffffff 30'],
    ['000000000000000d', '000000000000000e'],
    ['00000001 000000000000000d', '00000002 000000000000000d'],
    ['00000001 000000000000000d', '7fffffff 000000000000000d'],
    ['00000080 00000001 04', '00000081 00000001 04'],
    ['00000080 00000001 04', '00000080 00000000 04'],
    ['0000000000000000', '0000000000000080'],
    ['00000001 34', '00000001 34 00'],
  ] as const) {
    t.ok(SUMMARY.includes(from));
    t.throws(() => parseSummary(bytes(SUMMARY.replace(from, to))), { code: /^SSTABLE_/ }, to);
  }
});

t.test('a summary without its samples', async (t) => {
  const whole = bytes(SUMMARY);
  const summary = parseSummary(whole);
  const { memSize, ...head } = parseSummaryHead(whole.subarray(0, SUMMARY_HEAD_BYTES));
  const { minIndexInterval, samplingLevel, sizeAtFullSampling, count } = summary;
  t.same(head, { minIndexInterval, samplingLevel, sizeAtFullSampling, count });
  const keysAt = SUMMARY_HEAD_BYTES + memSize;
  const end = whole.subarray(keysAt);
  const { firstKey, lastKey } = summary;
  t.same(parseSummaryKeys(end, keysAt), { firstKey, lastKey });
  for (let length = 0; length < SUMMARY_HEAD_BYTES; length++) {
    t.throws(() => parseSummaryHead(whole.subarray(0, length)), { code: 'SSTABLE_TRUNCATED' });
  }
  const short = end.subarray(0, -1);
  t.throws(() => parseSummaryKeys(short, keysAt), { code: 'SSTABLE_TRUNCATED' });
  const long = Uint8Array.of(...end, 0);
  t.throws(() => parseSummaryKeys(long, keysAt), { code: 'SSTABLE_CORRUPT', offset: whole.length });
});

t.test('which partitions a summary samples', async (t) => {
  t.same([...sampledPartitions(300, 128, 128)], [0, 128, 256]);
  t.same([...sampledPartitions(0, 128, 128)], []);
  const level2 = [...sampledPartitions(300, 1, 2)];
  t.same(level2, [0, 64, 128, 192, 256]);
  const level6 = [...sampledPartitions(128, 1, 6)];
  t.same(level6, [0, 16, 32, 64, 80, 96]);
});

t.test('filter', async (t) => {
  const current = parseFilter(bytes('00000005 00000002 8442210600010400 00a602200400c008'), nb);
  const old = parseFilter(bytes('00000005 00000002 0004010006214284 08c000042002a600'), ma);
  t.equal(current.hashCount, 5);
  t.equal(current.wordCount, 2);
  const rebuilt = emptyFilter(old, ma);
  for (const key of ['0', '1', '2', '3', '4']) {
    t.ok(current.mightContain(murmur3(ascii(key))), key);
    t.ok(old.mightContain(murmur3(ascii(key))), key);
    rebuilt.add(murmur3(ascii(key)));
  }
  t.same(rebuilt.bits, old.bits);
  t.notOk(current.mightContain(murmur3(ascii('5'))));
  t.notOk(old.mightContain(murmur3(ascii('5'))));
  for (const hex of [
    '',
    '00000005',
    '00000000 00000000',
    '00000005 00000001 00',
    '7fffffff 00000001 0000000000000000',
  ]) {
    t.throws(() => parseFilter(bytes(hex), nb), { name: 'SstashError' }, hex);
  }
  t.throws(() => parseFilter(bytes('00000005 20000000 0000000000000000'), nb), {
    code: 'SSTABLE_CORRUPT',
  });
  t.equal(new BloomFilter(1, new Uint8Array(8), false).mightContain({ h1: 0n, h2: -1n }), false);
});

t.test('digest', async (t) => {
  t.equal(parseDigest(ascii('4294967295')), 0xffffffff);
  t.equal(parseDigest(ascii('12\n')), 12);
  for (const text of ['', 'x', '4294967296', '012', ' 12', '12 ', '12\nx']) {
    t.throws(() => parseDigest(ascii(text)), { code: 'SSTABLE_CORRUPT' }, JSON.stringify(text));
  }
});

t.test('checksums of an uncompressed Data.db', async (t) => {
  const flushed = parseCrc(bytes('00010000 f264bc9e'), {}, 114);
  t.match(flushed, { chunkSize: 65536 });
  t.same([...flushed.checksums], [0xf264bc9e]);
  t.same([...parseCrc(bytes('00010000 22c8d884 00000000'), {}, 230).checksums], [0x22c8d884, 0]);
  for (const [hex, size] of [
    ['00010000 22c8d884 00000001', 230],
    ['00010000', 1],
    ['00010000 22c8d8', 1],
    ['00000000 22c8d884', 1],
    ['00010000 22c8d884 00000000 00000000', 230],
  ] as const) {
    t.throws(() => parseCrc(bytes(hex), {}, size), { code: 'SSTABLE_CORRUPT' }, hex);
  }
});

t.test('table of contents', async (t) => {
  t.same(parseToc(ascii('Data.db\nSAI+aa+GroupMeta.db\r\n\nTOC.txt')), [
    'Data.db',
    'SAI+aa+GroupMeta.db',
    'TOC.txt',
  ]);
  for (const text of ['../Data.db', 'Data.db\u0001', 'a b']) {
    t.throws(() => parseToc(ascii(text)), { code: 'SSTABLE_CORRUPT' });
  }
});
