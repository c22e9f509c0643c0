import t from 'tap';
import { fromHex, toHex } from '../../src/binary/index.js';
import { keyText, murmur3, parseKeyText, parseType, partitioner } from '../../src/cql/index.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
const murmur = partitioner('org.apache.cassandra.dht.Murmur3Partitioner', parseType('BytesType'));
const random = partitioner('RandomPartitioner', parseType('BytesType'));

t.test('tokens of Murmur3Partitioner', async (t) => {
  const tokens: readonly (readonly [Uint8Array, bigint])[] = [
    [ascii('123'), -7468325962851647638n],
    [ascii('foo'), -2129773440516405919n],
    [ascii('0'), 3083240331115144064n],
    [ascii('4'), -663977588974966463n],
    [bytes('00000001'), -4069959284402364209n],
    [bytes('00ff10fa99'.repeat(10)), 5837342703291459765n],
    [bytes('fe'.repeat(8)), -8927430733708461935n],
    [bytes('10'.repeat(8)), 1446172840243228796n],
    [bytes('ff'.repeat(15)), -2195530867418009455n],
    [ascii('9223372036854775807'), 7162290910810015547n],
    [new Uint8Array(0), -(2n ** 63n)],
  ];
  for (const [key, token] of tokens) {
    t.equal(murmur3(key).token, token);
    t.equal(murmur.token(key), token);
  }
});

t.test('other partitioners', async (t) => {
  t.equal(random.tokenText(ascii('foo')), '110673303387115207421586718101067225896');
  t.equal(random.token(bytes('00000001')), 19580090105725936846312850328329299579n);
  t.equal(random.token(new Uint8Array(0)), -1n);
  const ordered = partitioner('ByteOrderedPartitioner', parseType('BytesType'));
  t.ok(ordered.compareKeys(bytes('7f'), bytes('80')) < 0);
  t.ok(ordered.compareKeys(bytes('80'), bytes('8000')) < 0);
  t.ok(ordered.token(bytes('7f')) < ordered.token(bytes('80')));
  const local = partitioner('LocalPartitioner', parseType('Int32Type'));
  t.ok(local.compareKeys(bytes('ffffffff'), bytes('00000000')) < 0);
  t.ok(murmur.compareKeys(ascii('foo'), ascii('0')) < 0);
  t.throws(() => partitioner('com.example.Mine', parseType('BytesType')), {
    code: 'SSTABLE_UNSUPPORTED_PARTITIONER',
    found: 'com.example.Mine',
  });
});

t.test('keys from text', async (t) => {
  const keys = [
    ['Int32Type', '-5', 'fffffffb'],
    ['Int32Type', '+5', '00000005'],
    ['Int32Type', '', ''],
    ['LongType', '9223372036854775807', '7fffffffffffffff'],
    ['IntegerType', '-129', 'ff7f'],
    ['DecimalType', '-1.23', '0000000285'],
    ['DecimalType', '1E+3', 'fffffffd01'],
    ['BooleanType', 'TRUE', '01'],
    ['BytesType', '00fF', '00ff'],
    ['UTF8Type', 'é:x', 'c3a93a78'],
    ['DoubleType', '1.5d', '3ff8000000000000'],
    ['FloatType', '-Infinity', 'ff800000'],
    ['TimestampType', '2024-11-18T13:03:41.589Z', '000001933f5f2a15'],
    ['TimestampType', '2024-11-18 14:03:41.589+01:00', '000001933f5f2a15'],
    ['TimestampType', '1731935021589', '000001933f5f2a15'],
    ['SimpleDateType', '1970-01-02', '80000001'],
    ['SimpleDateType', '-5877641-06-23', '00000000'],
    ['SimpleDateType', '2147483649', '80000001'],
    ['TimeType', '23:59:59.999999999', '00004e94914effff'],
    ['DurationType', '1mo2d3ns', '020406'],
    ['DurationType', '-P1Y2D', '170300'],
    ['InetAddressType', '::ffff:1.2.3.4', '01020304'],
    ['InetAddressType', '2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329'],
    ['InetAddressType', '1::', '00010000000000000000000000000000'],
    ['TimeUUIDType', '00035779-02c9-11e7-8017-bf00000000c0', '0003577902c911e78017bf00000000c0'],
    ['FrozenType(ListType(Int32Type))', '00000000', '00000000'],
    [
      'TupleType(Int32Type,UTF8Type,UTF8Type)',
      '1:@:a\\:\\@',
      '0000000400000001ffffffff00000003613a40',
    ],
    ['CompositeType(UTF8Type,Int32Type)', 'a\\:b:7', '0003613a620000040000000700'],
    ['CompositeType(UTF8Type,UTF8Type)', 'a\\!:b!!', '0002615c000002622100'],
    ['CompositeType(UTF8Type,UTF8Type)', 'a!:b!', '00026121000002622100'],
  ] as const;
  for (const [type, text, hex] of keys) {
    t.equal(toHex(parseKeyText(parseType(type), text)), hex, `${type} ${text}`);
  }
  const decimal = parseType('DecimalType');
  t.equal(keyText(decimal, parseKeyText(decimal, '-12.30')), '-12.30');
});

t.test('texts that are no keys', async (t) => {
  const bad = [
    ['Int32Type', '2147483648'],
    ['Int32Type', '1.0'],
    ['ByteType', '128'],
    ['BooleanType', 'yes'],
    ['BytesType', '0'],
    ['AsciiType', 'é'],
    ['UUIDType', '00112233445566778899aabbccddeeff'],
    ['TimeUUIDType', '00112233-4455-6677-8899-aabbccddeeff'],
    ['TimestampType', '2023-02-29'],
    ['SimpleDateType', '2023-02-29'],
    ['TimeType', '24:00:00'],
    ['DurationType', '1d2mo'],
    ['DurationType', '3000000000mo'],
    ['InetAddressType', 'localhost'],
    ['DecimalType', '1E+99999999999'],
    ['EmptyType', 'x'],
    ['CompositeType(UTF8Type,Int32Type)', 'a'],
    ['CompositeType(UTF8Type,Int32Type)', 'a:1:2'],
    ['CompositeType(UTF8Type,Int32Type)', 'a:b'],
    ['UTF8Type', 'x'.repeat(70_000)],
  ] as const;
  for (const [type, text] of bad) {
    t.throws(
      () => parseKeyText(parseType(type), text),
      { code: 'KEY_INVALID' },
      `${type} ${text.slice(0, 40)}`,
    );
  }
});
