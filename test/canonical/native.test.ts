/**
 * Rows of every shape from the model to native bytes, to canonical ones and back. The native encoder
 * and the row writer are two ways to the same bytes; the walker is a third look at them.
 */
import t from 'tap';
import { ByteReader, ByteWriter, equalBytes, toHex } from '../../src/binary/index.js';
import {
  decodeRecords,
  encodeHead,
  encodeOpaque,
  encodeUnfiltered,
  isEmptyRow,
  LeafWalker,
  NativeEncoder,
} from '../../src/canonical/index.js';
import {
  type PartitionHead,
  RowReader,
  RowWriter,
  type Unfiltered,
} from '../../src/components/index.js';
import { randomNumbers } from '../codec/seeded.js';
import { headerShapes, makeHeader, RandomRows } from '../helpers/random-rows.js';

interface Written {
  readonly records: readonly (PartitionHead | Unfiltered)[];
  readonly native: Uint8Array;
  readonly canonical: Uint8Array;
  /** Ends of the canonical records. */
  readonly ends: readonly number[];
}

/** Some partitions, written by the row writer and by the model's encoder. */
function write(rows: RandomRows, partitions: number): Written {
  const writer = new RowWriter(rows.options);
  const native = new ByteWriter();
  const canonical = new ByteWriter();
  const records: (PartitionHead | Unfiltered)[] = [];
  const ends: number[] = [];
  for (let i = 0; i < partitions; i++) {
    let previous = native.length;
    const head = rows.head();
    writer.writeHead(native, head);
    encodeHead(canonical, head);
    records.push(head);
    ends.push(canonical.length);
    for (let k = rows.below(9); k > 0; k--) {
      const start = native.length;
      const unfiltered = rows.unfiltered();
      writer.writeUnfiltered(native, unfiltered, start - previous);
      encodeUnfiltered(canonical, unfiltered);
      records.push(unfiltered);
      ends.push(canonical.length);
      previous = start;
    }
    writer.writePartitionEnd(native);
  }
  return { records, native: native.toBytes(), canonical: canonical.toBytes(), ends };
}

/** The facts of a record, without where it stands. */
function facts(record: PartitionHead | Unfiltered | { readonly type: 'opaque' }): string {
  return JSON.stringify(record, (key, value) => {
    if (key === 'position' || key === 'size' || key === 'headerLength') return undefined;
    if (key === 'column') return value.text;
    if (key === 'staticRow' && value !== null && isEmptyRow(value)) return null;
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

function readBack(rows: RandomRows, native: Uint8Array): (PartitionHead | Unfiltered)[] {
  const r = new ByteReader(native);
  const reader = new RowReader(rows.header, rows.version, { strict: true });
  const records: (PartitionHead | Unfiltered)[] = [];
  while (r.remaining > 0) {
    records.push(reader.readHead(r));
    for (let item = reader.readNext(r); item.type !== 'end'; item = reader.readNext(r)) {
      records.push(item);
    }
  }
  return records;
}

function walk(rows: RandomRows, native: Uint8Array): { bytes: Uint8Array; opaque: number } {
  const walker = new LeafWalker(rows.options);
  const out = new ByteWriter();
  let opaque = 0;
  let position = 0;
  walker.window(native.length).set(native);
  do {
    const length = native.length - position;
    const step = walker.walk(length, true, position);
    out.bytes(step.bytes);
    opaque += step.opaqueLeaves;
    position += step.consumed;
  } while (walker.pending > 0);
  walker.close();
  return { bytes: out.toBytes(), opaque };
}

const KINDS = ['webassembly', 'typescript'] as const;

/** Native bytes of canonical ones that come in pieces, each of `most` records at most. */
function encode(
  rows: RandomRows,
  { canonical, ends }: Written,
  most: number,
  kind: (typeof KINDS)[number],
): Uint8Array {
  const encoder = new NativeEncoder(rows.options, {}, kind);
  const out = new ByteWriter();
  for (let i = 0, start = 0; i < ends.length; i += most) {
    const end = ends[Math.min(ends.length, i + most) - 1] as number;
    out.bytes(encoder.push(canonical.subarray(start, end)));
    start = end;
  }
  out.bytes(encoder.finish());
  encoder.close();
  return out.toBytes();
}

for (const [name, shape] of Object.entries(headerShapes())) {
  for (const letters of ['nb', 'oa'] as const) {
    t.test(`${name}, ${letters}`, async (t) => {
      for (let seed = 1; seed <= 6; seed++) {
        const rows = new RandomRows(seed, makeHeader(shape), letters);
        const written = write(rows, 12);
        const { records, native, canonical } = written;
        const expected = records.map(facts);
        t.same(readBack(rows, native).map(facts), expected, 'native bytes say the same');
        t.same(decodeRecords(canonical, rows.header).map(facts), expected, 'canonical ones too');
        for (const kind of KINDS) {
          t.ok(equalBytes(encode(rows, written, Infinity, kind), native), `${kind}: in one piece`);
          t.ok(equalBytes(encode(rows, written, 1, kind), native), 'and record by record');
        }
        const walked = walk(rows, native);
        t.equal(walked.opaque, 0, 'nothing is opaque');
        t.ok(equalBytes(walked.bytes, canonical), 'the walker gives the same canonical bytes');
      }
    });
  }
}

t.test('values of every length, beside cells with times of their own', async (t) => {
  const regulars = ['BytesType', 'LongType', 'UTF8Type', 'BytesType'];
  const rows = new RandomRows(1, makeHeader({ clustering: [], regulars }), 'oa');
  const names = rows.header.regularColumns.map(({ name }) => name);
  const canonical = new ByteWriter();
  const lengths = [0, 1, 126, 127, 128, 129, 255, 256, 16_382, 16_383, 16_384, 70_000];
  for (const [key, length] of lengths.entries()) {
    for (const own of [0, 1, 2, 3, 4]) {
      canonical.bytes(Uint8Array.of(1, 2, key, own, 0, 2, 0, 1));
      canonical.svint(1_000_000);
      // The first one is missing in some rows.
      const present = names.slice(own === 4 ? 1 : 0);
      canonical.uvint(present.length);
      for (const [i, name] of present.entries()) {
        const fixed = name === names[1];
        canonical.vintBytes(name);
        const isEmpty = !fixed && length === 0;
        canonical.u8((i === own ? 0 : 8) | (isEmpty ? 4 : 0));
        if (i === own) canonical.svint(-77);
        if (!isEmpty) canonical.vintBytes(new Uint8Array(fixed ? 8 : length).fill(i + 1));
      }
    }
  }
  const whole = { records: [], native: new Uint8Array(0), canonical: canonical.toBytes() };
  const written = { ...whole, ends: [canonical.length] };
  const twin = encode(rows, written, 1, 'typescript');
  t.ok(equalBytes(encode(rows, written, 1, 'webassembly'), twin));
  const walked = walk(rows, twin);
  t.equal(walked.opaque, 0);
  t.ok(equalBytes(walked.bytes, whole.canonical));
});

t.test('leaves that are written where the encoder reads them', async (t) => {
  const shape = headerShapes()['all kinds'] ?? { clustering: [], regulars: [] };
  const rows = new RandomRows(3, makeHeader(shape), 'oa');
  const { canonical, ends, native } = write(rows, 40);
  for (const kind of KINDS) {
    const encoder = new NativeEncoder(rows.options, {}, kind);
    const out = new ByteWriter();
    for (const [i, end] of ends.entries()) {
      const bytes = canonical.subarray(ends[i - 1] ?? 0, end);
      // The room may be larger than what is written, and larger each time.
      const window = encoder.window(bytes.length + 5000 * i);
      window.set(bytes);
      out.bytes(encoder.push(window.subarray(0, bytes.length)));
    }
    out.bytes(encoder.finish());
    encoder.close();
    t.ok(equalBytes(out.view(), native), kind);
  }
});

t.test('an encoder may go on after finish', async (t) => {
  const shape = headerShapes()['all kinds'] ?? { clustering: [], regulars: [] };
  const rows = new RandomRows(7, makeHeader(shape), 'nb');
  const { canonical, native } = write(rows, 5);
  const encoder = new NativeEncoder(rows.options);
  for (let i = 0; i < 2; i++) {
    const out = new ByteWriter();
    out.bytes(encoder.push(canonical));
    out.bytes(encoder.finish());
    t.ok(equalBytes(out.view(), native));
  }
});

t.test('an opaque record counts for the previous size of the next one', async (t) => {
  const rows = new RandomRows(1, makeHeader({ clustering: [], regulars: [] }), 'oa');
  const canonical = new ByteWriter();
  encodeOpaque(canonical, 0x05, Uint8Array.of(0, 1, 65, 0x80));
  encodeOpaque(canonical, 0x04, new Uint8Array(300).fill(0x24));
  encodeUnfiltered(canonical, {
    type: 'row',
    position: 0,
    size: 0,
    clustering: [],
    liveness: { timestamp: rows.header.minTimestamp, ttl: 0, localExpirationTime: 0 },
    deletion: null,
    shadowable: false,
    columns: [],
  });
  const native = new NativeEncoder(rows.options).push(canonical.view());
  t.same(native.subarray(304), Uint8Array.of(0x24, 3, 0x81, 0x2c, 0), 'previous size 300');
});

t.test('records of another table are refused', async (t) => {
  const text = makeHeader({ clustering: ['UTF8Type'], regulars: ['UTF8Type', 'UTF8Type'] });
  const rows = new RandomRows(3, text, 'nb');
  const { canonical } = write(rows, 20);
  const other = (shape: Parameters<typeof makeHeader>[0]) => () =>
    new NativeEncoder({ ...rows.options, header: makeHeader(shape) }).push(canonical);
  const corrupt = { code: 'REPOSITORY_CORRUPT' };
  t.throws(other({ clustering: ['UTF8Type'], regulars: ['UTF8Type'] }), corrupt, 'columns');
  t.throws(other({ clustering: [], regulars: ['UTF8Type', 'UTF8Type'] }), corrupt, 'clustering');
  t.throws(
    other({ clustering: ['UTF8Type'], regulars: ['UUIDType', 'UUIDType'] }),
    corrupt,
    'lengths of values',
  );
  t.throws(
    other({ clustering: ['UTF8Type'], regulars: ['SetType(UTF8Type)', 'SetType(UTF8Type)'] }),
    corrupt,
    'cells where one is due',
  );
  t.throws(() => new NativeEncoder(rows.options).push(Uint8Array.of(2, 0, 0, 0)), corrupt);
});

/** What becomes of bytes that may be damaged: native ones, or an error. */
function outcome(rows: RandomRows, canonical: Uint8Array, kind: (typeof KINDS)[number]): string {
  const encoder = new NativeEncoder(rows.options, {}, kind);
  try {
    return toHex(encoder.push(canonical)) + toHex(encoder.finish());
  } catch (error) {
    return String(error);
  } finally {
    encoder.close();
  }
}

t.test('damaged canonical bytes end in bytes or REPOSITORY_CORRUPT', async (t) => {
  let refused = 0;
  for (const [name, shape] of Object.entries(headerShapes())) {
    const rows = new RandomRows(5, makeHeader(shape), 'oa');
    const { canonical } = write(rows, 6);
    const next = randomNumbers(11);
    for (let i = 0; i < 400; i++) {
      const damaged = canonical.slice(0, i % 4 === 0 ? next() % canonical.length : undefined);
      if (damaged.length === 0) continue;
      for (let k = next() % 3; k >= 0; k--) damaged[next() % damaged.length] = next() >>> 24;
      const outcomes = KINDS.map((kind) => outcome(rows, damaged, kind));
      if (outcomes[0] !== outcomes[1]) t.equal(outcomes[0], outcomes[1], `${name}, ${i}`);
      for (const use of [
        () => new NativeEncoder(rows.options, {}, 'typescript').push(damaged),
        () => decodeRecords(damaged, rows.header),
      ]) {
        try {
          use();
        } catch (error) {
          if ((error as { code?: string }).code !== 'REPOSITORY_CORRUPT') {
            t.fail(`${name}, ${i}: ${(error as Error).stack}`);
          }
          refused++;
        }
      }
    }
  }
  t.ok(refused > 1000, `${refused} refused`);
});
