/** Floats and doubles keep their value; digits that only Java finds were printed by JDK 17. */
import t from 'tap';
import { parseType, valueToJson } from '../../src/cql/index.js';

const view = new DataView(new ArrayBuffer(8));
const double = parseType('DoubleType');
const float = parseType('FloatType');

function doubleText(value: number): string {
  view.setFloat64(0, value);
  return valueToJson(double, new Uint8Array(view.buffer));
}

function floatText(value: number): string {
  view.setFloat32(0, value);
  return valueToJson(float, new Uint8Array(view.buffer, 0, 4));
}

t.test('digits of Java', async (t) => {
  const doubles: readonly (readonly [number, string])[] = [
    [0, '0.0'],
    [1, '1.0'],
    [-0.001, '-0.001'],
    [0.0009, '9.0E-4'],
    [9999999, '9999999.0'],
    [12345678.9, '1.23456789E7'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [2 ** -1074, '4.9E-324'],
    [1e23, '9.999999999999999E22'],
  ];
  for (const [value, text] of doubles) t.equal(doubleText(value), text);
  const floats: readonly (readonly [number, string])[] = [
    [2 ** 83, '9.6714065E24'],
    [4153.78125, '4153.7812'],
    [1.4e-45, '1.4E-45'],
    [3.4028234663852886e38, '3.4028235E38'],
    [0.1, '0.1'],
    [16777216, '1.6777216E7'],
  ];
  for (const [value, text] of floats) t.equal(floatText(value), text);
});

t.test('every text is the number it came from', async (t) => {
  let seed = 1;
  const next = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed;
  };
  const bits = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 20_000; i++) {
    bits.setUint32(0, next());
    bits.setUint32(4, next());
    const wide = bits.getFloat64(0);
    if (Number.isFinite(wide) && Number(doubleText(wide)) !== wide) t.fail(String(wide));
    const narrow = bits.getFloat32(4);
    if (Number.isFinite(narrow) && Math.fround(Number(floatText(narrow))) !== narrow) {
      t.fail(String(narrow));
    }
    const plain = (next() % 100_000_000) / 2 ** (next() % 30);
    if (Number(doubleText(plain)) !== plain) t.fail(String(plain));
  }
  t.pass('60000 numbers');
});
