/** Components of a backup that were stored as they are, read at any position. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { readSSTables, readTable } from '../../src/backup/index.js';
import { readRoot } from '../../src/backup/parent.js';
import { readRecipe } from '../../src/backup/read-data.js';
import { storedFiles } from '../../src/backup/stored-files.js';
import { readWholeFile } from '../../src/io/index.js';
import { SSTable } from '../../src/sstable/index.js';
import { newRepository, runBackup } from './harness.js';

t.test('an SSTable that was stored as it is', async (t) => {
  const repository = await newRepository(join(t.testdir(), 'repo'), { chunkBytes: 4096 });
  const { directory } = fixtureTable('cassandra-4.1', 'compression_snappy');
  const { id } = await runBackup(repository, [directory]);
  const root = await readRoot(repository, await repository.findManifest(id));
  const [entry] = root.tables;
  if (entry === undefined) throw new Error('an empty backup');
  const [record] = await readSSTables(repository, await readTable(repository, entry.record));
  if (record === undefined || record.recipe === null) throw new Error('no SSTable');
  const recipe = await readRecipe(repository, record.recipe);
  t.equal(recipe.data.form, 'bytes');
  const { files, fs } = storedFiles(repository, entry.path, record, recipe);
  t.ok(files.components.size > 5);
  for (const { name, path, size } of files.components.values()) {
    const there = readFileSync(join(directory, `${record.base}-${name}`));
    t.equal(size, there.length, name);
    t.equal((await fs.stat(path)).size, size);
    t.ok(there.equals(await readWholeFile(path, 1 << 24, fs)), name);
  }
  const data = await fs.open(files.dataPath, 'read');
  const wanted = readFileSync(join(directory, `${record.base}-Data.db`));
  for (const position of [0, 1, 4095, 4096, wanted.length - 3, wanted.length]) {
    const into = new Uint8Array(8);
    const read = await data.read(into, 1, 5, position);
    t.ok(read <= 5);
    t.equal(read > 0, position < wanted.length);
    t.same(into.subarray(1, 1 + read), new Uint8Array(wanted.subarray(position, position + read)));
  }
  await t.rejects(data.write(new Uint8Array(1)), { code: 'EROFS' });
  await t.rejects(fs.unlink(files.dataPath), { code: 'EROFS' });
  await t.rejects(fs.stat(`${files.dataPath}.none`), { code: 'ENOENT' });
  await data.close();

  const without = storedFiles(repository, entry.path, record, null);
  await t.rejects(SSTable.open(without.files, { fs: without.fs }), {
    code: 'SSTABLE_COMPONENT_MISSING',
  });
});
