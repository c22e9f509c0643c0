import t from 'tap';
import { ByteWriter, compareBytes, fromHex, toHex } from '../../src/binary/index.js';
import {
  ClusteringKind,
  type ClusteringPrefix,
  clusteringComparator,
  comparableWriter,
  parseType,
  partitioner,
  writeComparableClustering,
  writeComparableKey,
} from '../../src/cql/index.js';
import { randomNumbers } from '../codec/seeded.js';

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);

function form(type: string, value: string): string | null {
  const w = new ByteWriter();
  return comparableWriter(parseType(type))(w, bytes(value)) ? toHex(w.view()) : null;
}

/** Type, value, form: those of the format reference, 15.4, and of its rules by hand. */
const FORMS: readonly (readonly [type: string, value: string, form: string | null])[] = [
  ['Int32Type', '00000001', '80000001'],
  ['Int32Type', '', null],
  ['LongType', '0000000000000000', '80'],
  ['LongType', '0000000000000001', '81'],
  ['LongType', 'ffffffffffffffff', '7f'],
  ['LongType', '000000000000003f', 'bf'],
  ['LongType', '0000000000000040', 'c040'],
  ['LongType', 'ffffffffffffffc0', '40'],
  ['LongType', 'ffffffffffffffbf', '3fbf'],
  ['LongType', '00000000000fffff', 'efffff'],
  ['LongType', '0000000000100000', 'f0100000'],
  ['LongType', '7fffffffffffffff', 'ffffffffffffffffff'],
  ['LongType', '8000000000000000', '000000000000000000'],
  ['IntegerType', '00', '80'],
  ['IntegerType', '0000000001', '81'],
  ['IntegerType', '01000000000000', 'ff0001000000000000'],
  ['IntegerType', 'feffffffffffff', '00fffeffffffffffff'],
  ['DecimalType', '000000010b', 'c101818a00'],
  ['DecimalType', '00000000ff', '3fff7f00'],
  ['DecimalType', '00000001fc19', '3fff1c8a00'],
  ['DecimalType', '0000000500', '80'],
  ['UTF8Type', '', '00'],
  ['UTF8Type', '61', '6100'],
  ['BytesType', '41000042', '4100feff4200'],
  ['BytesType', '4100', '4100fe'],
  ['BytesType', '410000', '4100fefe'],
  ['BytesType', '00', '00fe'],
  ['ReversedType(Int32Type)', '00000001', '7ffffffe'],
  ['FrozenType(ListType(Int32Type))', '00000001 00000004 00000001', '408000000138'],
  ['TupleType(Int32Type,Int32Type)', '00000004 00000001 ffffffff', '408000000138'],
  ['TupleType(Int32Type,Int32Type)', 'ffffffff 00000004 00000001', '3e408000000138'],
];

t.test('forms of values', async (t) => {
  for (const [type, value, expected] of FORMS) {
    t.equal(form(type, value), expected, `${type} ${value}`);
  }
});

t.test('forms of partition keys', async (t) => {
  const key = (name: string, type: string, hex: string): string => {
    const w = new ByteWriter();
    writeComparableKey(w, partitioner(name, parseType(type)).comparableToken, bytes(hex));
    return toHex(w.view());
  };
  t.equal(key('ByteOrderedPartitioner', 'UTF8Type', '30'), '40300040300038');
  // The token of "foo" is -2129773440516405919.
  t.equal(key('Murmur3Partitioner', 'UTF8Type', '666f6f'), '406271865701f5456140666f6f0038');
  t.equal(key('LocalPartitioner', 'Int32Type', '00000001'), '40800000014000fefeff010038');
  t.equal(key('LocalPartitioner', 'Int32Type', ''), '3e400038');
});

t.test('kinds of clusterings', async (t) => {
  const types = [parseType('Int32Type'), parseType('ReversedType(Int32Type)')];
  const of = (kind: number, ...values: (string | null)[]): string => {
    const w = new ByteWriter();
    const prefix = { kind, values: values.map((value) => (value === null ? null : bytes(value))) };
    writeComparableClustering(w, types, prefix);
    return toHex(w.view());
  };
  t.equal(of(ClusteringKind.row, '00000001', '00000001'), '4080000001407ffffffe38');
  t.equal(of(ClusteringKind.row, null, ''), '3e4138');
  t.equal(of(ClusteringKind.row, '', '00000001'), '3f407ffffffe38');
  t.equal(of(ClusteringKind.inclStart, '00000001'), '408000000120');
  t.equal(of(ClusteringKind.inclEnd, '00000001'), '408000000160');
  t.equal(of(ClusteringKind.exclStart), '60');
  t.equal(of(ClusteringKind.static), '18');
});

const next = randomNumbers(7);
const some = (length: number): Uint8Array =>
  // Few different bytes, so that values have beginnings in common.
  Uint8Array.from({ length }, () => [0, 0, 1, 0x7f, 0x80, 0xff, 0x40, 0x38][next() % 8] ?? 0);

function withLengths(values: readonly Uint8Array[], head: number | null): Uint8Array {
  const w = new ByteWriter();
  if (head !== null) w.i32(head);
  for (const value of values) {
    w.i32(value.length);
    w.bytes(value);
  }
  return w.toBytes();
}

const VALUES: Readonly<Record<string, () => Uint8Array>> = {
  Int32Type: () => some(4),
  LongType: () => some(8),
  ShortType: () => some(2),
  TimestampType: () => some(8),
  DateType: () => some(8),
  SimpleDateType: () => some(4),
  UTF8Type: () => some(next() % 5).map((byte) => byte & 0x7f),
  BytesType: () => some(next() % 5),
  IntegerType: () => some(1 + (next() % 12)),
  DecimalType: () => {
    const w = new ByteWriter();
    w.i32([0, 1, -1, 2, 300, -300, 70000, 0x7fffffff, -0x80000000][next() % 9] ?? 0);
    w.bytes(some(1 + (next() % 5)));
    return w.toBytes();
  },
  DoubleType: () => {
    const value = some(8);
    // No infinities and NaNs.
    value[1] = (value[1] ?? 0) & 0x0f;
    return value;
  },
  LexicalUUIDType: () => some(16),
  'FrozenType(ListType(Int32Type))': () => {
    const count = next() % 3;
    return withLengths(
      Array.from({ length: count }, () => some(4)),
      count,
    );
  },
  'TupleType(BytesType,Int32Type)': () => withLengths([some(next() % 3), some(4)], null),
  'CompositeType(BytesType,Int32Type)': () => {
    const w = new ByteWriter();
    w.shortBytes(some(next() % 3));
    w.u8(0);
    w.shortBytes(some(4));
    w.u8(0);
    return w.toBytes();
  },
};

t.test('forms sort as their values do', async (t) => {
  for (const [name, value] of Object.entries(VALUES)) {
    for (const text of [name, `ReversedType(${name})`]) {
      const types = [parseType(text), parseType('BytesType')];
      const compare = clusteringComparator(types);
      const prefixes = Array.from({ length: 60 }, (): ClusteringPrefix => {
        return { kind: ClusteringKind.row, values: [value(), some(next() % 2)] };
      });
      const forms = prefixes.map((prefix) => {
        const w = new ByteWriter();
        writeComparableClustering(w, types, prefix);
        return w.toBytes();
      });
      let wrong = 0;
      for (const [i, a] of prefixes.entries()) {
        for (const [j, b] of prefixes.entries()) {
          const order = compareBytes(forms[i] ?? a.values[0] ?? some(0), forms[j] ?? some(0));
          if (Math.sign(order) !== Math.sign(compare(a, b))) wrong++;
        }
      }
      t.equal(wrong, 0, text);
    }
  }
});
