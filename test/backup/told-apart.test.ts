/** Chunks out of which leaves are left: those that are in it are found again, one by one. */
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { LeafChunker } from '../../src/backup/leaf-chunks.js';
import { partOf } from '../../src/backup/match/leaf-part.js';
import { ToldApart } from '../../src/backup/match/told-apart.js';
import { leafEnds } from '../../src/canonical/index.js';
import { walkWith } from '../canonical/walker-output.js';
import { randomNumbers } from '../codec/seeded.js';
import { readStream } from '../helpers/stream.js';

const SETTINGS = { averageBytes: 1 << 16, maxBytes: 1 << 19 };

/** All leaves of an SSTable as one window. */
async function windowOf(dataPath: string) {
  const stream = await readStream(dataPath);
  const { bytes, leaves } = walkWith('kernel', stream, stream.bytes);
  const leafCount = leaves.length / 4;
  return {
    bytes,
    leafCount,
    leafEnds: Uint32Array.from({ length: leafCount }, (_, i) => leaves[4 * i] ?? 0),
    leafCuts: new Uint32Array(leafCount).fill(0xffffffff),
  };
}

type Window = Awaited<ReturnType<typeof windowOf>>;

/** Chunks of the leaves from `[from, to)` to `[from, to)`, in order. */
function chunksOf(window: Window, parts: readonly (readonly [number, number])[]) {
  const chunks: { raw: Uint8Array; leaves: number }[] = [];
  const chunker = new LeafChunker(SETTINGS, (raw, leaves) =>
    chunks.push({ raw: raw.slice(), leaves }),
  );
  const taker = new ToldApart(chunker);
  for (const [from, to] of parts) taker.add(partOf(window, from, to));
  taker.finish();
  return chunks;
}

/** Parts of some leaves, none of them next to another. */
function randomParts(random: () => number, count: number): [number, number][] {
  const parts: [number, number][] = [];
  for (let at = random() % 3; at < count; ) {
    const to = Math.min(count, at + 1 + (random() % (random() % 4 === 0 ? 9 : 2)));
    parts.push([at, to]);
    at = to + 1 + (random() % 3);
  }
  return parts;
}

t.test('leaves of every fixture, some of them left out', async (t) => {
  const random = randomNumbers(5);
  let chunked = 0;
  let withoutCuts = 0;
  for (const { sstables } of fixtureTables()) {
    for (const { dataPath } of sstables) {
      const window = await windowOf(dataPath);
      for (let round = 0; round < 8; round++) {
        const parts = randomParts(random, window.leafCount);
        const wanted = parts.flatMap(([from, to]) =>
          Array.from({ length: to - from }, (_, i) => partOf(window, from + i, from + i + 1)),
        );
        const chunks = chunksOf(window, parts);
        let leaf = 0;
        for (const { raw, leaves } of chunks) {
          const ends = leafEnds(raw, leaves);
          for (const [i, end] of ends.entries()) {
            const bytes = raw.subarray(i === 0 ? 0 : ends[i - 1], end);
            if (!Buffer.from(bytes).equals(wanted[leaf++]?.bytes ?? new Uint8Array(0))) {
              t.fail(`leaf ${leaf - 1} of ${dataPath}`);
            }
          }
        }
        t.equal(leaf, wanted.length);
        chunked += chunks.length;
        withoutCuts += isAmbiguous(wanted) ? 1 : 0;
      }
    }
  }
  t.ok(withoutCuts > 50, `${withoutCuts} could not be told apart in one chunk of ${chunked}`);
});

/** Whether the leaves would not be found again in one chunk. */
function isAmbiguous(leaves: readonly Window[]): boolean {
  const bytes = new Uint8Array(Buffer.concat(leaves.map((leaf) => leaf.bytes)));
  let end = 0;
  const ends = leaves.map((leaf) => {
    end += leaf.bytes.length;
    return end;
  });
  try {
    return String(leafEnds(bytes, leaves.length)) !== String(ends);
  } catch {
    return true;
  }
}

t.test('leaves that stand together are chunked as without it', async (t) => {
  for (const { sstables } of fixtureTables().slice(0, 30)) {
    for (const { dataPath } of sstables) {
      const window = await windowOf(dataPath);
      const middle = Math.floor(window.leafCount / 3);
      const parts: [number, number][] =
        middle === 0
          ? [[0, window.leafCount]]
          : [
              [0, middle],
              [middle, window.leafCount],
            ];
      const plain = window.leafCount === 0 ? 0 : Math.ceil(window.bytes.length / SETTINGS.maxBytes);
      t.ok(chunksOf(window, parts).length <= plain + 1);
    }
  }
});
