import t from 'tap';
import { fromHex } from '../../src/binary/index.js';
import {
  ClusteringKind,
  type ClusteringPrefix,
  compareClusterings,
  compareValues,
  parseType,
} from '../../src/cql/index.js';

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

/** Values of a type in ascending order; `=` before a value: equal to the one before. */
const ASCENDING: readonly (readonly [type: string, values: string])[] = [
  ['Int32Type', '- 80000000 ffffffff 00000000 00000001 7fffffff'],
  ['LongType', '- 8000000000000000 ffffffffffffffff 0000000000000000 0000000000000001'],
  ['ByteType', '80 ff 00 7f'],
  ['ShortType', '8000 ffff 0000 0001 0100'],
  ['BooleanType', '- 00 01 =02'],
  ['IntegerType', '- ff01 80 ff =ffff 00 =0000 01 7f 0080'],
  [
    'DecimalType',
    '- fffffff6ff 00000000ff 00000000 =0000000500 7fffffff01 0000000001 =000000010a 8000000001',
  ],
  ['FloatType', '- ff800000 bf800000 80000000 00000000 3f800000 7f800000 7fc00000 =7fc00001'],
  ['DoubleType', '- fff0000000000000 8000000000000000 0000000000000000 7ff8000000000000'],
  ['TimestampType', 'ffffffffffffffff 0000000000000000'],
  ['DateType', '0000000000000000 ffffffffffffffff'],
  ['SimpleDateType', '7fffffff 80000000'],
  ['UTF8Type', '- 61 6161 62 c3a9'],
  ['ReversedType(Int32Type)', '7fffffff 00000000 80000000 -'],
  [
    'UUIDType',
    '- ffffffff00001000000000000000007f 00000000000110000000000000000000 ' +
      '00000000000110008000000000000000 00000000000040000000000000000000',
  ],
  [
    'TimeUUIDType',
    '- ffffffff000010008000000000000000 ffffffff000010007f00000000000000 ' +
      '00000000000110008000000000000000',
  ],
  [
    'LexicalUUIDType',
    '80000000000000000000000000000000 00000000000000008000000000000000 ' +
      '00000000000000000000000000000000',
  ],
  [
    'FrozenType(ListType(Int32Type))',
    '- 00000000 0000000100000004ffffffff 000000010000000400000001',
  ],
  [
    'TupleType(Int32Type,Int32Type)',
    '- ffffffff =ffffffffffffffff 00000004ffffffff 0000000400000000',
  ],
  ['VectorType(Int32Type , 2)', 'ffffffff00000000 0000000000000000 0000000000000001'],
  ['CompositeType(Int32Type,UTF8Type)', '0004ffffffff00 00040000000000 00040000000000000000'],
];

t.test('orders of values', async (t) => {
  for (const [text, values] of ASCENDING) {
    const type = parseType(text);
    const list = values.split(' ').map((value) => ({
      equal: value.startsWith('='),
      value: bytes(value.replace(/^[=-]/, '')),
    }));
    // The rank of each value: equal ones share it.
    let rank = 0;
    const ranks = list.map(({ equal }, i) => (equal || i === 0 ? rank : ++rank));
    for (const [i, a] of list.entries()) {
      for (const [j, b] of list.entries()) {
        const order = Math.sign(compareValues(type, a.value, b.value));
        const expected = Math.sign((ranks[i] ?? 0) - (ranks[j] ?? 0));
        if (order !== expected) t.fail(`${text}: value ${i} against ${j} is ${order}`);
      }
    }
    t.pass(text);
  }
});

t.test('orders of clusterings and bounds', async (t) => {
  const types = [parseType('Int32Type'), parseType('ReversedType(Int32Type)')];
  const { exclEnd, inclStart, row, inclEnd, exclStart } = ClusteringKind;
  const one = bytes('00000001');
  const two = bytes('00000002');
  const place = (kind: number, ...values: (Uint8Array | null)[]): ClusteringPrefix => ({
    kind,
    values,
  });
  const ascending = [
    place(inclStart),
    place(ClusteringKind.static),
    place(row, null, one),
    place(inclStart, one),
    place(row, one, null),
    place(exclEnd, one, two),
    place(row, one, two),
    place(inclEnd, one, two),
    place(row, one, one),
    place(exclStart, one),
    place(row, two, one),
    place(inclEnd),
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      const order = Math.sign(compareClusterings(types, a, b));
      // An open bound of fewer values has no place against a static row of none.
      if (order !== Math.sign(i - j)) t.fail(`${i} against ${j} is ${order}`);
    }
  }
  t.equal(compareClusterings(types, place(inclStart, one), place(exclEnd, one)), 0);
});

t.test('empty values of descending columns came first before version mc', async (t) => {
  const type = parseType('ReversedType(Int32Type)');
  const [empty, one, two] = [
    new Uint8Array(0),
    Uint8Array.of(0, 0, 0, 1),
    Uint8Array.of(0, 0, 0, 2),
  ];
  t.ok(compareValues(type, one, empty) < 0 && compareValues(type, two, one) < 0);
  const old = { ...type, emptyFirst: true };
  t.ok(compareValues(old, empty, one) < 0 && compareValues(old, two, one) < 0);
  t.equal(compareValues(old, empty, empty), 0);
});
