/** The fast way of dumping writes what the general one writes. */
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { jsonWriter, parseType } from '../../src/cql/index.js';
import { ByteOutput } from '../../src/tasks/dump/byte-output.js';
import { FastTimes } from '../../src/tasks/dump/fast/times.js';
import { fastValue, roomFor } from '../../src/tasks/dump/fast/values.js';
import { javaInstant } from '../../src/tasks/dump/java-time.js';
import { dumpDocument } from './dump-harness.js';

/** Tokens of the whole ring: the same partitions, but not in the fast way. */
const GENERAL = { excludedKeys: [], tokens: { after: -(2n ** 63n) - 1n, upTo: 2n ** 127n } };

t.test('over all fixtures, and in pieces of any length', async (t) => {
  let compared = 0;
  for (const table of fixtureTables(fixtureSets)) {
    for (const { base, dataPath } of table.sstables) {
      const general = await dumpDocument(dataPath, { filter: GENERAL });
      const fast = await dumpDocument(dataPath);
      if (fast !== general) t.equal(fast, general, `${table.table} ${base}`);
      const pieces = await dumpDocument(dataPath, { answerLength: 5000 });
      if (pieces !== general) t.equal(pieces, general, `${table.table} ${base} in pieces`);
      compared++;
    }
  }
  t.ok(compared > 100, `${compared} dumps are the same`);
});

/** A small generator with a seed (xorshift). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** What `write` wrote; null when it answers false. */
function written(write: (output: ByteOutput) => unknown, length: number): string | null {
  const output = new ByteOutput(8);
  output.text('<');
  output.ensure(roomFor(length));
  return write(output) !== false ? Buffer.from(output.written()).toString().slice(1) : null;
}

/** Fills the view with a random value, usual or not; its length. */
const SHAPES: Record<string, (next: () => number, view: DataView) => number> = {
  Int32Type: (next, view) => {
    view.setInt32(0, next() >> (next() % 32));
    return 4;
  },
  LongType: (next, view) => {
    view.setBigInt64(0, BigInt.asIntN(64, (BigInt(next()) << 32n) >> BigInt(next() % 64)));
    return 8;
  },
  DoubleType: (next, view) => {
    const kind = next() % 4;
    if (kind === 0) view.setFloat64(0, ((next() % 200000) - 100000) / 10 ** (next() % 9));
    else if (kind === 1) view.setFloat64(0, next() / 2 ** (next() % 40));
    else if (kind === 2) view.setFloat64(0, (next() / 2 ** 32) * 100 + 0.01);
    else view.setBigUint64(0, (BigInt(next()) << 32n) | BigInt(next()));
    return 8;
  },
  FloatType: (next, view) => {
    if (next() % 2 === 0) view.setFloat32(0, (next() % 20000) / 10 ** (next() % 6));
    else view.setUint32(0, next());
    return 4;
  },
  TimestampType: (next, view) => {
    view.setBigInt64(0, BigInt(next()) * BigInt(next() % 100000) - 10n ** 12n);
    return 8;
  },
  BooleanType: (next, view) => {
    view.setUint8(0, next() % 3);
    return 1;
  },
  UUIDType: (next, view) => {
    for (let i = 0; i < 16; i += 4) view.setUint32(i, next());
    return 16;
  },
  UTF8Type: (next, view) => {
    const length = next() % 40;
    const odd = next() % 2 === 0;
    for (let i = 0; i < length; i++) view.setUint8(i, odd ? next() % 130 : 0x61 + (next() % 26));
    return length;
  },
  BytesType: (next, view) => {
    const length = next() % 40;
    for (let i = 0; i < length; i++) view.setUint8(i, next() & 0xff);
    return length;
  },
};

t.test('values that it takes are those of the general writers', async (t) => {
  const next = random(20261121);
  for (const [name, fill] of Object.entries(SHAPES)) {
    const type = parseType(`org.apache.cassandra.db.marshal.${name}`);
    const fast = fastValue(type, new FastTimes());
    const general = jsonWriter(type);
    let taken = 0;
    for (let i = 0; i < 20000; i++) {
      const bytes = new Uint8Array(64);
      const view = new DataView(bytes.buffer);
      const length = fill(next, view);
      if (length === 0) continue;
      const found = written((output) => fast(output, view, 0, length), length);
      if (found === null) continue;
      taken++;
      const expected = general(bytes.subarray(0, length));
      if (found !== expected) t.equal(found, expected, name);
    }
    t.ok(taken > 1000, `${name}: ${taken} of 20000`);
  }
});

t.test('times', async (t) => {
  const next = random(7);
  const times = new FastTimes();
  for (let i = 0; i < 20000; i++) {
    const micros = (next() * 58_000_000 + next()) % 9_000_000_000_000_000;
    const rounded = i % 3 === 0 ? Math.floor(micros / 1e6) * 1e6 : micros - (micros % (i % 1000));
    const value = Number.isNaN(rounded) ? micros : rounded;
    const found = written((output) => times.micros(output, value), 8);
    const expected = javaInstant(BigInt(value), 1_000_000n);
    if (found !== expected) t.equal(found, expected, String(value));
  }
  t.equal(javaInstant(-1n, 1_000_000n), '1970-01-01T00:00:00.999999Z', "an oddity of Cassandra's");
  t.equal(javaInstant(2n ** 63n - 1n, 1_000_000n), '+294247-01-10T04:00:54.854775807Z');
});

t.test('numbers of any size', async (t) => {
  for (const value of [0, 9, 10, 99, 12345, 999999999, 1e9, 1234567890123, -1, -(2 ** 53) + 1]) {
    const found = written((output) => output.integer(value), 8);
    t.equal(found, String(value));
  }
});
