/** Partitions passed over by the kernel are those that the scanner finds by itself. */
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { ByteWriter, toHex } from '../../src/binary/index.js';
import { KernelInstance } from '../../src/codec/index.js';
import {
  formatVersion,
  PartitionScanner,
  type ScannerOptions,
  type SerializationHeader,
} from '../../src/components/index.js';
import { parseType } from '../../src/cql/index.js';
import { isSstashError } from '../../src/errors.js';
import { SSTable } from '../../src/sstable/index.js';
import { randomNumbers } from '../codec/seeded.js';

/** All that a scanner says of these pieces. */
function scanned(options: ScannerOptions, pieces: Iterable<Uint8Array>): string {
  const scanner = new PartitionScanner(options);
  const entries: string[] = [];
  const other: unknown[] = [];
  try {
    for (const piece of pieces) {
      scanner.push(piece);
      if (scanner.count === 0) continue;
      const batch = scanner.take();
      for (const [i, start] of batch.starts.entries()) {
        entries.push(toHex(batch.entries.subarray(start, batch.starts[i + 1])));
      }
      other.push(...batch.indexed.map(({ at, blocks }) => [at, blocks.offsets.join()]));
      const { firstEnd, lastRow, headerLength } = scanner;
      other.push([firstEnd, lastRow, headerLength]);
    }
    scanner.end();
  } catch (error) {
    if (!isSstashError(error)) throw error;
    other.push(error.code, error.uncompressedOffset);
  }
  return `${entries.join(' ')} ${JSON.stringify(other)}`;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = sizes[i % sizes.length] ?? bytes.length;
    yield bytes.slice(at, at + length);
    at += length;
  }
}

/** The pieces, one after the other, in the memory of a kernel; anything may lie behind them. */
function* inKernel(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const instance = KernelInstance.acquire();
  const { start } = instance;
  for (const piece of pieces) {
    instance.ensure(start + piece.length + 4096);
    instance.bytes.fill(1, start + piece.length, start + piece.length + 4096);
    const view = instance.bytes.subarray(start, start + piece.length);
    view.set(piece);
    yield view;
  }
  instance.release();
}

function sizesOf(next: () => number): number[] {
  return Array.from({ length: 5 }, () => 1 + (next() % (next() % 2 === 0 ? 300 : 20_000)));
}

t.test('of fixtures', async (t) => {
  const next = randomNumbers(8);
  let tables = 0;
  for (const { sstables } of fixtureTables(fixtureSets)) {
    const [first] = sstables;
    if (first === undefined) continue;
    const sstable = await SSTable.open(first.dataPath);
    const { header, version } = sstable;
    const bytes = await sstable.readData(0, Math.min(sstable.dataLength, 100_000));
    const options = { header, version, columnIndexSize: 500 };
    for (const sizes of [[bytes.length], sizesOf(next)]) {
      const found = scanned(options, inKernel(cut(bytes, sizes)));
      if (found !== scanned(options, cut(bytes, sizes))) t.fail(first.dataPath);
    }
    tables++;
    await sstable.close();
  }
  t.ok(tables > 10);
});

function headerOf(clusterings: readonly string[]): SerializationHeader {
  return {
    minTimestamp: 0n,
    minLocalDeletionTime: 0,
    minTTL: 0,
    keyType: parseType('BytesType'),
    keyTypeText: 'BytesType',
    clusteringTypes: clusterings.map((text) => parseType(text)),
    clusteringTypeTexts: [...clusterings],
    staticColumns: [],
    regularColumns: [],
  };
}

/** Partitions of which most have one plain row; clusterings of `clustering` bytes with their header. */
function partitions(next: () => number, count: number, clustering: number, short: boolean) {
  const w = new ByteWriter();
  const oneOf = (n: number): boolean => next() % n === 0;
  const row = (): void => {
    w.u8(0x24);
    if (clustering > 0) {
      w.u8(oneOf(100) ? 1 : 0);
      w.bytes(new Uint8Array(clustering - 1).fill(next()));
    }
    const size = oneOf(40) ? next() % 70_000 : next() % (oneOf(4) ? 300 : 60);
    w.uvint(size);
    w.bytes(new Uint8Array(size).fill(next()));
  };
  for (let i = 0; i < count; i++) {
    const length = oneOf(200) ? next() % 65_536 : next() % 12;
    w.shortBytes(new Uint8Array(length).fill(next()));
    if (short && !oneOf(50)) w.u8(0x80);
    else w.bytes(Uint8Array.of(0x7f, 255, 255, 255, 0x80, 0, 0, 0, 0, 0, 0, 0));
    for (let rows = oneOf(60) ? next() % 40 : 1; rows > 0; rows--) row();
    w.u8(1);
  }
  return w.toBytes();
}

t.test('of made partitions, whole, cut and damaged', async (t) => {
  const next = randomNumbers(9);
  const forms = [
    { clusterings: [], bytes: 0 },
    { clusterings: ['Int32Type', 'LongType'], bytes: 13 },
    { clusterings: ['UTF8Type'], bytes: 1 },
  ];
  for (const { clusterings, bytes: clustering } of forms) {
    for (const letters of ['nb', 'oa']) {
      const version = formatVersion('big', letters);
      const header = headerOf(clusterings);
      const bytes = partitions(next, 6000, clustering, version.hasUIntDeletionTime);
      for (const position of [0, 100, 2 ** 21 - 200_000, 2 ** 49 - 300_000, 2 ** 53 - 2 ** 25]) {
        const options = { header, version, columnIndexSize: 200, position };
        const sizes = sizesOf(next);
        const label = `${letters} ${clusterings.join()} from ${position}`;
        const alone = scanned(options, [bytes]);
        t.ok(scanned(options, inKernel([bytes])) === alone, label);
        const inPieces = scanned(options, cut(bytes, sizes));
        t.ok(scanned(options, inKernel(cut(bytes, sizes))) === inPieces, `${label}, in pieces`);
        const damaged = bytes.slice(0, 100_000);
        for (let i = 0; i < 3; i++) damaged[next() % damaged.length] = next();
        const found = scanned(options, inKernel(cut(damaged, sizes)));
        t.ok(found === scanned(options, cut(damaged, sizes)), `${label}, damaged`);
      }
    }
  }
});

t.test('batches in memory that was given for them, as far as it suffices', async (t) => {
  const version = formatVersion('big', 'oa');
  const options = { header: headerOf([]), version, columnIndexSize: 200 };
  const bytes = partitions(randomNumbers(11), 500, 0, true);
  const take = (room?: SharedArrayBuffer) => {
    const scanner = new PartitionScanner(options);
    scanner.push(bytes);
    return scanner.take(room);
  };
  const alone = take();
  const length = 4 * Math.ceil(alone.entries.length / 4) + 4 * alone.count;
  for (const room of [new SharedArrayBuffer(length), new SharedArrayBuffer(length + 77)]) {
    new Uint8Array(room).fill(9);
    const batch = take(room);
    t.same(batch, alone);
    t.ok(batch.entries.buffer === room && batch.starts.buffer === room);
  }
  const small = new SharedArrayBuffer(length - 1);
  const batch = take(small);
  t.same(batch, alone);
  t.ok(batch.entries.buffer !== small && batch.starts.buffer !== small);
});

t.test('of bytes of all kinds', async (t) => {
  const next = randomNumbers(10);
  const version = formatVersion('big', 'oa');
  const options = { header: headerOf([]), version, columnIndexSize: 200 };
  const start = partitions(next, 20, 0, true);
  for (let i = 0; i < 2000; i++) {
    const bytes = new Uint8Array(start.length + (next() % 200));
    bytes.set(start);
    for (let at = start.length; at < bytes.length; at++) bytes[at] = next() % (1 + (next() % 256));
    const found = scanned(options, inKernel([bytes]));
    if (found !== scanned(options, [bytes])) t.fail(toHex(bytes.subarray(start.length)));
  }
});
