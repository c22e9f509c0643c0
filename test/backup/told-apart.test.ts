/** Whatever leaves of a table are left out, the chunks of the others are read leaf by leaf again. */
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { LeafChunker } from '../../src/backup/leaf-chunks.js';
import { partOf } from '../../src/backup/match/leaf-part.js';
import { ToldApart } from '../../src/backup/match/told-apart.js';
import { leafEnds } from '../../src/canonical/index.js';
import { walkWith } from '../canonical/walker-output.js';
import { randomNumbers } from '../codec/seeded.js';
import { readStream } from '../helpers/stream.js';

t.test('chunks of any leaves of every fixture', async (t) => {
  const random = randomNumbers(11);
  let chunks = 0;
  for (const { table, sstables } of fixtureTables()) {
    for (const { dataPath } of sstables) {
      const stream = await readStream(dataPath);
      const { bytes, leaves } = walkWith('kernel', stream, stream.bytes);
      const leafCount = Math.min(3000, leaves.length / 4);
      const column = (at: number): Uint32Array =>
        Uint32Array.from({ length: leafCount }, (_, i) => leaves[4 * i + at] ?? 0);
      const window = { bytes, leafCount, leafEnds: column(0), leafCuts: column(2) };
      for (const share of [2, 3, 10]) {
        const chunker = new LeafChunker({ averageBytes: 2048, maxBytes: 16384 }, (raw, count) => {
          chunks++;
          const ends = leafEnds(raw, count);
          if (ends.at(-1) !== raw.length) t.fail(`${table}: ${ends.at(-1)} of ${raw.length}`);
        });
        const taker = new ToldApart(chunker);
        for (let i = 0; i < leafCount; ) {
          const end = Math.min(leafCount, i + 1 + (random() % 3));
          if (random() % share === 0) taker.add(partOf(window, i, end));
          i = end;
        }
        chunker.finish();
      }
    }
  }
  t.ok(chunks > 1000, `${chunks} chunks`);
});
