/** Native rows to canonical leaves and back, by the kernel and by the row model. */
import t from 'tap';
import { fixtureTables, upgradePairs } from '../../fixtures/index.js';
import { ByteReader, ByteWriter, equalBytes, toHex } from '../../src/binary/index.js';
import {
  decodeRecords,
  encodeHead,
  encodeOpaque,
  encodeUnfiltered,
  LeafWalker,
  NativeEncoder,
} from '../../src/canonical/index.js';
import { RowReader } from '../../src/components/index.js';
import { readStream, type Stream } from '../helpers/stream.js';

/** Canonical bytes by way of the row model. */
function encodeByModel(stream: Stream): Uint8Array {
  const reader = new ByteReader(stream.bytes);
  const rows = new RowReader(stream.header, stream.version, { strict: true });
  const out = new ByteWriter(stream.bytes.length);
  while (reader.remaining > 0) {
    encodeHead(out, rows.readHead(reader));
    for (;;) {
      const item = rows.readNext(reader);
      if (item.type === 'end') break;
      encodeUnfiltered(out, item);
    }
  }
  return out.toBytes();
}

/** Canonical bytes by way of the walker. */
function encodeByWalk(stream: Stream): { bytes: Uint8Array; opaque: number; leaves: number } {
  const walker = new LeafWalker(stream);
  const out = new ByteWriter(stream.bytes.length);
  let [position, opaque, leaves, last] = [0, 0, 0, false];
  while (!last || walker.pending > 0) {
    const base = position - walker.pending;
    const fresh = Math.min(1 << 18, stream.bytes.length - position);
    const window = walker.window(walker.pending + fresh);
    window.set(stream.bytes.subarray(position, position + fresh), walker.pending);
    position += fresh;
    last = position === stream.bytes.length;
    const step = walker.walk(window.length, last, base);
    out.bytes(step.bytes);
    opaque += step.opaqueLeaves;
    leaves += step.leafCount;
  }
  walker.close();
  return { bytes: out.toBytes(), opaque, leaves };
}

function decodeToNative(stream: Stream, canonical: Uint8Array): Uint8Array {
  const encoder = new NativeEncoder(stream);
  const out = new ByteWriter(stream.bytes.length);
  out.bytes(encoder.push(canonical));
  out.bytes(encoder.finish());
  return out.toBytes();
}

for (const { keyspace, table, sstables } of fixtureTables()) {
  t.test(`${keyspace}.${table}`, async (t) => {
    for (const { base, dataPath } of sstables) {
      const stream = await readStream(dataPath);
      const walked = encodeByWalk(stream);
      t.equal(walked.opaque, 0, `${base}: no opaque leaf`);
      t.ok(equalBytes(walked.bytes, encodeByModel(stream)), `${base}: kernel and model agree`);
      t.ok(equalBytes(decodeToNative(stream, walked.bytes), stream.bytes), `${base}: exact return`);
    }
  });
}

t.test('rows that upgradesstables rewrote from nb to oa have the same leaves', async (t) => {
  for (const { nb, oa } of upgradePairs()) {
    const leaves = async (table: typeof nb, letters: string): Promise<string[]> => {
      const texts: string[] = [];
      for (const { dataPath } of table.sstables) {
        const stream = await readStream(dataPath);
        t.equal(stream.version.letters, letters);
        texts.push(toHex(encodeByWalk(stream).bytes));
      }
      return texts.sort();
    };
    const before = await leaves(nb, 'nb');
    t.ok(before.every((text) => text.length > 0));
    t.same(await leaves(oa, 'oa'), before, `${nb.table}: the same leaves`);
  }
});

t.test('an opaque record comes back as its native bytes', async (t) => {
  const stream = await readStream(fixtureTables()[0]?.sstables[0]?.dataPath ?? '');
  const out = new ByteWriter();
  encodeOpaque(out, 0x05, Uint8Array.of(0, 1, 9, 0x80));
  encodeOpaque(out, 0x04, Uint8Array.of(1, 2, 3));
  t.same(
    decodeToNative(stream, out.toBytes()),
    Uint8Array.of(0, 1, 9, 0x80, 1, 2, 3, 1),
    'with the end of the partition',
  );
  t.throws(() => new NativeEncoder(stream).push(Uint8Array.of(0x04, 1, 7)), {
    code: 'REPOSITORY_CORRUPT',
  });
});

t.test('canonical bytes that are damaged are refused', async (t) => {
  const stream = await readStream(fixtureTables()[0]?.sstables[0]?.dataPath ?? '');
  const sound = encodeByModel(stream).subarray(0, 4096);
  t.throws(() => decodeRecords(sound.subarray(0, 7), stream.header), {
    code: 'REPOSITORY_CORRUPT',
  });
  for (let i = 0; i < sound.length; i++) {
    const damaged = sound.slice();
    damaged[i] = (damaged[i] as number) ^ 0x55;
    try {
      decodeRecords(damaged, stream.header);
    } catch (error) {
      if ((error as { code?: string }).code !== 'REPOSITORY_CORRUPT') throw error;
    }
  }
});
