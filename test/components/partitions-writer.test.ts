/** Partitions.db from the tokens that batches bring along is that from whole keys. */
import t from 'tap';
import { type ByteWriter, toHex } from '../../src/binary/index.js';
import { PartitionsWriter } from '../../src/components/index.js';
import { type Partitioner, parseType, partitioner } from '../../src/cql/index.js';
import { randomNumbers } from '../codec/seeded.js';
import { batchOfKeys } from './batches.js';

const SMALLEST = -(2n ** 63n);
const murmur3 = partitioner(
  'org.apache.cassandra.dht.Murmur3Partitioner',
  parseType('org.apache.cassandra.db.marshal.BytesType'),
);

interface Key {
  readonly bytes: Uint8Array;
  readonly token: bigint;
}

/** Keys in order, with tokens of which many are the same. */
function keysOf(seed: number, count: number, tokens: readonly bigint[]): Key[] {
  const next = randomNumbers(seed);
  const keys = new Map<string, Key>([['', { bytes: new Uint8Array(0), token: SMALLEST }]]);
  while (keys.size < count) {
    const bytes = Uint8Array.from({ length: 1 + (next() % 20) }, () => next() % 3);
    keys.set(toHex(bytes), { bytes, token: tokens[next() % tokens.length] ?? 0n });
  }
  const before = (a: Key, b: Key): number =>
    a.token === b.token ? Buffer.compare(a.bytes, b.bytes) : Number(a.token > b.token) || -1;
  return [...keys.values()].sort(before);
}

function hashesOf(keys: readonly Key[]): Uint32Array {
  const hashes = new Uint32Array(4 * keys.length);
  for (const [i, { bytes, token }] of keys.entries()) {
    // The hash of which Cassandra makes the largest token.
    const hash = token === 2n ** 63n - 1n && bytes.length % 2 === 1 ? SMALLEST : token;
    hashes[4 * i] = Number(BigInt.asUintN(32, hash));
    hashes[4 * i + 1] = Number(BigInt.asUintN(32, hash >> 32n));
    hashes[4 * i + 2] = i;
  }
  return hashes;
}

/** The file, from batches of `size` keys. */
function write(keys: readonly Key[], name: string, size: number, earlyOpen = false): Buffer {
  const tokens = new Map(keys.map(({ bytes, token }) => [toHex(bytes), token]));
  const comparableToken = (w: ByteWriter, key: Uint8Array): boolean => {
    w.i64((tokens.get(toHex(key)) ?? 0n) ^ SMALLEST);
    return true;
  };
  const given: Partitioner = { ...murmur3, name, comparableToken };
  const writer = new PartitionsWriter(
    given,
    earlyOpen ? { interval: 20_000, bufferLength: 4096 } : undefined,
  );
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < keys.length; at += size) {
    const some = keys.slice(at, at + size);
    const all = some.map(({ bytes }) => bytes);
    const batch = batchOfKeys(all, 100 * at);
    const positions = new Float64Array(batch.count).fill(-1);
    writer.add(batch, { positions, lengths: new Float64Array(batch.count) }, hashesOf(some));
    // Whoever gave the batch may use its memory again.
    batch.entries.fill(0xee);
    pieces.push(writer.take());
  }
  writer.finish(100 * keys.length);
  return Buffer.concat([...pieces, writer.take()]);
}

t.test('tokens that keys share, the smallest and the largest one', (t) => {
  const next = randomNumbers(5);
  const random = Array.from({ length: 2000 }, () =>
    BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next())),
  );
  const few = [-5n, 0n, 1n, 2n ** 32n, 2n ** 63n - 1n];
  for (const [count, tokens] of [
    [1, few],
    [2, few],
    [300, few],
    [3000, [...random, ...few]],
  ] as const) {
    const keys = keysOf(count, count, tokens);
    for (const size of [1, 7, 5000]) {
      for (const earlyOpen of [false, true]) {
        const expected = write(keys, 'AnotherPartitioner', size, earlyOpen);
        const made = write(keys, 'Murmur3Partitioner', size, earlyOpen);
        t.ok(made.length > 5 * count, `${made.length} bytes`);
        t.equal(Buffer.compare(made, expected), 0, `${count} keys, ${size} at a time`);
      }
    }
  }
  t.end();
});

t.test('keys that do not ascend have no trie', (t) => {
  const [a, b, c, d] = keysOf(4, 4, [-7n, 1n, 2n ** 40n]);
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error();
  t.ok(write([a, b, c, d], 'Murmur3Partitioner', 2).length > 0);
  for (const keys of [
    [a, c, b, d],
    [a, b, b],
  ]) {
    t.equal(write(keys, 'Murmur3Partitioner', 2).length, 0);
    t.equal(write(keys, 'AnotherPartitioner', 2).length, 0);
  }
  t.end();
});
