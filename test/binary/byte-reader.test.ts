import t from 'tap';
import {
  ByteReader,
  ByteWriter,
  fromHex,
  NeedMoreBytes,
  vintLength,
} from '../../src/binary/index.js';
import { isSstashError } from '../../src/errors.js';

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();

/** Values and bytes of the format reference, section 3. */
const UVINTS: [bigint, string][] = [
  [0n, '00'],
  [127n, '7f'],
  [128n, '8080'],
  [16383n, 'bfff'],
  [16384n, 'c04000'],
  [2097152n, 'e0200000'],
  [1n << 28n, 'f010000000'],
  [1n << 35n, 'f80800000000'],
  [1n << 42n, 'fc040000000000'],
  [1n << 49n, 'fe02000000000000'],
  [1n << 56n, 'ff0100000000000000'],
  [(1n << 64n) - 1n, 'ffffffffffffffffff'],
];

t.test('unsigned vints, both ways', async (t) => {
  for (const [value, text] of UVINTS) {
    t.equal(new ByteReader(hex(text)).uvintBig(), value, text);
    const writer = new ByteWriter(1);
    writer.uvintBig(value);
    t.same(writer.toBytes(), hex(text));
    t.equal(vintLength(value), text.length / 2);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      t.equal(new ByteReader(hex(text)).uvint('x'), Number(value));
    } else {
      t.throws(() => new ByteReader(hex(text)).uvint('x'), { code: 'SSTABLE_CORRUPT', offset: 0 });
    }
  }
});

t.test('signed vints, both ways', async (t) => {
  const pairs: [number, string][] = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8080'],
    [-65, '8081'],
  ];
  for (const [value, text] of pairs) {
    t.equal(new ByteReader(hex(text)).svint('x'), value);
    const writer = new ByteWriter();
    writer.svint(value);
    t.same(writer.toBytes(), hex(text));
  }
});

t.test('a negative Java int takes nine bytes and must fit 32 bits', async (t) => {
  const writer = new ByteWriter();
  writer.uvint32(-2);
  t.equal(writer.length, 9);
  t.equal(new ByteReader(writer.toBytes()).uvint32('x'), -2);
  const tooBig = new ByteWriter();
  tooBig.uvintBig(1n << 31n);
  t.throws(() => new ByteReader(tooBig.toBytes()).uvint32('x'), { code: 'SSTABLE_CORRUPT' });
});

t.test('modified UTF-8: NUL and astral characters', async (t) => {
  const bytes = hex('000b61c080eda0b4edb49ec3a9'.replace('000b', '000b'));
  t.equal(new ByteReader(bytes).utf(), 'a\u0000\u{1d11e}é');
  t.throws(() => new ByteReader(hex('0001c3')).utf(), { code: 'SSTABLE_CORRUPT' });
});

t.test('past the end: NeedMoreBytes in a window, SSTABLE_TRUNCATED at the end', async (t) => {
  const window = new ByteReader(hex('80'), { complete: false });
  t.throws(() => window.uvint('x'), NeedMoreBytes);
  t.equal(window.offset, 0, 'a failed vint leaves the offset');
  try {
    new ByteReader(hex('0102'), { base: 100, where: { file: 'f', component: 'Data.db' } }).u32();
    t.fail('must throw');
  } catch (error) {
    t.ok(isSstashError(error, 'SSTABLE_TRUNCATED'));
    t.match(error, { offset: 100, file: 'f', component: 'Data.db' });
  }
});

t.test('a length larger than the bytes never becomes an allocation', async (t) => {
  t.throws(() => new ByteReader(hex('7fffffff00')).intBytes('blob'), { code: 'SSTABLE_TRUNCATED' });
  t.throws(() => new ByteReader(hex('ffffffff')).intBytes('blob'), { code: 'SSTABLE_CORRUPT' });
});

t.test('fixed-width fields, both ways', async (t) => {
  const writer = new ByteWriter(1);
  writer.u8(255);
  writer.u16(65535);
  writer.i32(-5);
  writer.u32(4294967295);
  writer.i64(-(1n << 63n));
  writer.f64(Number.NaN);
  writer.shortBytes(hex('abcd'));
  writer.vintBytes(hex('ef'));
  const reader = new ByteReader(writer.toBytes());
  t.equal(reader.u8(), 255);
  t.equal(reader.u16(), 65535);
  t.equal(reader.i32(), -5);
  t.equal(reader.u32(), 4294967295);
  t.equal(reader.i64(), -(1n << 63n));
  t.ok(Number.isNaN(reader.f64()));
  t.same(reader.shortBytes(), hex('abcd'));
  t.same(reader.vintBytes('x'), hex('ef'));
  t.equal(reader.remaining, 0);
});
