import t from 'tap';
import { ByteWriter } from '../../src/binary/index.js';
import { BloomBits, kernels } from '../../src/codec/index.js';
import { BloomFilter } from '../../src/components/index.js';
import { randomBytes, randomNumbers } from './seeded.js';

const next = randomNumbers(3);
const keys = Array.from({ length: 5000 }, (_, i) =>
  randomBytes(next, i < 70 ? i : next() % 40, 'noise'),
);
const together = Uint8Array.from(keys.flatMap((key) => [...key]));
let end = 0;
const ends = Uint32Array.from(keys, (key) => {
  end += key.length;
  return end;
});

/** Entries of Index.db, or what of them is looked at: u16 length, key, something behind. */
function entriesOf(some: readonly Uint8Array[]): { entries: Uint8Array; starts: Uint32Array } {
  const w = new ByteWriter();
  const starts = Uint32Array.from(some, (key) => {
    const start = w.length;
    w.shortBytes(key);
    w.u16(7);
    return start;
  });
  return { entries: w.toBytes(), starts };
}

const hashOf = (words: Uint32Array, i: number): { h1: bigint; h2: bigint } => {
  const half = (at: number): bigint =>
    BigInt.asIntN(64, (BigInt(words[at + 1] ?? 0) << 32n) | BigInt(words[at] ?? 0));
  return { h1: half(4 * i), h2: half(4 * i + 2) };
};

t.test('many hashes at once are those of each key', async (t) => {
  const words = kernels('webassembly').hashMany(together, ends, keys.length);
  t.equal(words.length, 4 * keys.length);
  const twin = kernels('typescript').hashMany(together, ends, keys.length);
  t.equal(Buffer.compare(Buffer.from(words.buffer), Buffer.from(twin.buffer)), 0);
  for (const [i, key] of keys.entries()) {
    const hash = kernels('webassembly').murmur3(key);
    const view = new DataView(hash.buffer, hash.byteOffset);
    const { h1, h2 } = hashOf(words, i);
    if (h1 !== view.getBigInt64(0) || h2 !== view.getBigInt64(8)) t.fail(`key ${i}`);
  }
  const { entries, starts } = entriesOf(keys);
  for (const kind of ['webassembly', 'typescript'] as const) {
    t.same(kernels(kind).hashEntries(entries, starts), words, `keys in entries, ${kind}`);
  }
});

t.test('bits in kernel memory, in an array, and one key at a time', async (t) => {
  const words = kernels('webassembly').hashMany(together, ends, keys.length);
  const parts = [keys.slice(0, 1000), keys.slice(1000)].map(entriesOf);
  for (const reversed of [false, true]) {
    for (const [wordCount, hashCount] of [
      [1, 1],
      [900, 7],
      [1031, 20],
    ] as const) {
      const shape = { wordCount, hashCount, reversed };
      const filter = new BloomFilter(hashCount, new Uint8Array(8 * wordCount), reversed);
      for (const i of keys.keys()) filter.add(hashOf(words, i));
      const label = `${wordCount} words, ${hashCount} hashes${reversed ? ', reversed' : ''}`;
      for (const kind of ['webassembly', 'typescript']) {
        Object.assign(process.env, { SSTASH_KERNELS: kind });
        const bits = new BloomBits(shape);
        for (const { entries, starts } of parts) bits.add(entries, starts);
        t.equal(Buffer.compare(bits.bits(), filter.bits), 0, `${label}, ${kind}`);
        bits.close();
      }
      Reflect.deleteProperty(process.env, 'SSTASH_KERNELS');
    }
  }
});

t.test('bits of a large filter, which are put off until lists of them are full', async (t) => {
  const words = kernels().hashMany(together, ends, keys.length);
  for (const reversed of [false, true]) {
    const shape = { wordCount: 600_001, hashCount: 20, reversed };
    const filter = new BloomFilter(20, new Uint8Array(8 * shape.wordCount), reversed);
    for (const i of keys.keys()) filter.add(hashOf(words, i));
    const { entries, starts } = entriesOf(keys);
    const bits = new BloomBits(shape);
    // Lists are full after some 20 times.
    for (let i = 0; i < 30; i++) bits.add(entries, starts);
    t.equal(Buffer.compare(bits.bits(), filter.bits), 0, reversed ? 'reversed' : 'in order');
    bits.close();
    const again = new BloomBits(shape);
    t.ok(
      again.bits().every((byte) => byte === 0),
      'and nothing of it stays',
    );
    again.close();
  }
});

t.test('a filter begins empty whatever was in the memory', async (t) => {
  const shape = { wordCount: 64, hashCount: 3, reversed: false };
  const { entries, starts } = entriesOf(keys.slice(0, 100));
  const first = new BloomBits(shape);
  first.add(entries, starts);
  first.close();
  const second = new BloomBits(shape);
  t.ok(second.bits().every((byte) => byte === 0));
  second.close();
  t.throws(() => second.bits(), TypeError);
});

t.test('keys of all lengths', async (t) => {
  const long = [0, 65535, 3, 65535, 40_000, 40_000, 1, 65535, 9].map((length, i) =>
    new Uint8Array(length).fill(i),
  );
  const shape = { wordCount: 64, hashCount: 3, reversed: false };
  const filter = new BloomFilter(3, new Uint8Array(8 * 64), false);
  const { entries, starts } = entriesOf(long);
  const words = kernels().hashEntries(entries, starts);
  for (const i of long.keys()) filter.add(hashOf(words, i));
  const bits = new BloomBits(shape);
  bits.add(entries, starts);
  t.equal(Buffer.compare(bits.bits(), filter.bits), 0);
  bits.close();
});
