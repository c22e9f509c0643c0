/** Where the caller cuts the stream into windows changes nothing. */
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { LIMITS } from '../../src/limits.js';
import { readStream } from '../helpers/stream.js';
import { fingerprint, WALKERS, type WalkerName, walkStream } from './walker-output.js';

const NAMES: readonly WalkerName[] = ['kernel', 'twin'];

/** The first `bytes` of a table's stream, whole partitions. */
async function firstPartitions(table: string, bytes: number) {
  const stream = await readStream(fixtureTable('cassandra-5.0', table).sstables[0]?.dataPath ?? '');
  const walker = new WALKERS.kernel(stream);
  const length = Math.min(bytes, stream.bytes.length);
  walker.window(length).set(stream.bytes.subarray(0, length));
  const step = walker.walk(length, false, 0);
  // Up to the start of the last partition that begins here, which may be cut.
  const lastHead = step.partitionLeaf[step.partitionCount - 1] ?? 0;
  const end = length === stream.bytes.length ? length : (step.leafStarts[lastHead] ?? 0);
  walker.close();
  return { options: stream, bytes: stream.bytes.slice(0, end) };
}

for (const table of ['statics', 'ranges', 'collections', 'deletes', 'columns_65']) {
  t.test(`${table}: windows of every size`, async (t) => {
    const { options, bytes } = await firstPartitions(table, 900);
    t.ok(bytes.length > 50, `${bytes.length} bytes`);
    for (const name of NAMES) {
      const whole = fingerprint(() => walkStream(new WALKERS[name](options), bytes));
      t.not(whole, 'damage');
      for (let size = 1; size <= bytes.length + 1; size++) {
        const cut = fingerprint(() => walkStream(new WALKERS[name](options), bytes, size));
        if (cut !== whole) t.fail(`${name}: windows of ${size} bytes`);
      }
    }
  });

  t.test(`${table}: a stream that ends anywhere else is truncated`, async (t) => {
    const { options, bytes } = await firstPartitions(table, 900);
    const ends = new Set<number>([0, bytes.length]);
    const walker = new WALKERS.kernel(options);
    walker.window(bytes.length).set(bytes);
    const step = walker.walk(bytes.length, true, 0);
    for (const leaf of step.partitionLeaf) ends.add(step.leafStarts[leaf] ?? 0);
    for (let length = 1; length < bytes.length; length++) {
      if (ends.has(length)) continue;
      for (const name of NAMES) {
        const cut = bytes.subarray(0, length);
        const says = fingerprint(() => walkStream(new WALKERS[name](options), cut));
        if (says !== 'damage') t.fail(`${name}: ${length} bytes are taken for whole`);
      }
    }
    t.ok(ends.size < bytes.length, `${bytes.length} bytes`);
  });
}

t.test('a window that ends after a first row waits for what follows', async (t) => {
  const { options, bytes } = await firstPartitions('key_text', 200);
  for (const name of NAMES) {
    const walker = new WALKERS[name](options);
    // All but the last end byte: whether that partition has one row or more is not known yet.
    const length = bytes.length - 1;
    walker.window(length).set(bytes.subarray(0, length));
    const step = walker.walk(length, false, 0);
    const partitions = step.partitionCount;
    t.ok(step.consumed < length, `${name} keeps the partition back`);
    t.equal(walker.pending, length - step.consumed);
    const { pending } = walker;
    walker.window(pending + 1)[pending] = 1;
    const rest = walker.walk(pending + 1, true, step.consumed);
    t.equal(rest.partitionCount, 1);
    t.equal(rest.leafCount, 1);
    const whole = walkStream(new WALKERS[name](options), bytes);
    t.equal(whole.partitions.length, partitions + 1);
    walker.close();
  }
});

t.test('a row far larger than the window and the output', async (t) => {
  const { options } = await firstPartitions('key_text', 200);
  const { header } = options;
  const [first] = header.regularColumns;
  if (first === undefined) throw new Error('the fixture has a regular column');
  // Key 61, live; one row of one cell whose value is fixed to 3 MB: previous size, write time and
  // cell flags stand before it.
  const length = 3_000_000;
  const column = { ...first, fixedLength: length, complex: false };
  const wide = { ...options, header: { ...header, clusteringTypes: [], regularColumns: [column] } };
  const head = [0, 1, 0x61, 0x80];
  const size = 3 + length;
  const row = [0x24, 0xe0 | (size >>> 24), (size >>> 16) & 255, (size >>> 8) & 255, size & 255];
  const start = [...head, ...row, 4, 0, 0x08];
  const stream = new Uint8Array(start.length + length + 1).fill(0x78);
  stream.set(start);
  stream[stream.length - 1] = 1;
  for (const name of NAMES) {
    const { rows, opaque, bytes } = walkStream(new WALKERS[name](wide), stream, 4096);
    t.same({ rows, opaque }, { rows: 1, opaque: 0 }, name);
    t.ok(bytes.length > length);
    // The same with a longer size than needed is opaque: kept, not refused.
    const long = [0xf0, 0, ...row.slice(2)];
    long[1] = size >>> 24;
    const loose = [...head, 0x24, ...long, 4, 0, 0x08];
    const again = new Uint8Array(loose.length + length + 1).fill(0x78);
    again.set(loose);
    again[again.length - 1] = 1;
    const kept = walkStream(new WALKERS[name](wide), again, 4096);
    t.same({ rows: kept.rows, opaque: kept.opaque }, { rows: 1, opaque: 1 }, name);
  }
});

t.test('a size above the limit is refused before anything is read', async (t) => {
  const { options } = await firstPartitions('key_text', 200);
  const header = { ...options.header, clusteringTypes: [] };
  const size = LIMITS.rowBytesMax + 1;
  const native = Uint8Array.from([
    ...[0, 1, 0x61, 0x80, 0x24, 0xf0],
    ...[size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255],
    4,
  ]);
  for (const name of NAMES) {
    t.throws(() => walkStream(new WALKERS[name]({ ...options, header }), native), {
      code: /LIMIT_EXCEEDED|SSTABLE_CORRUPT/,
      uncompressedOffset: Number,
    });
  }
});
