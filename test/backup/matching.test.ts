/** Rows that are stored already are not stored again, whatever SSTable they stand in now. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { daySnapshot, upgradePairs } from '../../fixtures/index.js';
import { packKey, type Repository } from '../../src/repository/index.js';
import {
  copyTable,
  flip,
  listsOf,
  newRepository,
  openRepository,
  runBackup,
  runRestore,
  sameFiles,
  tableFiles,
} from './harness.js';

/** Extents, and chunks of leaves, of everything in a backup. */
async function extentsIn(repository: Repository, id: string) {
  let extents = 0;
  let ownChunks = 0;
  for await (const list of listsOf(repository, id)) {
    extents += list.extents?.counts.length ?? 0;
    ownChunks += list.streams[0] ?? 0;
  }
  return { extents, ownChunks };
}

async function restoresTo(t: Test, root: string, id: string, directory: string) {
  const repository = await openRepository(join(root, 'repo'));
  const out = join(root, `out-${id}`);
  await runRestore(repository, id, out, { layout: 'flat' });
  sameFiles(t, tableFiles(out), tableFiles(directory), 'restored');
}

t.test('a compacted table stores no row again', async (t) => {
  const root = t.testdir();
  const repository = await newRepository(join(root, 'repo'));
  const day = (name: 'day1' | 'day2'): string => daySnapshot('products', name).directory;
  await runBackup(repository, [day('day1')]);
  const second = await runBackup(repository, [day('day2')]);
  const { extents, ownChunks } = await extentsIn(repository, second.id);
  t.ok(extents > 0, `${extents} extents`);
  t.equal(ownChunks, 0, 'no new chunk of leaves');
  await restoresTo(t, root, second.id, day('day2'));
});

t.test('a table in another format stores no row again', async (t) => {
  for (const { nb, oa } of upgradePairs()) {
    const root = t.testdir();
    const before = copyTable(nb.directory, join(root, 'before'), nb.table);
    const after = copyTable(oa.directory, join(root, 'after'), nb.table);
    const repository = await newRepository(join(root, 'repo'));
    await runBackup(repository, [before]);
    const second = await runBackup(repository, [after]);
    const { ownChunks } = await extentsIn(repository, second.id);
    t.equal(ownChunks, 0, nb.table);
    await restoresTo(t, root, second.id, after);
  }
});

t.test('what another node has stored is not stored again', async (t) => {
  const root = t.testdir();
  const repository = await newRepository(join(root, 'repo'));
  const { directory } = daySnapshot('orders', 'day2');
  const compacted = daySnapshot('products', 'day2').directory;
  await runBackup(repository, [daySnapshot('products', 'day1').directory, directory]);
  const other = await runBackup(repository, [compacted, directory], { node: 'n2' });
  t.equal((await extentsIn(repository, other.id)).ownChunks, 0);
  await runRestore(repository, other.id, join(root, 'out'), {
    filter: { tables: ['products'] },
    layout: 'flat',
  });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(compacted), 'restored');
});

/** Files of the digest cache, by path. */
function cacheFiles(directory: string): Map<string, Buffer> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(directory, name),
  );
  return new Map(paths.filter(isFile).map((path) => [path, readFileSync(path)]));
}

const isFile = (path: string): boolean => statSync(path).isFile();

t.test('with a cache, without one, and with one that is damaged', async (t) => {
  for (const state of ['kept', 'lost', 'damaged'] as const) {
    const root = t.testdir();
    const repository = await newRepository(join(root, 'repo'));
    const cacheDirectory = join(root, 'cache');
    const first = { cacheDirectory: state === 'lost' ? null : cacheDirectory };
    await runBackup(repository, [daySnapshot('products', 'day1').directory], first);
    if (state !== 'lost') {
      const files = cacheFiles(cacheDirectory);
      t.ok(files.size > 0, 'digests are kept');
      for (const [path, bytes] of state === 'damaged' ? files : []) {
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      }
    }
    const { directory } = daySnapshot('products', 'day2');
    const second = await runBackup(repository, [directory], { cacheDirectory });
    t.equal((await extentsIn(repository, second.id)).ownChunks, 0, state);
    await restoresTo(t, root, second.id, directory);
  }
});

/** Changes a byte of each chunk of leaves that a backup of the repository `<root>/repo` has. */
async function spoilChunks(root: string, id: string): Promise<number> {
  const repository = await openRepository(join(root, 'repo'));
  const ids: Uint8Array[] = [];
  for await (const { chunks } of listsOf(repository, id)) ids.push(...chunks.map((c) => c.id));
  const places = await repository.place(ids);
  for (const { pack, offset, length } of places) {
    if (length > 0) flip(join(root, 'repo', packKey(pack)), offset + (length >> 1));
  }
  return places.length;
}

t.test('chunks that cannot be read are stored again, under the ids they had', async (t) => {
  for (const options of [{}, { slabBytesMin: 1 }]) {
    for (const { nb, oa } of upgradePairs()) {
      const root = t.testdir();
      const before = copyTable(nb.directory, join(root, 'before'), nb.table);
      const after = copyTable(oa.directory, join(root, 'after'), nb.table);
      const repository = await newRepository(join(root, 'repo'));
      const first = await runBackup(repository, [before], options);
      t.ok((await spoilChunks(root, first.id)) > 0, 'chunks are damaged');
      const again = await openRepository(join(root, 'repo'));
      const second = await runBackup(again, [after], options);
      t.same(second.faults, []);
      await restoresTo(t, root, second.id, after);
      // They are not stored once more by whoever comes next.
      const third = await runBackup(await openRepository(join(root, 'repo')), [after], {
        ...options,
        node: 'n2',
      });
      t.equal((await extentsIn(repository, third.id)).ownChunks, 0, `${nb.table}: found`);
      await restoresTo(t, root, third.id, after);
    }
  }
});
