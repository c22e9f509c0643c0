/** Every fixture into a repository and back, byte for byte. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureSets, fixturesRoot, fixtureTable } from '../../fixtures/index.js';
import { readRoot, readSSTables, readTable } from '../../src/backup/index.js';
import { readData, readRecipe } from '../../src/backup/read-data.js';
import type { Repository } from '../../src/repository/index.js';
import {
  executor,
  golden,
  newRepository,
  openRepository,
  runBackup,
  runRestore,
  runVerify,
  sameFiles,
  tableFiles,
} from './harness.js';

/** Opaque leaves of all SSTables of a backup, and how many are kept as rows and as plain bytes. */
async function forms(repository: Repository, id: string) {
  const counts = { rows: 0, bytes: 0, opaqueLeaves: 0 };
  const root = await readRoot(repository, await repository.findManifest(id));
  for (const entry of root.tables) {
    const record = await readTable(repository, entry.record);
    for (const { recipe } of await readSSTables(repository, record)) {
      if (recipe === null) continue;
      const { data } = await readRecipe(repository, recipe);
      counts[data.form]++;
      if (data.form === 'rows') counts.opaqueLeaves += data.opaqueLeaves;
    }
  }
  return counts;
}

/** SSTables whose Data.db, as rebuilt, does not have the SHA-256 that it had. */
async function unlikeData(repository: Repository, id: string): Promise<string[]> {
  const unlike: string[] = [];
  const root = await readRoot(repository, await repository.findManifest(id));
  for (const entry of root.tables) {
    const record = await readTable(repository, entry.record);
    for (const { base, recipe: recipeId } of await readSSTables(repository, record)) {
      const recipe = await readRecipe(repository, recipeId ?? '');
      const hash = createHash('sha256');
      for await (const bytes of readData({ repository, executor }, recipe)) hash.update(bytes);
      const { data } = recipe;
      const wanted = data.form === 'rows' ? data.sha256 : data.stream.sha256;
      if (hash.digest('hex') !== wanted) unlike.push(`${entry.path}/${base}`);
    }
  }
  return unlike;
}

for (const set of fixtureSets) {
  t.test(`${set}: back up, back up again, restore`, async (t) => {
    const root = t.testdir();
    const source = join(fixturesRoot, set);
    const wanted = tableFiles(source);
    // The set's own manifest.json lies beside the keyspaces, it belongs to no table.
    wanted.delete('manifest.json');
    const bytesOfFiles = [...wanted.values()].reduce((sum, file) => sum + file.length, 0);
    const repository = await newRepository(join(root, 'repo'));
    const first = await runBackup(repository, [source]);
    t.same(first.faults, []);
    t.equal(first.bytes.new + first.bytes.reused + first.bytes.derived, bytesOfFiles);
    const { rows, bytes, opaqueLeaves } = await forms(repository, first.id);
    t.equal(opaqueLeaves, 0, 'no record had to be kept as it is');
    t.ok(rows > 5 * bytes, `${rows} SSTables as rows, ${bytes} as plain bytes`);

    const again = await openRepository(join(root, 'repo'));
    const second = await runBackup(again, [source]);
    t.equal(second.bytes.new, 0);
    t.equal(second.bytes.stored, 0);
    t.equal(second.chunks.new, 0);
    t.equal(second.parent, first.id);
    t.ok(second.bytes.read < first.bytes.read);

    const out = join(root, 'out');
    const restored = await runRestore(again, first.id, out);
    t.equal(restored.bytesAlreadyThere, 0);
    sameFiles(t, tableFiles(out), wanted, set);
    const repeated = await runRestore(again, second.id, out);
    t.equal(repeated.bytesWritten, 0);
    t.equal(repeated.filesWritten, 0);
    t.equal(repeated.bytesAlreadyThere, restored.bytesWritten);
    t.equal((await runVerify(join(root, 'repo'))).sound, true);
  });
}

t.test('rows that upgradesstables rewrote are stored once', async (t) => {
  const root = t.testdir();
  const repository = await newRepository(join(root, 'repo'));
  const upgrade = join(fixturesRoot, 'upgrade');
  for (const table of readdirSync(join(upgrade, 'nb', 'shapes'))) {
    const nb = await runBackup(repository, [join(upgrade, 'nb', 'shapes', table)]);
    const oa = await runBackup(await openRepository(join(root, 'repo')), [
      join(upgrade, 'oa', 'shapes', table),
    ]);
    const size = (report: typeof nb): number =>
      report.bytes.new + report.bytes.reused + report.bytes.derived;
    t.equal(nb.faults.length + oa.faults.length, 0);
    t.ok(oa.bytes.new < size(oa), `${table}: ${oa.bytes.new} of ${size(oa)} bytes are new`);
  }
});

t.test('partitions too large for a worker are read and rebuilt piece by piece', async (t) => {
  const root = t.testdir();
  const names = ['wide', 'uncompressed_long', 'compression_lz4_4k'];
  for (const name of names) {
    const { directory } = fixtureTable('cassandra-4.1', name);
    const whole = await newRepository(join(root, `whole-${name}`), { chunkBytes: 4096 });
    const small = { answerBytesMax: 1 };
    const report = await runBackup(whole, [directory], small);
    t.same(report.faults, []);
    // The same chunks as from a worker: nothing of them is new to a second backup.
    const again = await runBackup(await openRepository(join(root, `whole-${name}`)), [directory], {
      node: 'n2',
    });
    t.equal(again.chunks.new, 0, name);
    const out = join(root, name);
    await runRestore(whole, report.id, out, { layout: 'flat', ...small });
    sameFiles(t, tableFiles(out), tableFiles(directory), name);
  }
});

t.test('golden SSTables', { skip: golden === null ? 'not here' : false }, async (t) => {
  const folders = ['4.1.10-nb', '5.0.6-oa-flushtable'];
  for (const name of folders) {
    const source = join(golden ?? '', name);
    if (!existsSync(source)) continue;
    const root = t.testdir();
    const repository = await newRepository(join(root, 'repo'));
    const report = await runBackup(repository, [source]);
    t.same(report.faults, [], `${name}: no faults`);
    const { opaqueLeaves } = await forms(repository, report.id);
    t.equal(opaqueLeaves, 0, `${name}: no opaque leaf`);
    t.same(await unlikeData(repository, report.id), [], `${name}: every Data.db comes back`);
  }
});
