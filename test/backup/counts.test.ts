/** What backups count: every byte and leaf once, dry runs as real ones. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { daySnapshot, fixtureTable } from '../../fixtures/index.js';
import { apportion, noCounts, noOrigins, sumOf } from '../../src/backup/counts.js';
import { DigestSet } from '../../src/backup/digest-set.js';
import { type BackupReport, keptReport } from '../../src/backup/index.js';
import { readRoot, readSSTables, readTable } from '../../src/backup/parent.js';
import { readRecipe } from '../../src/backup/read-data.js';
import { crc32 } from '../../src/codec/index.js';
import type { Executor } from '../../src/parallel/index.js';
import { type Repository, readPackIndex } from '../../src/repository/index.js';
import { DiscardStore } from '../../src/store/index.js';
import { copyTable, executor, newRepository, openRepository, runBackup } from './harness.js';

const TABLES = ['customers', 'orders', 'products'] as const;

const dayFolders = (day: 'day1' | 'day2'): string[] =>
  TABLES.map((table) => daySnapshot(table, day).directory);

/** SHA-256 of every file below a folder, by its name. */
function hashes(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(
    names
      .filter((name) => statSync(join(root, name)).isFile())
      .map((name) => {
        const hash = createHash('sha256').update(readFileSync(join(root, name)));
        return [name, hash.digest('hex')];
      }),
  );
}

/** Leaves, canonical bytes and bytes of files in a backup, as its records say. */
async function recorded(repository: Repository, id: string) {
  const sums = { leaves: 0, leafBytes: 0, files: 0, opaqueLeaves: 0, plain: 0 };
  const { tables } = await readRoot(repository, await repository.findManifest(id));
  for (const { record: tableId } of tables) {
    const record = await readTable(repository, tableId);
    for (const { bytes } of record.files) sums.files += bytes;
    for (const { recipe, components } of await readSSTables(repository, record)) {
      for (const { bytes } of components) sums.files += bytes;
      if (recipe === null) continue;
      const { data } = await readRecipe(repository, recipe);
      if (data.form === 'bytes') {
        sums.plain += data.stream.bytes;
        continue;
      }
      sums.leaves += data.leaves;
      sums.leafBytes += data.canonicalBytes;
      sums.opaqueLeaves += data.opaqueLeaves;
    }
  }
  return sums;
}

type Counted = Pick<BackupReport, 'bytes' | 'reused' | 'leaves' | 'leafBytes'>;

/** Every sum that must hold in a report. */
async function addsUp(t: Test, repository: Repository, report: BackupReport): Promise<void> {
  const each = (value: (counted: Counted) => number): number =>
    report.tables.reduce((sum, table) => sum + value(table), 0);
  for (const counted of [report, ...report.tables]) {
    t.equal(sumOf(counted.reused), counted.bytes.reused, 'what was reused');
    t.equal(sumOf({ ...counted.stored }), counted.bytes.stored, 'what was stored');
  }
  const { bytes, leaves, leafBytes } = report;
  for (const name of ['read', 'new', 'reused', 'derived', 'wholeFile'] as const) {
    t.equal(
      each((table) => table.bytes[name]),
      bytes[name],
      `${name} of all tables`,
    );
  }
  t.equal(
    each((table) => sumOf(table.leaves)),
    sumOf(leaves),
  );
  const known = await recorded(repository, report.id);
  t.equal(bytes.new + bytes.reused + bytes.derived, known.files, 'all bytes');
  t.equal(sumOf(leaves), known.leaves, 'all leaves');
  t.equal(sumOf(leafBytes), known.leafBytes, 'all bytes of leaves');
  t.equal(report.opaqueLeaves, known.opaqueLeaves);
  t.equal(report.plainBytes, known.plain);
  const { tables, stored, reused } = report;
  const kept = keptReport(await repository.findManifest(report.id));
  t.match(kept, { bytes, tables, stored, reused, leaves, leafBytes }, 'kept with the backup');
}

/** A dry run that changes nothing, and the real one, which must count the same. */
async function dryAndReal(
  t: Test,
  root: string,
  paths: readonly string[],
  options: Parameters<typeof runBackup>[2] = {},
): Promise<BackupReport> {
  const location = join(root, 'repo');
  const before = hashes(location);
  const opened = await openRepository(location);
  const through = opened.through(new DiscardStore(opened.store));
  const dry = await runBackup(through, paths, { ...options, dryRun: true });
  t.same(hashes(location), before, 'a dry run leaves every byte as it was');
  const real = await runBackup(await openRepository(location), paths, options);
  const { id, created } = real;
  // The names of packs are random, and so the compressed lists of them differ by a byte or two.
  const luck = real.stored.packs - dry.stored.packs;
  t.ok(Math.abs(luck) <= 16, `packs differ by ${luck} bytes`);
  const stored = { ...dry.stored, packs: real.stored.packs };
  const bytes = { ...dry.bytes, stored: dry.bytes.stored + luck };
  const same = { ...dry, id, created, dryRun: false, stored, bytes };
  t.same(same, real, 'a dry run counts as the real one');
  let written = 0;
  for (const name of hashes(location).keys()) {
    if (before.has(name) || name.startsWith('manifests')) continue;
    written += statSync(join(location, name)).size;
  }
  t.equal(real.bytes.stored, written, 'bytes of the files that are new');
  await addsUp(t, await openRepository(location), real);
  return real;
}

t.test('days of a node and of its replica', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  const first = await dryAndReal(t, root, dayFolders('day1'));
  t.equal(first.bytes.reused, first.reused.chunks, 'nothing was there');
  t.same(first.leaves, { ...noOrigins(), new: sumOf(first.leaves) });

  const second = await dryAndReal(t, root, dayFolders('day2'));
  t.ok(second.leaves.new > 0, 'rows that are new');
  t.ok(second.leaves.compaction > 0, 'rows out of SSTables that are gone');
  t.equal(second.leaves.replica + second.leaves.olderReplica, 0);
  const [products] = second.tables.filter(({ table }) => table === 'products');
  t.equal(products?.leaves.new, 0, 'a compaction has no new rows');
  t.ok((products?.bytes.stored ?? 0) < (products?.bytes.wholeFile ?? 0));

  const replica = await dryAndReal(t, root, dayFolders('day2'), { node: 'n2' });
  t.equal(replica.leaves.new, 0);
  t.ok(replica.leaves.replica > 0, 'rows that another node has');
  t.equal(replica.reused.compaction + replica.reused.unchanged, 0);
  t.equal(replica.bytes.wholeFile, 0, 'the very same files');

  const again = await dryAndReal(t, root, dayFolders('day2'));
  t.same(again.leaves, { ...noOrigins(), unchanged: sumOf(again.leaves) });
  t.equal(again.bytes.reused, again.reused.unchanged);
  t.equal(again.bytes.stored, 0);

  const back = await dryAndReal(t, root, dayFolders('day1'), { node: 'n2' });
  t.ok(back.leaves.olderReplica + back.leaves.compaction > 0);
  t.equal(back.leaves.new, 0);
});

t.test('a dry run uses the digests that are kept, and keeps none', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  const cacheDirectory = join(root, 'cache');
  mkdirSync(cacheDirectory);
  await dryAndReal(t, root, dayFolders('day1'), { cacheDirectory });
  const kept = hashes(cacheDirectory);
  t.ok(kept.size > 0);
  const opened = await openRepository(join(root, 'repo'));
  const repository = opened.through(new DiscardStore(opened.store));
  await runBackup(repository, dayFolders('day2'), { cacheDirectory, dryRun: true });
  t.same(hashes(cacheDirectory), kept);
});

/** Answers come in another order than they were asked for. */
function unordered(): Executor {
  let asked = 0;
  return {
    ...executor,
    concurrency: 4,
    async run<R>(...argument: Parameters<Executor['run']>): Promise<R> {
      const wait = [30, 0, 15, 5, 20][asked++ % 5] ?? 0;
      await new Promise((resolve) => setTimeout(resolve, wait));
      return executor.run<R>(...argument);
    },
  };
}

/** Ids of the objects in each pack, in file order. */
async function packed(repository: Repository): Promise<string[]> {
  const packs: string[] = [];
  for (const { key, bytes } of await repository.store.list('packs')) {
    const entries = await readPackIndex(repository.store, key.split('/').at(-1) ?? '', bytes);
    packs.push(entries.map(({ id }) => Buffer.from(id).toString('hex')).join());
  }
  return packs.sort();
}

t.test('SSTables are written in their order, whichever is ready first', async (t) => {
  const table = fixtureTable('cassandra-4.1', 'generations');
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  cpSync(join(root, 'repo'), join(root, 'other'), { recursive: true });
  const [one, other] = await Promise.all(
    ['repo', 'other'].map((name) => openRepository(join(root, name))),
  );
  if (one === undefined || other === undefined) throw new Error('two repositories');
  const ordered = await runBackup(one, [table.directory]);
  const mixed = await runBackup(other, [table.directory], { executor: unordered() });
  t.same({ ...mixed, id: '', created: '' }, { ...ordered, id: '', created: '' });
  t.same(await packed(other), await packed(one), 'the same packs');
});

t.test('one SSTable of several is gone', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  const directory = copyTable(fixtureTable('cassandra-4.1', 'generations').directory, root, 'gens');
  await dryAndReal(t, root, [directory]);
  for (const name of readdirSync(directory)) {
    if (name.startsWith('nb-1-')) rmSync(join(directory, name));
  }
  const report = await dryAndReal(t, root, [directory]);
  t.match(report.tables, [{ sstables: 3, sstablesReused: 3 }]);
  t.same(report.leaves, { ...noOrigins(), unchanged: sumOf(report.leaves) });
  t.equal(report.bytes.wholeFile, 0);
});

t.test('the same files twice, and touched ones', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  const { directory } = fixtureTable('cassandra-5.0', 'wide');
  const first = copyTable(directory, root, 'a');
  const report = await dryAndReal(t, root, [first]);
  const files = readdirSync(first).map((name) => statSync(join(first, name)).size);
  t.equal(
    report.bytes.wholeFile,
    files.reduce((sum, size) => sum + size, 0),
    'a store of whole files gets all of the first',
  );
  const touched = await dryAndReal(t, root, [first], { node: 'n2' });
  t.equal(touched.bytes.wholeFile, 0, 'contents count, not names and times');
  t.equal(touched.bytes.new, 0);
});

t.test('damage: Data.db as plain bytes', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  const directory = copyTable(fixtureTable('cassandra-4.1', 'wide').directory, root, 'damaged');
  const [name = ''] = readdirSync(directory).filter((each) => each.endsWith('-Data.db'));
  const bytes = readFileSync(join(directory, name));
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(join(directory, name), bytes);
  const report = await dryAndReal(t, root, [directory]);
  t.equal(report.plainSSTables, 1);
  t.equal(report.plainBytes, bytes.length);
  t.equal(sumOf(report.leaves), 0);
  t.ok(report.stored.data > 0);
});

t.test('records as native bytes', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'));
  const { directory: from } = fixtureTable('cassandra-4.1', 'compression_none');
  const directory = copyTable(from, root, 'opaque');
  const path = (component: string): string => {
    const found = readdirSync(directory).find((name) => name.endsWith(component)) ?? '';
    return join(directory, found);
  };
  const data = readFileSync(path('-Data.db'));
  data[OPAQUE_AT] = (data[OPAQUE_AT] ?? 0) ^ OPAQUE_FLIP;
  writeFileSync(path('-Data.db'), data);
  writeFileSync(path('-Digest.crc32'), String(crc32(data)));
  const crc = readFileSync(path('-CRC.db'));
  new DataView(crc.buffer, crc.byteOffset).setUint32(4, crc32(data.subarray(0, 65536)));
  writeFileSync(path('-CRC.db'), crc);
  const report = await dryAndReal(t, root, [directory]);
  t.same(report.faults, []);
  t.equal(report.opaqueLeaves, 1);
  t.ok(report.opaqueBytes > 0 && report.opaqueBytes < sumOf(report.leafBytes));
  const again = await dryAndReal(t, root, [directory]);
  t.equal(again.opaqueBytes, report.opaqueBytes, 'also where it is taken over');
});

/** In Data.db of `compression_none`: a size that readers pass over. */
const OPAQUE_AT = 26;
const OPAQUE_FLIP = 1;

t.test('shares are exact', (t) => {
  const weights = { ...noOrigins(), new: 1, compaction: 1, chunks: 1 };
  for (const total of [0, 1, 2, 100, 2 ** 45 + 1]) {
    const parts = apportion(total, weights);
    t.equal(sumOf(parts), total);
    t.ok(Math.abs(parts.compaction - total / 3) <= 1);
    t.equal(parts.unchanged, 0);
  }
  t.same(apportion(7, noOrigins()), { ...noOrigins(), new: 7 }, 'nothing to go by');
  t.end();
});

t.test('a set of digests', (t) => {
  const set = new DigestSet();
  const hash = (i: number): string => createHash('sha256').update(String(i)).digest('hex');
  for (let i = 0; i < 5000; i++) t.equal(set.has(hash(i)) || !set.add(hash(i)), false);
  for (let i = 0; i < 5000; i++) if (!set.has(hash(i)) || set.add(hash(i))) t.fail(String(i));
  t.equal(set.has(hash(5000)), false);
  const zeros = '0'.repeat(64);
  t.equal(set.has(zeros), false);
  t.equal(set.add(zeros), true);
  t.equal(set.add(zeros), false);
  t.end();
});

t.test('a backup without counts, as earlier releases made them', async (t) => {
  const summary = { bytes: { stored: 1 }, tables: [{ keyspace: 'a', table: 'b', path: 'a/b' }] };
  t.equal(keptReport({ summary }), null);
  t.equal(keptReport({ summary: {} }), null);
  const [table] = [{ ...summary.tables[0], counts: { sstables: 3, files: { new: 'x' }, y: 1 } }];
  const kept = keptReport({ summary: { ...summary, tables: [table] } });
  t.match(kept?.tables, [{ sstables: 3, leaves: noCounts().leaves, bytes: { new: 0 } }]);
});
