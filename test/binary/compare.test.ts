import t from 'tap';
import { compareBytes, equalBytes, fromHex, toHex } from '../../src/binary/index.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

t.test('unsigned order, a prefix first', async (t) => {
  const sorted = [bytes(), bytes(0), bytes(0, 1), bytes(1), bytes(127), bytes(128), bytes(255)];
  sorted.forEach((a, i) => {
    sorted.forEach((b, j) => {
      t.equal(Math.sign(compareBytes(a, b)), Math.sign(i - j));
      t.equal(equalBytes(a, b), i === j);
    });
  });
});

t.test('hex, both ways', async (t) => {
  t.equal(toHex(bytes(0, 171, 255)), '00abff');
  t.same(fromHex('00ABff'), bytes(0, 171, 255));
  t.equal(fromHex('0'), null);
  t.equal(fromHex('zz'), null);
});
