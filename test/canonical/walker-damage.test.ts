/** Hostile bytes: both walkers refuse them or say the same of them, and never crash or hang. */
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { randomNumbers } from '../codec/seeded.js';
import { readStream } from '../helpers/stream.js';
import { fingerprint, walkWith } from './walker-output.js';

const STREAM_BYTES_MAX = 12_000;
const EXTREMES = [0x00, 0x7f, 0x80, 0xff];

/** Whole streams of small tables, both formats. */
async function smallStreams() {
  const paths = fixtureTables().flatMap((table) => table.sstables.map(({ dataPath }) => dataPath));
  const streams = await Promise.all(paths.map((path) => readStream(path)));
  return streams.filter(({ bytes }) => bytes.length > 0 && bytes.length < STREAM_BYTES_MAX);
}

t.test('a few wrong bits or bytes anywhere', async (t) => {
  const next = randomNumbers(20261121);
  const streams = await smallStreams();
  const counts = { damage: 0, opaque: 0, other: 0 };
  const deadline = Date.now() + 15_000;
  for (let round = 0; round < 6000 && Date.now() < deadline; round++) {
    const stream = streams[next() % streams.length];
    if (stream === undefined) continue;
    const bytes = stream.bytes.slice();
    const places: string[] = [];
    for (let i = next() % 3; i >= 0; i--) {
      const at = next() % bytes.length;
      const extreme = EXTREMES[next() & 3] ?? 0;
      bytes[at] = next() & 1 ? (bytes[at] ?? 0) ^ (1 << (next() & 7)) : extreme;
      places.push(`${at}=${bytes[at]}`);
    }
    const capacity = next() & 1 ? 1 << 16 : 64 + (next() % 3000);
    const kernel = fingerprint(() => walkWith('kernel', stream, bytes, capacity));
    const twin = fingerprint(() => walkWith('twin', stream, bytes, capacity));
    if (kernel !== twin) t.fail(`round ${round}, ${places.join()}: ${kernel} / ${twin}`);
    if (kernel === 'damage') counts.damage++;
    else if (kernel.includes('"opaque":0')) counts.other++;
    else counts.opaque++;
  }
  t.ok(counts.damage > 200 && counts.opaque > 10 && counts.other > 200, JSON.stringify(counts));
});

t.test('bytes that are no rows at all', async (t) => {
  const next = randomNumbers(7);
  const streams = await smallStreams();
  let refused = 0;
  for (let round = 0; round < 1000; round++) {
    const stream = streams[round % streams.length];
    if (stream === undefined) continue;
    const bytes = Uint8Array.from({ length: 1 + (next() % 300) }, () =>
      next() % 3 === 0 ? next() & 7 : next() & 255,
    );
    const kernel = fingerprint(() => walkWith('kernel', stream, bytes, 512));
    const twin = fingerprint(() => walkWith('twin', stream, bytes, 512));
    if (kernel !== twin) t.fail(`round ${round}: ${kernel} / ${twin}`);
    if (kernel === 'damage') refused++;
  }
  t.ok(refused > 900, `${refused} of 1000 refused`);
});
