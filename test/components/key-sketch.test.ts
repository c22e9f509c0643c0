/** The sketch of partition keys: Cassandra's own bytes, and the two ways to fill it. */
import t from 'tap';
import { KeySketch, SKETCH_ORDERED_KEYS } from '../../src/components/index.js';
import { sketchHash } from '../../src/sstable/sketch-hash.js';

const keyOf = (i: number): Uint8Array =>
  new Uint8Array(Buffer.from(`key ${i} ${'x'.repeat(i % 9)}`));

function offer(sketch: KeySketch, key: Uint8Array): void {
  const hash = sketchHash(key);
  sketch.offer(Number(hash >> 32n), Number(hash & 0xffffffffn));
}

t.test('the five keys of the simple table of the format reference', async (t) => {
  const sketch = new KeySketch();
  for (const digit of ['0', '1', '2', '3', '4']) offer(sketch, Buffer.from(digit));
  const wanted = 'fffffffe0d19010592f2850190f61ff4b3aa02b2bdfc05e0fcdd10';
  t.equal(Buffer.from(sketch.toBytes()).toString('hex'), wanted);
});

t.test('an empty one', async (t) => {
  t.equal(Buffer.from(new KeySketch().toBytes()).toString('hex'), 'fffffffe0d190100');
});

t.test('registers of later keys give what the keys would give', async (t) => {
  const count = SKETCH_ORDERED_KEYS + 5000;
  const whole = new KeySketch();
  const parts = new KeySketch();
  const registers = new Uint8Array(8192);
  for (let i = 0; i < count; i++) {
    offer(whole, keyOf(i));
    if (i < SKETCH_ORDERED_KEYS) {
      offer(parts, keyOf(i));
      continue;
    }
    const hash = sketchHash(keyOf(i));
    const rest = (hash << 13n) | 4096n;
    const run = 64 - (rest & (2n ** 64n - 1n)).toString(2).length + 1;
    const register = Number(hash >> 51n);
    registers[register] = Math.max(registers[register] ?? 0, run);
  }
  t.ok(parts.isNormal, 'the sparse form has ended');
  parts.merge(registers);
  t.equal(Buffer.compare(whole.toBytes(), parts.toBytes()), 0);
  t.equal(whole.toBytes().length, 4 + 3 + 2 + 5464);
});
