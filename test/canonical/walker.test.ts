/** The leaf walker over real tables: kernel and twin say the same, and what the form demands. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import {
  type FixtureTable,
  fixtureTable,
  fixtureTables,
  upgradePairs,
} from '../../fixtures/index.js';
import { ByteReader, ByteWriter, toHex } from '../../src/binary/index.js';
import { LeafWalker } from '../../src/canonical/index.js';
import { xxh3_128 } from '../../src/codec/index.js';
import { RowReader } from '../../src/components/index.js';
import { readStream, type Stream } from '../helpers/stream.js';
import { fingerprint, type WalkerOutput, walkStream, walkWith } from './walker-output.js';

const golden = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');

function streams(): Promise<(Stream & { readonly path: string })[]> {
  const paths = fixtureTables().flatMap((table) => table.sstables.map(({ dataPath }) => dataPath));
  return Promise.all(paths.map(async (path) => ({ path, ...(await readStream(path)) })));
}

t.test('kernel and twin say the same of every fixture; nothing is opaque', async (t) => {
  let leaves = 0;
  for (const stream of await streams()) {
    const kernel = walkWith('kernel', stream, stream.bytes);
    const kernelSays = fingerprint(() => kernel);
    const twinSays = fingerprint(() => walkWith('twin', stream, stream.bytes));
    if (kernelSays !== twinSays) t.fail(`${stream.path}: ${kernelSays} / ${twinSays}`);
    if (kernel.opaque > 0) t.fail(`${stream.path}: ${kernel.opaque} opaque leaves`);
    leaves += kernel.leaves.length / 4;
  }
  t.ok(leaves > 10_000, `${leaves} leaves`);
});

t.test('leaves alone: the same without what is left out', async (t) => {
  let count = 0;
  for (const stream of await streams()) {
    const all = walkWith('kernel', stream, stream.bytes);
    // Neither cuts nor notes.
    const leaves = all.leaves.map((value, i) => [value, value, 0, value & 1][i % 4] ?? 0);
    count += all.leaves.length / 4;
    const places = (output: WalkerOutput): [number, bigint][] =>
      output.partitions.map(() => [0, 0n]);
    const digests = new Uint8Array(0);
    const expected = fingerprint(() => ({ ...all, digests, leaves, partitions: places(all) }));
    for (const name of ['kernel', 'twin'] as const) {
      const bare = walkWith(name, { ...stream, leavesOnly: true }, stream.bytes);
      const found = fingerprint(() => ({ ...bare, partitions: places(bare) }));
      if (found !== expected) t.fail(`${stream.path}, ${name}`);
    }
  }
  t.ok(count > 10_000, `${count} leaves`);
});

t.test('counts are those of the rows', async (t) => {
  for (const stream of await streams()) {
    const reader = new ByteReader(stream.bytes);
    const rows = new RowReader(stream.header, stream.version);
    const expected = { partitions: 0, rows: 0, markers: 0 };
    while (reader.remaining > 0) {
      rows.readHead(reader);
      expected.partitions++;
      for (let item = rows.readNext(reader); item.type !== 'end'; item = rows.readNext(reader)) {
        if (item.type === 'row') expected.rows++;
        else expected.markers++;
      }
    }
    const { partitions, rows: found, markers } = walkWith('kernel', stream, stream.bytes);
    t.same({ partitions: partitions.length, rows: found, markers }, expected, stream.path);
  }
});

/** Leaves as [canonical bytes, place prefix and bytes hashed by hand, digest]. */
function* leavesOf(output: WalkerOutput): Generator<{ bytes: Uint8Array; digest: string }> {
  let start = 0;
  for (let i = 0; i < output.leaves.length / 4; i++) {
    const end = output.leaves[4 * i] ?? 0;
    const digest = toHex(output.digests.subarray(16 * i, 16 * i + 16));
    yield { bytes: output.bytes.subarray(start, end), digest };
    start = end;
  }
}

t.test('leaves: a one-row partition whole, of larger ones head and each row', async (t) => {
  const one = await readStream(
    fixtureTable('cassandra-5.0', 'key_text').sstables[0]?.dataPath ?? '',
  );
  const single = walkWith('kernel', one, one.bytes);
  t.equal(single.leaves.length / 4, single.partitions.length);
  t.equal(single.rows, single.partitions.length, 'each with its row');
  const many = await readStream(fixtureTable('cassandra-5.0', 'wide').sstables[0]?.dataPath ?? '');
  const wide = walkWith('kernel', many, many.bytes);
  t.ok(wide.rows > wide.partitions.length);
  const tags = [...leavesOf(wide)].map(({ bytes }) => bytes[0]);
  t.equal(tags.filter((tag) => tag === 1).length, wide.partitions.length);
});

t.test('a secret changes the digests and nothing else', async (t) => {
  const stream = await readStream(
    fixtureTable('cassandra-5.0', 'collections').sstables[0]?.dataPath ?? '',
  );
  const plain = walkWith('kernel', stream, stream.bytes);
  const digestSecret = Uint8Array.from({ length: 192 }, (_, i) => (i * 89) & 255);
  const keyed = walkWith('kernel', { ...stream, digestSecret }, stream.bytes);
  const keyedTwin = walkWith('twin', { ...stream, digestSecret }, stream.bytes);
  t.same({ ...keyed, digests: null }, { ...plain, digests: null });
  t.not(toHex(keyed.digests), toHex(plain.digests));
  t.equal(toHex(keyed.digests), toHex(keyedTwin.digests));
});

t.test('the digest is XXH3 of place prefix and leaf', async (t) => {
  // One partition, key 61, live; one row without clustering, liveness at the header's base.
  const table = fixtureTable('cassandra-5.0', 'key_text');
  const stream = await readStream(table.sstables[0]?.dataPath ?? '');
  const header = { ...stream.header, clusteringTypes: [], regularColumns: [], staticColumns: [] };
  const native = Uint8Array.from([0, 1, 0x61, 0x80, 0x24, 2, 4, 0, 1]);
  const output = walkWith('kernel', { ...stream, header }, native);
  const time = new ByteWriter();
  time.svintBig(header.minTimestamp - 1442880000000000n);
  const leaf = `01016100020001${toHex(time.view())}00`;
  t.equal(toHex(output.bytes), leaf);
  // Murmur3 of 61, h1 and h2.
  const prefix = '85555565f6597889e6b53a48510e895a';
  const digest = xxh3_128(Buffer.from(prefix + leaf, 'hex'));
  t.equal(toHex(output.digests), toHex(digest));
  t.equal(output.leaves[2], 0x510e895a, 'its cut is the low half of h2');
  t.equal(output.partitions[0]?.[1], BigInt.asIntN(64, 0x85555565f6597889n));
});

/** Digests of every leaf of a table, in order. */
async function tableDigests(table: FixtureTable): Promise<string[]> {
  const digests: string[] = [];
  for (const { dataPath } of table.sstables) {
    const stream = await readStream(dataPath);
    const output = walkWith('kernel', stream, stream.bytes);
    for (const { digest } of leavesOf(output)) digests.push(digest);
  }
  return digests.sort();
}

t.test('nb and oa files of the same rows give the same leaves', async (t) => {
  for (const { nb, oa } of upgradePairs()) {
    const before = await tableDigests(nb);
    t.ok(before.length > 0);
    t.same(await tableDigests(oa), before, nb.table);
  }
});

t.test('a closed walker refuses to work, and its memory serves the next one', async (t) => {
  const stream = await readStream(
    fixtureTable('cassandra-4.1', 'scalars').sstables[0]?.dataPath ?? '',
  );
  const first = new LeafWalker(stream);
  const output = walkStream(first, stream.bytes);
  first.close();
  t.throws(() => first.window(100), TypeError);
  t.same(walkStream(new LeafWalker(stream), stream.bytes), output);
});

const goldenOptions = existsSync(golden)
  ? { timeout: 60_000 }
  : { skip: 'no corpus beside the project' };

t.test(
  'golden nb and oa tables: kernel and twin agree, nothing is opaque',
  goldenOptions,
  async (t) => {
    let leaves = 0;
    for (const folder of readdirSync(golden).filter((name) => /-(nb|oa)/.test(name))) {
      for (const name of readdirSync(join(golden, folder), { recursive: true })) {
        const path = join(golden, folder, String(name));
        if (!path.endsWith('-Data.db')) continue;
        const stream = await readStream(path);
        const kernel = walkWith('kernel', stream, stream.bytes, 1 << 16);
        if (kernel.opaque > 0) t.fail(`${path}: ${kernel.opaque} opaque leaves`);
        leaves += kernel.leaves.length / 4;
        if (stream.bytes.length > 100_000) continue;
        const twin = fingerprint(() => walkWith('twin', stream, stream.bytes));
        if (twin !== fingerprint(() => kernel)) t.fail(`${path}: the twin differs`);
      }
    }
    t.ok(leaves > 50_000, `${leaves} leaves`);
  },
);
