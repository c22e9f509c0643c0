/** What releases print differently of the same value. */
import t from 'tap';
import { ByteWriter, fromHex } from '../../src/binary/index.js';
import {
  jsonWriter,
  keyText,
  parseType,
  quoteName,
  TEXT_4_1,
  type TextDialect,
} from '../../src/cql/index.js';
import { dumpDialect } from '../../src/tasks/index.js';

const OLD = dumpDialect('3.11').texts;
const OLDER = dumpDialect('3.11.3').texts;

function millis(ms: bigint): Uint8Array {
  const w = new ByteWriter();
  w.i64(ms);
  return w.toBytes();
}

const bytes = (hex: string) => fromHex(hex) ?? new Uint8Array(0);
const json = (type: string, value: Uint8Array, dialect: TextDialect) =>
  jsonWriter(parseType(type), dialect)(value);

t.test('dates before the Gregorian calendar, and far ones', async (t) => {
  const shown = (iso: string, dialect: TextDialect) =>
    json('TimestampType', millis(BigInt(Date.parse(iso))), dialect);
  // The day before 1582-10-15 was 1582-10-04.
  t.equal(shown('1582-10-15T00:00:00Z', OLD), '"1582-10-15 00:00:00.000Z"');
  t.equal(shown('1582-10-14T23:59:59.999Z', OLD), '"1582-10-04 23:59:59.999Z"');
  t.equal(shown('1582-10-14T23:59:59.999Z', TEXT_4_1), '"1582-10-14 23:59:59.999Z"');
  t.equal(shown('1500-03-10T00:00:00Z', OLD), '"1500-02-29 00:00:00.000Z"');
  t.equal(shown('0001-01-01T00:00:00Z', OLD), '"0001-01-03 00:00:00.000Z"');
  t.equal(shown('0000-12-30T00:00:00Z', OLD), '"0001-01-01 00:00:00.000Z"');
  t.equal(shown('0000-12-29T00:00:00Z', OLD), '"0001-12-31 00:00:00.000Z"', 'before our era');
  const year = (ms: bigint, dialect: TextDialect) =>
    json('TimestampType', millis(ms), dialect).split('-')[0];
  t.equal(year(253402300800000n, OLD), '"10000');
  t.equal(year(253402300800000n, TEXT_4_1), '"+10000');
  t.equal(year(2n ** 63n - 1n, OLD), '"292278994');
  t.equal(year(-(2n ** 63n), OLD), '"292269055', 'as java.util.GregorianCalendar has it');
  t.equal(json('SimpleDateType', bytes('ffffffff'), OLD), '"5881580-07-11"');
  t.equal(json('SimpleDateType', bytes('ffffffff'), TEXT_4_1), '"+5881580-07-11"');
  t.equal(json('SimpleDateType', bytes('00000000'), OLD), '"-5877641-06-23"');
});

t.test('keys', async (t) => {
  const time = millis(1700000000123n);
  const timestamp = parseType('TimestampType');
  t.equal(keyText(timestamp, time, OLD), '2023-11-14 22:13Z');
  t.equal(keyText(timestamp, time), '2023-11-14T22:13:20.123Z');
  const decimal = parseType('DecimalType');
  const shown = (hex: string) => [TEXT_4_1, OLD, OLDER].map((d) => keyText(decimal, bytes(hex), d));
  t.same(shown('0000000a01'), ['1E-10', '1E-10', '0.0000000001']);
  t.same(shown('fffffffdfb'), ['-5E+3', '-5E+3', '-5000']);
  t.same(shown('fffffffd00'), ['0E+3', '0E+3', '0']);
  t.same(shown('0000000300'), ['0.000', '0.000', '0.000']);
  t.same(shown('80000000ff'), ['-1E+2147483648', '-1E+2147483648', '-1E+2147483648']);
  const tuple = parseType('TupleType(TimestampType,Int32Type)');
  const value = bytes(`00000008${Buffer.from(time).toString('hex')}ffffffff`);
  t.equal(keyText(tuple, value, OLD), '2023-11-14 22\\:13Z:@');
});

t.test('numbers that JSON does not know', async (t) => {
  t.equal(json('DoubleType', bytes('7ff8000000000000'), OLDER), 'NaN');
  t.equal(json('DoubleType', bytes('fff0000000000000'), OLDER), '-Infinity');
  t.equal(json('DoubleType', bytes('7ff8000000000000'), OLD), 'null');
  const list = 'FrozenType(ListType(FloatType))';
  t.equal(json(list, bytes('00000001000000047fc00000'), OLDER), '[NaN]');
});

t.test('names in quotes', async (t) => {
  t.equal(quoteName('default'), 'default');
  t.equal(quoteName('default', '3.11'), '"default"');
  t.equal(quoteName('select', '3.11'), '"select"');
  t.equal(quoteName('select', 'none'), 'select');
  t.equal(quoteName('A', 'none'), '"A"');
});
