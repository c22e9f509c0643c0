import { createHash } from 'node:crypto';
import t from 'tap';
import { byteChunks } from '../../src/backup/byte-chunks.js';
import {
  type ChunkList,
  decodeChunkList,
  encodeChunkList,
  segmentsOf,
  wholeChunks,
} from '../../src/backup/chunk-list.js';
import { decodeExceptions, encodeExceptions } from '../../src/backup/exceptions.js';
import { LeafChunker } from '../../src/backup/leaf-chunks.js';
import { randomNumbers } from '../codec/seeded.js';

function randomBytes(seed: number, length: number): Uint8Array {
  const next = randomNumbers(seed);
  return Uint8Array.from({ length }, () => next() >>> 24);
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

t.test('chunks of bytes', async (t) => {
  const average = 4096;
  const bytes = randomBytes(1, 1_000_000);
  const chunks = [...byteChunks(bytes, average)];
  t.same(Buffer.concat(chunks), Buffer.from(bytes), 'lose nothing');
  const sizes = chunks.slice(0, -1).map((chunk) => chunk.length);
  t.ok(Math.min(...sizes) > average / 4 && Math.max(...sizes) <= average * 4, 'keep their bounds');
  const mean = bytes.length / chunks.length;
  t.ok(mean > average / 2 && mean < average * 2, `are ${mean} bytes on average`);
  // One byte more at the front: nearly all chunks are the same again.
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const known = new Set(chunks.map(hash));
  const again = [...byteChunks(shifted, average)].filter((chunk) => !known.has(hash(chunk)));
  t.ok(again.length <= 3, `${again.length} chunks changed`);
  t.same([...byteChunks(new Uint8Array(0), average)], []);
  t.equal([...byteChunks(new Uint8Array(average), average)].length, 1);
  t.equal([...byteChunks(new Uint8Array(100_000), average)].length, 7, 'bytes without edges');
});

/** Leaves of random length with random cuts. */
function randomLeaves(seed: number, count: number, averageLength: number) {
  const next = randomNumbers(seed);
  const lengths = Array.from({ length: count }, () => 1 + (next() % (2 * averageLength)));
  const ends = new Uint32Array(count);
  let end = 0;
  for (const [i, length] of lengths.entries()) ends[i] = end += length;
  return {
    bytes: randomBytes(seed + 1, end),
    leafCount: count,
    leafEnds: ends,
    leafCuts: Uint32Array.from({ length: count }, () => next()),
  };
}

function cutLeaves(
  windows: readonly ReturnType<typeof randomLeaves>[],
  averageBytes: number,
): { raw: Uint8Array; leaves: number }[] {
  const chunks: { raw: Uint8Array; leaves: number }[] = [];
  const chunker = new LeafChunker({ averageBytes, maxBytes: averageBytes * 8 }, (raw, leaves) =>
    chunks.push({ raw: raw.slice(), leaves }),
  );
  for (const window of windows) chunker.add(window);
  chunker.finish();
  return chunks;
}

t.test('chunks of leaves', async (t) => {
  const windows = [randomLeaves(1, 3000, 100), randomLeaves(2, 1, 10), randomLeaves(3, 5000, 40)];
  const chunks = cutLeaves(windows, 4096);
  const all = Buffer.concat(windows.map(({ bytes }) => bytes));
  t.same(Buffer.concat(chunks.map(({ raw }) => raw)), all, 'lose nothing');
  t.equal(
    chunks.reduce((sum, { leaves }) => sum + leaves, 0),
    8001,
  );
  t.ok(chunks.every(({ raw }) => raw.length <= 4096 * 8));
  const mean = all.length / chunks.length;
  t.ok(mean > 2048 && mean < 8192, `are ${mean} bytes on average`);
});

t.test(
  'where chunks of leaves are cut does not depend on windows or on what came before',
  async (t) => {
    const leaves = randomLeaves(7, 4000, 100);
    const whole = cutLeaves([leaves], 4096);
    const part = (from: number, to: number): ReturnType<typeof randomLeaves> => {
      const start = from === 0 ? 0 : (leaves.leafEnds[from - 1] as number);
      return {
        bytes: leaves.bytes.slice(start, leaves.leafEnds[to - 1]),
        leafCount: to - from,
        leafEnds: leaves.leafEnds.slice(from, to).map((end) => end - start),
        leafCuts: leaves.leafCuts.slice(from, to),
      };
    };
    t.same(cutLeaves([part(0, 17), part(17, 1999), part(1999, 4000)], 4096), whole);
    const known = new Set(whole.map(({ raw }) => hash(raw)));
    const rest = cutLeaves([part(100, 4000)], 4096);
    t.ok(rest.filter(({ raw }) => !known.has(hash(raw))).length <= 1);
  },
);

t.test('a leaf larger than a chunk may be is a chunk of its own', async (t) => {
  const leaves = {
    bytes: randomBytes(1, 100_010),
    leafCount: 3,
    leafEnds: Uint32Array.of(5, 100_005, 100_010),
    leafCuts: Uint32Array.of(0xffffffff, 0xffffffff, 0xffffffff),
  };
  t.same(
    cutLeaves([leaves], 4096).map(({ raw }) => raw.length),
    [5, 100_000, 5],
  );
});

t.test('lists of chunks', async (t) => {
  const chunks = [1, 2, 3].map((i) => ({
    id: new Uint8Array(32).fill(i),
    rawLength: i * 70_000,
    leaves: i * 300,
  }));
  const list = wholeChunks(chunks);
  const bytes = encodeChunkList(list);
  t.same(decodeChunkList(bytes), list);
  t.same(decodeChunkList(encodeChunkList(wholeChunks([]))), wholeChunks([]));
  const inSlab = wholeChunks(chunks, new Uint8Array(32).fill(9));
  t.same(decodeChunkList(encodeChunkList(inSlab)), inSlab);
  t.same([...segmentsOf(list).leaves], [300, 600, 900]);
  t.throws(() => decodeChunkList(bytes.subarray(0, 50)), { code: 'REPOSITORY_CORRUPT' });
  const later = bytes.slice();
  later[0] = 3;
  t.throws(() => decodeChunkList(later), { code: 'REPOSITORY_UNSUPPORTED' });
});

/** Two streams of two chunks with ten leaves each. */
function twoStreams(extents: readonly (readonly [number, number, number])[]): ChunkList {
  const chunks = [1, 2, 3, 4].map((i) => ({
    id: new Uint8Array(32).fill(i),
    rawLength: 1000,
    leaves: 10,
  }));
  return {
    chunks,
    streams: [2, 2],
    slab: null,
    extents: {
      streams: Uint32Array.from(extents, ([stream]) => stream),
      skips: Int32Array.from(extents, ([, skip]) => skip),
      counts: Uint32Array.from(extents, ([, , count]) => count),
    },
  };
}

function segmentTexts(list: ChunkList): string[] {
  const { count, chunk, first, leaves } = segmentsOf(list);
  return Array.from({ length: count }, (_, i) => `${chunk[i]}:${first[i]}+${leaves[i]}`);
}

t.test('extents of a list', async (t) => {
  const list = twoStreams([
    [0, 2, 3],
    [1, 8, 5],
    [0, 0, 9],
    [1, -13, 2],
    [0, 5, 1],
  ]);
  t.same(decodeChunkList(encodeChunkList(list)), list);
  t.same(segmentTexts(list), ['0:2+3', '2:8+2', '3:0+3', '0:5+5', '1:0+4', '2:0+2', '1:9+1']);
  const wrong: [number, number, number][] = [
    [2, 0, 1],
    [0, -1, 1],
    [0, 0, 21],
    [1, 20, 1],
  ];
  for (const extent of wrong) {
    t.throws(() => segmentsOf(twoStreams([extent])), { code: 'REPOSITORY_CORRUPT' }, `${extent}`);
  }
  const bytes = encodeChunkList(list);
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    t.throws(() => decodeChunkList(cut), { code: 'REPOSITORY_CORRUPT' }, `cut at ${length}`);
  }
});

t.test('exceptional blocks', async (t) => {
  const exceptions = [
    { block: 3, payload: randomBytes(1, 10) },
    { block: 300, payload: new Uint8Array(0) },
  ];
  const decoded = decodeExceptions(encodeExceptions(exceptions));
  t.same([...decoded.keys()], [3, 300]);
  t.same([...(decoded.get(3) ?? [])], [...(exceptions[0]?.payload ?? [])]);
  t.throws(() => decodeExceptions(Uint8Array.of(1, 200)), { code: 'REPOSITORY_CORRUPT' });
});
