/** Memory that is used again: arrays do not share it while anybody holds them. */
import t from 'tap';
import { BytePool, NO_POOL } from '../../src/io/index.js';
import { randomNumbers } from '../codec/seeded.js';

const MIB = 1024 * 1024;

t.test('what was given back is taken again, by arrays of about that length', async (t) => {
  const pool = new BytePool(MIB);
  const first = pool.take(5000);
  t.equal(first.length, 5000);
  pool.giveBack(first.subarray(7, 9));
  t.not(pool.take(70_000).buffer, first.buffer, 'too small for it');
  t.not(pool.take(100).buffer, first.buffer, 'wasted on it');
  const again = pool.take(8000);
  t.equal(again.buffer, first.buffer);
  t.equal(again.length, 8000);
});

t.test('memory is given back once, and only to its own pool', async (t) => {
  const pool = new BytePool(MIB);
  const first = pool.take(5000);
  pool.giveBack(first);
  pool.giveBack(first);
  t.not(pool.take(5000).buffer, pool.take(5000).buffer);
  const foreign = new Uint8Array(8192);
  pool.giveBack(foreign);
  t.not(pool.take(8192).buffer, foreign.buffer);
  pool.giveBack(new Uint8Array(new SharedArrayBuffer(8192)));
  t.type(pool.take(8192).buffer, ArrayBuffer);
});

t.test('no more idle memory is kept than was said', async (t) => {
  const pool = new BytePool(MIB);
  const taken = [pool.take(MIB), pool.take(MIB)];
  for (const bytes of taken) pool.giveBack(bytes);
  t.equal(pool.take(MIB).buffer, taken[0]?.buffer);
  t.not(pool.take(MIB).buffer, taken[1]?.buffer);
  const none = NO_POOL.take(4096);
  t.equal(none.buffer.byteLength, 4096, 'nothing around what will be garbage');
  NO_POOL.giveBack(none);
  t.not(NO_POOL.take(4096).buffer, none.buffer);
});

t.test('nobody writes what somebody else holds', async (t) => {
  const pool = new BytePool(MIB);
  const next = randomNumbers(5);
  const held: { bytes: Uint8Array; fill: number }[] = [];
  for (let i = 0; i < 2000; i++) {
    const bytes = pool.take(next() % 20_000);
    bytes.fill(i & 255);
    held.push({ bytes, fill: i & 255 });
    if (held.length < 20) continue;
    const [gone] = held.splice(next() % held.length, 1);
    if (gone?.bytes.some((byte) => byte !== gone.fill)) t.fail(`round ${i}: other bytes`);
    if (gone !== undefined) pool.giveBack(gone.bytes);
  }
  t.equal(held.length, 19);
});
