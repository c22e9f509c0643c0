import t from 'tap';
import { ByteReader, ByteWriter, fromHex, NeedMoreBytes, toHex } from '../../src/binary/index.js';
import {
  type FormatVersion,
  formatVersion,
  IndexEntryReader,
  parsePromotedIndex,
  type SerializationHeader,
} from '../../src/components/index.js';
import { parseType } from '../../src/cql/index.js';

const nb = formatVersion('big', 'nb');
const oa = formatVersion('big', 'oa');
const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);

const header: SerializationHeader = {
  minTimestamp: 0n,
  minLocalDeletionTime: 0,
  minTTL: 0,
  keyType: parseType('Int32Type'),
  keyTypeText: 'Int32Type',
  clusteringTypes: [parseType('Int32Type')],
  clusteringTypeTexts: ['Int32Type'],
  staticColumns: [],
  regularColumns: [],
};

const SIMPLE = '000130 00 00 000131 21 00 000132 44 00 000133 67 00 000134 808a 00';

t.test('entries', async (t) => {
  const reader = new IndexEntryReader(new ByteReader(bytes(SIMPLE)));
  const found: [string, number, number][] = [];
  for (let entry = reader.next(); entry !== null; entry = reader.next()) {
    t.equal(entry.promoted, null);
    found.push([toHex(entry.key), entry.dataPosition, entry.indexPosition]);
  }
  t.same(found, [
    ['30', 0, 0],
    ['31', 33, 5],
    ['32', 68, 10],
    ['33', 103, 15],
    ['34', 138, 20],
  ]);
});

t.test('one byte at a time', async (t) => {
  const whole = bytes(SIMPLE);
  let start = 0;
  let last = -1;
  let count = 0;
  for (let end = 0; end <= whole.length; end++) {
    const window = whole.subarray(start, end);
    const r = new ByteReader(window, { base: start, complete: end === whole.length });
    try {
      const entry = new IndexEntryReader(r, last).next();
      if (entry === null) continue;
      last = entry.dataPosition;
      start += r.offset;
      count++;
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
      t.equal(r.offset, 0, 'back at the start of the entry');
    }
  }
  t.equal(count, 5);
});

t.test('entries that contradict', async (t) => {
  for (const [hex, code] of [
    ['000130 01 00', 'SSTABLE_CORRUPT'],
    ['000130 00 00 000131 00 00', 'SSTABLE_CORRUPT'],
    ['000130 00', 'SSTABLE_TRUNCATED'],
    ['000130 00 05 0102', 'SSTABLE_TRUNCATED'],
    ['000130 ffffffffffffffffff 00', 'SSTABLE_CORRUPT'],
    ['000130 00 f0ffffffff', 'LIMIT_EXCEEDED'],
  ] as const) {
    const reader = new IndexEntryReader(new ByteReader(bytes(hex)));
    t.throws(
      () => {
        while (reader.next() !== null);
      },
      { code },
      hex,
    );
  }
});

interface Block {
  readonly first: string;
  readonly last: string;
  readonly offset: number;
  readonly width: number;
  readonly open: string;
}

/** A promoted index of an oa table with one int clustering column. */
function promoted(blocks: readonly Block[], deletion = '80', headerLength = 7): Uint8Array {
  const w = new ByteWriter();
  w.uvint(headerLength);
  w.bytes(bytes(deletion));
  w.uvint(blocks.length);
  const start = w.length;
  const offsets: number[] = [];
  for (const { first, last, offset, width, open } of blocks) {
    offsets.push(w.length - start);
    w.bytes(bytes(first + last));
    w.uvint(offset);
    w.svint(width - 65536);
    w.bytes(bytes(open));
  }
  for (const offset of offsets) w.i32(offset);
  return w.toBytes();
}

const ROW = (n: number): string => `04 00 ${n.toString(16).padStart(8, '0')}`;
const good: readonly Block[] = [
  { first: ROW(0), last: ROW(67), offset: 7, width: 4108, open: '00' },
  {
    first: ROW(68),
    last: '01 0001 00 00000087',
    offset: 4115,
    width: 4100,
    open: '01 00060a24181fc63c 6b016c2e',
  },
  { first: '06 0000', last: ROW(200), offset: 8215, width: 10, open: '00' },
];

t.test('promoted index', async (t) => {
  const parse = (b: Uint8Array, version: FormatVersion = oa) =>
    parsePromotedIndex(b, header, version, 100);
  const index = parse(promoted(good));
  t.equal(index.headerLength, 7);
  t.equal(index.deletion, null);
  t.equal(index.blocks.length, 3);
  t.match(index.blocks[0], { offset: 7, width: 4108, openMarker: null, first: { kind: 4 } });
  t.match(index.blocks[1], {
    last: { kind: 1 },
    openMarker: { markedForDeleteAt: 0x00060a24181fc63cn, localDeletionTime: 0x6b016c2e },
  });
  t.same(index.blocks[2]?.first.values, []);
  const deleted = parse(promoted(good, '00060a24181fc63c ffffffff'));
  t.equal(deleted.deletion?.localDeletionTime, 0xffffffff);
  const live = parse(
    promoted(
      good.slice(0, 1).concat(good.slice(2).map((b) => ({ ...b, offset: 4115 }))),
      '7fffffff 8000000000000000',
    ),
    nb,
  );
  t.equal(live.deletion, null);
  t.equal(live.blocks.length, 2);
});

t.test('promoted indexes that contradict', async (t) => {
  const parse = (b: Uint8Array) => parsePromotedIndex(b, header, oa, 100);
  const [one, two, three] = good as [Block, Block, Block];
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ['one block', promoted([one])],
    ['a gap between blocks', promoted([one, { ...two, offset: 4116 }, three])],
    ['the first block not after the header', promoted(good, '80', 8)],
    [
      'a width of nothing',
      promoted([
        { ...one, width: 0 },
        { ...two, offset: 7 },
      ]),
    ],
    ['a flag of 2', promoted([{ ...one, open: '02' }, two, three])],
    ['a live open marker', promoted([{ ...one, open: '01 80' }, two, three])],
    ['a deletion that begins with 81', promoted(good, '81')],
    ['a static name', promoted([{ ...one, first: '03 0000' }, two, three])],
    ['a kind of 8', promoted([{ ...one, first: '08 0000' }, two, three])],
    ['two values for one column', promoted([{ ...one, first: '01 0002 0a' }, two, three])],
    ['bits for a second value', promoted([{ ...one, first: '04 04' }, two, three])],
    ['a value both empty and null', promoted([{ ...one, first: '04 03' }, two, three])],
    ['bytes at the end', bytes(`${toHex(promoted(good))}00`)],
  ];
  for (const [what, b] of bad) t.throws(() => parse(b), { code: 'SSTABLE_CORRUPT' }, what);
  const offsets = promoted(good);
  offsets[offsets.length - 1] = 0;
  t.throws(() => parse(offsets), { code: 'SSTABLE_CORRUPT', offset: 100 + offsets.length - 4 });
  const whole = promoted(good);
  for (let length = 0; length < whole.length; length++) {
    t.throws(() => parse(whole.subarray(0, length)), { name: 'SstashError' });
  }
  t.throws(
    () => parse(bytes('07 80 fe ffffffffffff')),
    { code: 'SSTABLE_TRUNCATED' },
    'huge count',
  );
});
