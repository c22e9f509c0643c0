/** Leaves found again in canonical bytes: kernel and twin agree with the walker that made them. */
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { leafDigests, leafEnds, MATCH_DIGEST_BYTES } from '../../src/canonical/index.js';
import {
  leafDigestsTypescript,
  leafEndsTypescript,
} from '../../src/canonical/leaf-scan-typescript.js';
import { randomNumbers } from '../codec/seeded.js';
import { readStream } from '../helpers/stream.js';
import { walkWith } from './walker-output.js';

const secret = new Uint8Array(192).map((_, i) => (i * 37 + 11) & 0xff);

async function leavesOfFixtures(): Promise<{ bytes: Uint8Array; ends: Uint32Array }[]> {
  const found: { bytes: Uint8Array; ends: Uint32Array }[] = [];
  for (const { sstables } of fixtureTables()) {
    for (const { dataPath } of sstables) {
      const stream = await readStream(dataPath);
      const { bytes, leaves } = walkWith('kernel', stream, stream.bytes);
      const ends = Uint32Array.from({ length: leaves.length / 4 }, (_, i) => leaves[4 * i] ?? 0);
      found.push({ bytes, ends });
    }
  }
  return found;
}

t.test('the leaves of every fixture, whole and cut anywhere', async (t) => {
  let cuts = 0;
  for (const { bytes, ends } of await leavesOfFixtures()) {
    t.same(leafEnds(bytes, ends.length), ends);
    // A chunk may begin and end between any two leaves.
    for (let from = 0; from < ends.length; from += 1 + (ends.length >> 5)) {
      for (const count of [1, 2, 3, 40]) {
        const start = from === 0 ? 0 : (ends[from - 1] ?? 0);
        const wanted = ends.slice(from, from + count).map((end) => end - start);
        const part = bytes.subarray(start, start + (wanted.at(-1) ?? 0));
        const twin = leafEndsTypescript(part, wanted.length);
        const same =
          String(leafEnds(part, wanted.length)) === String(wanted) &&
          String(twin) === String(wanted);
        if (!same) t.fail(`${count} leaves from ${from}`);
        cuts++;
      }
    }
  }
  t.ok(cuts > 5_000, `${cuts} cuts`);
});

function digestsOf(bytes: Uint8Array, ends: Uint32Array, key: Uint8Array): Uint8Array {
  return leafDigests(bytes, ends, key, new Uint8Array(ends.length * MATCH_DIGEST_BYTES));
}

t.test('digests of kernel and twin', async (t) => {
  for (const { bytes, ends } of (await leavesOfFixtures()).slice(0, 40)) {
    const some = ends.subarray(0, 200);
    const part = bytes.subarray(0, some.at(-1) ?? 0);
    const digests = digestsOf(part, some, secret);
    t.equal(digests.length, some.length * MATCH_DIGEST_BYTES);
    t.same(digests, leafDigestsTypescript(part, some, secret));
    if (some.length === 0) continue;
    const other = secret.map((byte) => byte ^ 1);
    t.notSame(digestsOf(part, some, other), digests, 'they depend on the key');
  }
});

t.test('a wrong number of leaves, and bytes that are none', async (t) => {
  const random = randomNumbers(7);
  for (const { bytes, ends } of (await leavesOfFixtures()).slice(0, 60)) {
    if (ends.length < 4) continue;
    t.throws(() => leafEnds(bytes, ends.length + 2), { code: 'REPOSITORY_CORRUPT' });
    t.throws(() => leafEnds(bytes, ends.length - 2), { code: 'REPOSITORY_CORRUPT' });
    for (let i = 0; i < 50; i++) {
      const broken = bytes.slice(0, 4096);
      broken[random() % broken.length] = random() & 0xff;
      const count = Math.min(ends.length, 10);
      const twin = leafEndsTypescript(broken, count);
      let kernel: Uint32Array | null = null;
      try {
        kernel = leafEnds(broken, count);
      } catch {}
      if (String(kernel) !== String(twin)) t.fail(`kernel ${kernel}, twin ${twin}`);
    }
  }
});
