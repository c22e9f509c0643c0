/** Ranges that are stored as the blocks they were found as, and chunks that are read out of them. */
import {
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  daySnapshot,
  fixtureSets,
  fixturesRoot,
  fixtureTable,
  upgradePairs,
} from '../../fixtures/index.js';
import {
  decodeSlabHead,
  encodeSlabHead,
  LeafChunkReader,
  ownBytes,
  type SlabHead,
} from '../../src/backup/slabs/index.js';
import { crc32 } from '../../src/codec/index.js';
import type { PlacedObject, Repository } from '../../src/repository/index.js';
import { findTables, SSTable, type SSTableFiles } from '../../src/sstable/index.js';
import {
  copyTable,
  flip,
  listsOf,
  newRepository,
  openRepository,
  runBackup,
  runRestore,
  runVerify,
  sameFiles,
  tableFiles,
} from './harness.js';

/** Every range becomes a slab, however small. */
const slabs = { slabBytesMin: 1 };

/** Ids of the slabs and chunks that a backup's lists name. */
async function listedIn(repository: Repository, id: string) {
  const found: { slabs: Uint8Array[]; chunks: Uint8Array[] } = { slabs: [], chunks: [] };
  for await (const { slab, chunks } of listsOf(repository, id)) {
    if (slab !== null) found.slabs.push(slab);
    for (const chunk of chunks) found.chunks.push(chunk.id);
  }
  return found;
}

/** Restores a backup of the repository `<root>/repo` and compares. */
async function restored(t: Test, directory: string, id: string, wanted: string): Promise<void> {
  const out = join(directory, '..', `out-${id}`);
  rmSync(out, { recursive: true, force: true });
  await runRestore(await openRepository(directory), id, out, { layout: 'flat' });
  sameFiles(t, tableFiles(out), tableFiles(wanted), wanted);
}

for (const set of fixtureSets) {
  t.test(`${set}: slabs, and each chunk in them alone`, async (t) => {
    const root = t.testdir();
    const directory = join(root, 'repo');
    const source = join(fixturesRoot, set);
    const repository = await newRepository(directory, { chunkBytes: 4096 });
    const report = await runBackup(repository, [source], slabs);
    t.same(report.faults, []);
    const listed = await listedIn(repository, report.id);
    t.ok(listed.slabs.length > 10, `${listed.slabs.length} slabs`);
    const reader = new LeafChunkReader(repository.store, repository.keys.ids);
    const places = await repository.place(listed.chunks);
    t.ok(places.some(({ slab }) => slab !== undefined));
    // Backwards: no chunk finds a neighbour read already. Each is checked against its id.
    for (const place of places.toReversed()) {
      t.equal((await reader.read(place)).length, place.rawLength);
    }
    let all = 0;
    for await (const _ of reader.readAll(places)) all++;
    t.equal(all, places.length);
    t.ok((await runVerify(directory)).sound);
    const out = join(root, 'out');
    const again = await openRepository(directory);
    await runRestore(again, report.id, out);
    const wanted = tableFiles(source);
    wanted.delete('manifest.json');
    sameFiles(t, tableFiles(out), wanted, set);
    const second = await runBackup(again, [source], slabs);
    t.equal(second.bytes.stored, 0);
  });
}

t.test('a compacted table is put together from slabs, with and without a cache', async (t) => {
  for (const cached of [true, false]) {
    const root = t.testdir();
    const repository = await newRepository(join(root, 'repo'), { chunkBytes: 4096 });
    const day = (name: 'day1' | 'day2'): string => daySnapshot('products', name).directory;
    const cacheDirectory = cached ? join(root, 'cache') : null;
    const first = await runBackup(repository, [day('day1')], { ...slabs, cacheDirectory });
    t.ok((await listedIn(repository, first.id)).slabs.length > 0);
    const second = await runBackup(repository, [day('day2')], { ...slabs, cacheDirectory });
    t.same((await listedIn(repository, second.id)).slabs, [], 'what matches is no slab');
    t.ok(second.bytes.new < first.bytes.new / 2, `${second.bytes.new} of ${first.bytes.new}`);
    await restored(t, join(root, 'repo'), second.id, day('day2'));
    t.ok((await runVerify(join(root, 'repo'))).sound);
  }
});

t.test('rows that are stored under another name of the table are stored once', async (t) => {
  for (const { nb, oa } of upgradePairs()) {
    const root = t.testdir();
    const before = copyTable(nb.directory, join(root, 'a'), `${nb.table}-${'1'.repeat(32)}`);
    const after = copyTable(oa.directory, join(root, 'b'), `${nb.table}-${'2'.repeat(32)}`);
    const repository = await newRepository(join(root, 'repo'));
    const first = await runBackup(repository, [before], slabs);
    const second = await runBackup(repository, [after], { ...slabs, node: 'n2' });
    t.ok((await listedIn(repository, first.id)).slabs.length > 0);
    t.same((await listedIn(repository, second.id)).slabs, [], 'what is known is no slab');
    t.equal(second.leaves.new, 0, nb.table);
    await restored(t, join(root, 'repo'), second.id, after);
  }
});

/** The largest pack, and the places of the slabs of a backup in it. */
async function largestPack(directory: string, repository: Repository, ids: Uint8Array[]) {
  const places = await repository.place(ids);
  const file = ({ pack }: PlacedObject): string => join(directory, 'packs', pack.slice(0, 2), pack);
  places.sort((a, b) => statSync(file(b)).size - statSync(file(a)).size);
  const [first] = places as [PlacedObject];
  return { path: file(first), slab: first };
}

t.test('damage in a slab is found, and the next backup makes all backups whole', async (t) => {
  const { directory: source } = fixtureTable('cassandra-4.1', 'wide');
  const damages: [string, (path: string, slab: PlacedObject) => void][] = [
    ['a block', (path, { offset, length }) => flip(path, offset + length + 3000)],
    ['the first byte of its blocks', (path, { offset, length }) => flip(path, offset + length)],
    ['its head', (path, { offset }) => flip(path, offset + 40)],
    ['a pack cut short', (path, { offset, length }) => truncateSync(path, offset + length + 900)],
  ];
  for (const [what, damage] of damages) {
    const root = t.testdir();
    const directory = join(root, 'repo');
    const repository = await newRepository(directory);
    const first = await runBackup(repository, [source], slabs);
    const { path, slab } = await largestPack(
      directory,
      repository,
      (await listedIn(repository, first.id)).slabs,
    );
    damage(path, slab);
    const reader = new LeafChunkReader(repository.store, repository.keys.ids);
    const places = await repository.place((await listedIn(repository, first.id)).chunks);
    const lost: string[] = [];
    for (const place of places) {
      await reader.read(place).catch((error: { code: string }) => lost.push(error.code));
    }
    t.ok(lost.length > 0, what);
    t.same([...new Set(lost)], ['REPOSITORY_CORRUPT']);
    const broken = runRestore(await openRepository(directory), first.id, join(root, 'broken'));
    await t.rejects(broken, { code: 'REPOSITORY_CORRUPT' });
    const found = await runVerify(directory);
    t.notOk(found.sound, what);
    const mended = await runBackup(await openRepository(directory), [source], slabs);
    t.same(mended.faults, []);
    t.ok((await runVerify(directory)).sound, `${what}: mended`);
    await restored(t, directory, first.id, source);
    await restored(t, directory, mended.id, source);
  }
});

t.test('a pack that was cut short since the last backup, and nobody verified', async (t) => {
  const { directory: source } = fixtureTable('cassandra-4.1', 'wide');
  for (const node of ['n1', 'n2']) {
    const root = t.testdir();
    const directory = join(root, 'repo');
    const repository = await newRepository(directory, { chunkBytes: 4096 });
    const first = await runBackup(repository, [source], slabs);
    const listed = await listedIn(repository, first.id);
    const { path, slab } = await largestPack(directory, repository, listed.slabs);
    truncateSync(path, slab.offset + slab.length + 900);
    const options = { ...slabs, node };
    const second = await runBackup(await openRepository(directory), [source], options);
    await restored(t, directory, second.id, source);
    // Another node takes what is left as chunks; the node itself stores the slab again.
    if (node === 'n1') await restored(t, directory, first.id, source);
  }
});

t.test('the same rows in blocks of the same length but other bytes', async (t) => {
  const { directory: source } = fixtureTable('cassandra-4.1', 'compression_deflate');
  const root = t.testdir();
  const copy = copyTable(source, root, `other-${'2'.repeat(32)}`);
  const data = join(copy, readdirSync(copy).find((name) => name.endsWith('-Data.db')) ?? '');
  const bytes = readFileSync(data);
  // The level in the header of a zlib stream says nothing about its content.
  t.equal(bytes.readUInt16BE(0), 0x789c);
  bytes.writeUInt16BE(0x78da, 0);
  const opened = await SSTable.open((await findTables([copy]))[0]?.sstables[0] as SSTableFiles);
  const end = (opened.compression?.chunkOffsets[1] ?? bytes.length) - 4;
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end);
  writeFileSync(data, bytes);
  writeFileSync(data.replace('Data.db', 'Digest.crc32'), String(crc32(bytes)));
  const repository = await newRepository(join(root, 'repo'));
  await runBackup(repository, [source], slabs);
  const second = await runBackup(repository, [copy], { ...slabs, node: 'n2' });
  t.same(second.faults, []);
  await restored(t, join(root, 'repo'), second.id, copy);
});

t.test('the head of a slab', (t) => {
  const head: SlabHead = {
    format: 'big',
    version: 'nb',
    header: new Uint8Array([1, 2, 3]),
    liveComplexDeletionTime: -5,
    compression: {
      compressor: 'LZ4Compressor',
      options: new Map([['lz4_compressor_type', 'fast']]),
      blockLength: 100,
      maxCompressedLength: 2147483647,
    },
    lead: 30,
    nativeBytes: 250,
    lastBlockBytes: 95,
    blocks: [60, 70, 80],
    crc32: 0xdeadbeef,
    chunks: {
      count: 3,
      keys: new Uint8Array(24).map((_, i) => i),
      nativeBytes: [60, 100, 90],
      rawLengths: [50, 90, 80],
      previousSizes: [0, 17, 0],
    },
  };
  const bytes = encodeSlabHead(head);
  t.same(decodeSlabHead(bytes), head);
  t.same(ownBytes(head), [0, 60, 150], 'blocks count where they end');
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => decodeSlabHead(bytes.subarray(0, length)), { code: 'REPOSITORY_CORRUPT' });
  }
  const changed = (change: Partial<SlabHead>): Uint8Array => encodeSlabHead({ ...head, ...change });
  t.throws(() => decodeSlabHead(changed({ lead: 100 })), { code: 'REPOSITORY_CORRUPT' });
  t.throws(() => decodeSlabHead(changed({ nativeBytes: 240 })), { code: 'REPOSITORY_CORRUPT' });
  t.throws(() => decodeSlabHead(changed({ lastBlockBytes: 10 })), { code: 'REPOSITORY_CORRUPT' });
  const later = bytes.slice();
  later[0] = 2;
  t.throws(() => decodeSlabHead(later), { code: 'REPOSITORY_UNSUPPORTED' });
  t.end();
});

t.test('a repository copied without its indexes', async (t) => {
  const root = t.testdir();
  const { directory } = fixtureTable('cassandra-4.1', 'wide');
  const repository = await newRepository(join(root, 'repo'));
  const { id } = await runBackup(repository, [directory], slabs);
  const copy = join(root, 'copy');
  for (const name of readdirSync(join(root, 'repo'))) {
    if (name !== 'index') cpSync(join(root, 'repo', name), join(copy, name), { recursive: true });
  }
  await restored(t, copy, id, directory);
});
