/** Texts of values; what is expected here was printed by the types of Cassandra 5.0.6 itself. */
import t from 'tap';
import { fromHex, toHex } from '../../src/binary/index.js';
import { jsonWriter, keyText, parseType, valueText, valueToJson } from '../../src/cql/index.js';
import { isSstashError } from '../../src/errors.js';

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

const JSON_TEXTS: readonly (readonly [type: string, value: string, json: string])[] = [
  ['UTF8Type', '22005c1fc3a90a', '"\\"\\u0000\\\\\\u001Fé\\n"'],
  ['UTF8Type', '5c75303031661f', '"\\\\u001f\\u001F"'],
  ['AsciiType', '', '""'],
  ['BytesType', '00ff', '"0x00ff"'],
  ['BytesType', '', '"0x"'],
  ['BooleanType', '02', 'true'],
  ['ByteType', '80', '-128'],
  ['ShortType', '8001', '-32767'],
  ['Int32Type', '7fffffff', '2147483647'],
  ['Int32Type', '', '""'],
  ['LongType', '8000000000000000', '-9223372036854775808'],
  ['LongType', '0020000000000001', '9007199254740993'],
  ['LongType', 'ffe0000000000001', '-9007199254740991'],
  ['IntegerType', '00ffffffffffffffffff', '4722366482869645213695'],
  ['IntegerType', 'ff', '-1'],
  ['DecimalType', '7fffffff01', '1E-2147483647'],
  ['DecimalType', '8000000001', '1E+2147483648'],
  ['DecimalType', '00000002ff85', '-1.23'],
  ['DecimalType', '0000000700ff', '0.0000255'],
  ['DecimalType', 'fffffffe0c', '1.2E+3'],
  ['DecimalType', '0000000000', '0'],
  ['DecimalType', '0000000300', '0.000'],
  ['FloatType', '3f8ccccd', '1.1'],
  ['FloatType', '7fc00000', 'null'],
  ['FloatType', 'ff800000', 'null'],
  ['FloatType', '80000000', '-0.0'],
  ['FloatType', '4b7fffff', '1.6777215E7'],
  ['FloatType', '69000000', '9.6714065E24'],
  ['FloatType', '4581ce40', '4153.7812'],
  ['DoubleType', '0000000000000001', '4.9E-324'],
  ['DoubleType', '44b52d02c7e14af6', '9.999999999999999E22'],
  ['DoubleType', '3f50624dd2f1a9fc', '0.001'],
  ['DoubleType', '416312d000000000', '1.0E7'],
  ['DoubleType', '7ff0000000000000', 'null'],
  ['DoubleType', '', '""'],
  ['TimestampType', '000001933f5f2a15', '"2024-11-18 13:03:41.589Z"'],
  ['TimestampType', '0000e677d21fdc00', '"+10000-01-01 00:00:00.000Z"'],
  ['TimestampType', '8000000000000000', '"+292275056-05-16 16:47:04.192Z"'],
  ['TimestampType', '', '""'],
  ['SimpleDateType', '80000000', '"1970-01-01"'],
  ['SimpleDateType', '00000000', '"-5877641-06-23"'],
  ['SimpleDateType', 'ffffffff', '"+5881580-07-11"'],
  ['TimeType', '00004e94914effff', '"23:59:59.999999999"'],
  ['TimeType', '', '"null"'],
  ['DurationType', '020406', '"1mo2d3ns"'],
  ['DurationType', '000000', '""'],
  ['UUIDType', '00112233445566778899aabbccddeeff', '"00112233-4455-6677-8899-aabbccddeeff"'],
  ['InetAddressType', '7f000001', '"127.0.0.1"'],
  ['InetAddressType', '20010db8000000000000ff0000428329', '"2001:db8:0:0:0:ff00:42:8329"'],
  ['InetAddressType', '00000000000000000000ffff01020304', '"1.2.3.4"'],
  ['EmptyType', '', '""'],
  ['FrozenType(ListType(Int32Type))', '000000020000000400000001000000040000000a', '[1, 10]'],
  ['FrozenType(SetType(UTF8Type))', '00000000', '[]'],
  [
    'FrozenType(MapType(ListType(Int32Type),UTF8Type))',
    '000000010000000c00000001000000040000000100000000',
    '{"[1]": ""}',
  ],
  ['TupleType(Int32Type,UTF8Type)', '0000000400000001ffffffff', '[1, null]'],
  ['UserType(k,7574,61:Int32Type,5a7a:UTF8Type)', '0000000400000001', '{"a": 1, "\\"Zz\\"": null}'],
  ['VectorType(FloatType , 2)', '3f80000040000000', '[1.0, 2.0]'],
  ['VectorType(UTF8Type , 2)', '0161026263', '["a", "bc"]'],
  ['CounterColumnType', '000180000011223344556677', '422212466188851'],
  ['ReversedType(Int32Type)', '00000005', '5'],
];

t.test('values as JSON', async (t) => {
  for (const [type, value, json] of JSON_TEXTS) {
    t.equal(valueToJson(parseType(type), bytes(value)), json, `${type} ${value}`);
    t.doesNotThrow(() => JSON.parse(json));
  }
});

t.test('values where sstabledump fails', async (t) => {
  t.equal(valueToJson(parseType('BooleanType'), bytes('')), '""');
  t.equal(
    valueToJson(parseType('FrozenType(ListType(Int32Type))'), bytes('00000001ffffffff')),
    '[null]',
  );
});

t.test('keys and cell paths', async (t) => {
  const texts = [
    ['BytesType', '00ff', '00ff'],
    ['TimestampType', '000001933f5f2a15', '2024-11-18T13:03:41.589Z'],
    ['DoubleType', '7ff8000000000000', 'NaN'],
    ['FloatType', 'ff800000', '-Infinity'],
    ['FrozenType(ListType(Int32Type))', '000000010000000400000001', '000000010000000400000001'],
    [
      'TupleType(Int32Type,UTF8Type,UTF8Type)',
      '0000000400000001ffffffff00000003613a40',
      '1:@:a\\:\\@',
    ],
    ['CompositeType(UTF8Type,Int32Type)', '0003613a620000040000000700', 'a\\:b:7'],
    ['CompositeType(UTF8Type,UTF8Type)', '0002615c000002622100', 'a\\!:b!!'],
  ] as const;
  for (const [type, value, text] of texts) t.equal(keyText(parseType(type), bytes(value)), text);
});

t.test('values for people', async (t) => {
  const texts = [
    ['UTF8Type', '6974277321', "it's!"],
    ['FrozenType(ListType(UTF8Type))', '00000001000000046974277a', "['it''z']"],
    ['FrozenType(MapType(Int32Type,BytesType))', '000000010000000400000001000000010a', '{1: 0x0a}'],
    ['TupleType(Int32Type,UTF8Type)', '0000000400000001', '(1, null)'],
    ['UserType(k,7574,61:Int32Type)', '0000000400000001', '{a: 1}'],
    ['CounterColumnType', `00018000${'11'.repeat(16)}0000000000000001000000000000002a`, '42'],
  ] as const;
  for (const [type, value, text] of texts) t.equal(valueText(parseType(type), bytes(value)), text);
});

t.test('bytes that are no value are an error, never a crash', async (t) => {
  const bad = [
    ['Int32Type', '000001'],
    ['LongType', '00'],
    ['TimeType', '0000'],
    ['DecimalType', '00000001'],
    ['InetAddressType', '0102'],
    ['DurationType', '02'],
    ['UUIDType', '00'],
    ['FrozenType(ListType(Int32Type))', '7fffffff'],
    ['FrozenType(ListType(Int32Type))', 'ffffffff'],
    ['FrozenType(MapType(Int32Type,Int32Type))', '0000000100000004'],
    ['TupleType(Int32Type)', '00000010'],
    ['VectorType(UTF8Type , 2)', '0161'],
    ['UTF8Type', '61c328'],
    ['AsciiType', 'ff'],
    ['CompositeType(UTF8Type)', '0005'],
  ] as const;
  for (const [type, value] of bad) {
    try {
      jsonWriter(parseType(type))(bytes(value));
      t.fail(`${type} took ${value}`);
    } catch (error) {
      t.ok(isSstashError(error, 'SSTABLE_CORRUPT'), `${type} ${value}`);
    }
  }
});

t.test('views into larger buffers are read at their place', async (t) => {
  const buffer = bytes('ffff0000002affff');
  t.equal(valueToJson(parseType('Int32Type'), buffer.subarray(2, 6)), '42');
  t.equal(toHex(buffer.subarray(2, 6)), '0000002a');
  t.equal(valueToJson(parseType('DecimalType'), bytes('ff000000010cff').subarray(1, 6)), '1.2');
});
