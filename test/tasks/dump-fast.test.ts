/** The fast way of dumping writes what the general one writes. */
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { KernelInstance } from '../../src/codec/index.js';
import { parseType } from '../../src/cql/index.js';
import { dumpDialect } from '../../src/tasks/dump/dialect.js';
import { stringPrinter, ValueKind, valuePrinter } from '../../src/tasks/dump/fast/value-kinds.js';
import { javaInstant } from '../../src/tasks/dump/java-time.js';
import { dumpDocument, dumpText } from './dump-harness.js';

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
      const format = 'partition-lines';
      const lines = await dumpText(dataPath, { format });
      const generalLines = await dumpText(dataPath, { format, filter: GENERAL });
      if (lines !== generalLines) t.equal(lines, generalLines, `${table.table} ${base} in lines`);
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

/** What the kernel writes for the first `length` bytes; null when it leaves them to the host. */
function written(instance: KernelInstance, kind: number, bytes: Uint8Array, length: number) {
  const { exports, start } = instance;
  const out = start + 4096;
  instance.bytes.set(bytes, start);
  const end = exports.dumpOne(kind, start, length, out);
  return end === 0 ? null : Buffer.from(instance.bytes.subarray(out, end)).toString();
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
  ShortType: (next, view) => {
    view.setUint16(0, next() & 0xffff);
    return 2;
  },
  ByteType: (next, view) => {
    view.setUint8(0, next() & 0xff);
    return 1;
  },
};

/** Text of all sorts of characters, now and then cut in the middle of one. */
function unicode(next: () => number, view: DataView): number {
  const points = Array.from({ length: next() % 12 }, () => {
    const point = next() % (next() % 2 === 0 ? 0x800 : 0x110000);
    return point >= 0xd800 && point < 0xe000 ? 0x61 : point;
  });
  const bytes = Buffer.from(String.fromCodePoint(...points));
  new Uint8Array(view.buffer).set(bytes);
  return next() % 8 === 0 ? Math.max(0, bytes.length - 1) : bytes.length;
}

/** What the general writer says; null when the bytes are none of its values. */
function general(write: (bytes: Uint8Array) => string, bytes: Uint8Array): string | null {
  try {
    return write(bytes);
  } catch {
    return null;
  }
}

t.test('values that it takes are those of the general writers', async (t) => {
  const next = random(20261121);
  const instance = KernelInstance.acquire();
  instance.ensure(instance.start + 16384);
  const dialect = dumpDialect('5');
  for (const [name, fill] of [...Object.entries(SHAPES), ['UTF8Type', unicode] as const]) {
    const type = parseType(`org.apache.cassandra.db.marshal.${name}`);
    for (const { kind, write } of [valuePrinter(type, dialect), stringPrinter(type, dialect)]) {
      let taken = 0;
      for (let i = 0; i < 20000; i++) {
        const bytes = new Uint8Array(64);
        const length = fill(next, new DataView(bytes.buffer));
        const found = written(instance, kind, bytes, length);
        if (found === null) continue;
        taken++;
        const expected = general(write, bytes.subarray(0, length));
        if (found !== expected) t.equal(found, expected, name);
      }
      if (kind === ValueKind.host) t.equal(taken, 0);
      else t.ok(taken > 1000, `${name}: ${taken} of 20000`);
    }
  }
  instance.release();
});

t.test('dates of all days up to the year 9999', async (t) => {
  const instance = KernelInstance.acquire();
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  for (let day = 0; day * 86400 < 253402300800; day += 3) {
    const millis = day * 86400_000 + ((day * 7919) % 86400) * 1000 + (day % 1000);
    view.setBigInt64(0, BigInt(millis));
    const expected = `"${new Date(millis).toISOString().replace('T', ' ')}"`;
    const found = written(instance, ValueKind.timestamp, bytes, 8);
    if (found !== expected) t.equal(found, expected, String(millis));
  }
  t.equal(written(instance, ValueKind.timestamp, bytes, 7), null);
  t.equal(javaInstant(-1n, 1_000_000n), '1970-01-01T00:00:00.999999Z', "an oddity of Cassandra's");
  t.equal(javaInstant(2n ** 63n - 1n, 1_000_000n), '+294247-01-10T04:00:54.854775807Z');
  instance.release();
});
