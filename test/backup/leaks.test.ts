/** What a backup that fails holds open, and what it allocates for damaged lengths. */
import { existsSync, readdirSync, readFileSync, readlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { SstashError } from '../../src/errors.js';
import type { BlobStore } from '../../src/store/index.js';
import {
  copyTable,
  executor,
  newRepository,
  runBackup,
  runRestore,
  sameFiles,
  tableFiles,
} from './harness.js';

const DESCRIPTORS = '/proc/self/fd';

function openDataFiles(directory: string): string[] {
  return readdirSync(DESCRIPTORS).flatMap((fd) => {
    try {
      const path = readlinkSync(join(DESCRIPTORS, fd));
      return path.startsWith(directory) && path.endsWith('-Data.db') ? [path] : [];
    } catch {
      return [];
    }
  });
}

t.test(
  'a backup that fails closes the files that it reads piece by piece',
  {
    skip: !existsSync(DESCRIPTORS) && 'open files cannot be listed here',
  },
  async (t) => {
    const root = t.testdir();
    const directory = copyTable(fixtureTable('cassandra-5.0', 'wide').directory, root, 'wide');
    const repository = await newRepository(join(root, 'repo'), { packBytes: 1, chunkBytes: 4096 });
    const { store } = repository;
    const full = Object.assign(Object.create(store) as BlobStore, {
      location: store.location,
      list: (prefix: string) => store.list(prefix),
      put: async (key: string, parts: readonly Uint8Array[]) => {
        if (openDataFiles(directory).length === 0) return store.put(key, parts);
        throw new SstashError('DISK_FULL', 'no space left', { file: key });
      },
    });
    const failing = runBackup(repository.through(full), [directory], { answerBytesMax: 0 });
    await t.rejects(failing, { code: 'DISK_FULL' });
    t.same(openDataFiles(directory), []);
  },
);

t.test('much behind the rows is kept without being read as a block', async (t) => {
  const root = t.testdir();
  const table = fixtureTable('cassandra-4.1', 'compression_lz4_4k');
  const directory = copyTable(table.directory, root, 'lz4');
  const path = join(directory, `${table.sstables[0]?.base}-Data.db`);
  const bytes = readFileSync(path);
  truncateSync(path, bytes.length + 100_000);
  const repository = await newRepository(join(root, 'repo'));
  const report = await runBackup(repository, [directory]);
  t.ok(report.faults.length >= 1);
  t.equal(report.plainSSTables, 1);
  await runRestore(repository, report.id, join(root, 'out'), { layout: 'flat' });
  sameFiles(t, tableFiles(join(root, 'out')), tableFiles(directory), 'as it is');
});

t.test('a restore of many SSTables takes no more shared memory than one of few', async (t) => {
  const root = t.testdir();
  const { directory } = fixtureTable('cassandra-5.0', 'wide');
  const copies = Array.from({ length: 12 }, (_, i) => copyTable(directory, root, `wide${i}`));
  const repository = await newRepository(join(root, 'repo'));
  await runBackup(repository, copies);
  const made: number[] = [];
  const Shared = globalThis.SharedArrayBuffer;
  globalThis.SharedArrayBuffer = class extends Shared {
    constructor(length = 0) {
      super(length);
      made.push(length);
    }
  };
  t.teardown(() => {
    globalThis.SharedArrayBuffer = Shared;
  });
  const report = await runRestore(repository, 'latest', join(root, 'to'));
  t.ok(report.filesWritten >= copies.length, 'restored');
  t.ok(made.length <= 2 * (executor.concurrency + 1), `${made.length} rooms`);
});
