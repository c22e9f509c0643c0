import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  listDirectory,
  openFile,
  readWholeFile,
  statPath,
  statPathIfThere,
} from '../../src/io/index.js';
import { FaultyFileSystem } from '../helpers/faulty-file-system.js';

t.test('reads at any position, and never less than was asked for', async (t) => {
  const dir = t.testdir({ a: '0123456789' });
  const file = await openFile(join(dir, 'a'));
  t.teardown(() => file.close());
  t.equal(file.size, 10);
  t.equal(Buffer.from(await file.read(3, 4)).toString(), '3456');
  const into = Buffer.alloc(8, '.');
  t.equal(Buffer.from(await file.read(8, 2, into)).toString(), '89');
  t.equal(into.toString(), '89......');
  t.equal((await file.read(10, 0)).length, 0);
  await t.rejects(file.read(8, 3), { code: 'SSTABLE_TRUNCATED', offset: 8, length: 3 });
  await t.rejects(file.read(8, 1e15), { code: 'SSTABLE_TRUNCATED' }, 'nothing is allocated first');
  t.equal(Buffer.from(await file.readSome(8, 100)).toString(), '89');
  await file.close();
  await file.close();
  await t.rejects(file.read(0, 1), { code: /READ_FAILED|ERR/ });
});

t.test('whole files have a limit', async (t) => {
  const dir = t.testdir({ a: '0123456789', empty: '' });
  t.equal((await readWholeFile(join(dir, 'a'), 10)).length, 10);
  t.equal((await readWholeFile(join(dir, 'empty'), 10)).length, 0);
  await t.rejects(readWholeFile(join(dir, 'a'), 9), { code: 'LIMIT_EXCEEDED' });
});

t.test('what the system refuses is named with its path', async (t) => {
  const dir = t.testdir({ d: {}, a: '0123456789' });
  const none = join(dir, 'none');
  await t.rejects(openFile(none), { code: 'PATH_NOT_FOUND', file: none });
  await t.rejects(readWholeFile(join(dir, 'd'), 10), { code: 'READ_FAILED', hint: /directory/ });
  await t.rejects(statPath(none), { code: 'PATH_NOT_FOUND' });
  t.equal(await statPathIfThere(none), null);
  t.equal(await statPathIfThere(join(dir, 'a/under')), null);
  await t.rejects(listDirectory(join(dir, 'a')), { code: 'READ_FAILED' });
  const broken = new FaultyFileSystem({ at: 1, what: 'EIO', only: ['readAt'] });
  await t.rejects(readWholeFile(join(dir, 'a'), 10, broken), { code: 'READ_FAILED', file: /a$/ });
  if (process.getuid?.() !== 0) {
    chmodSync(join(dir, 'a'), 0);
    await t.rejects(openFile(join(dir, 'a')), { code: 'READ_FAILED', hint: /permissions/ });
  }
});

t.test('lists sorted by name, links as what they point to', async (t) => {
  const dir = t.testdir({ b: 'x', a: {}, C: 'y' });
  symlinkSync(join(dir, 'b'), join(dir, 'to-file'));
  symlinkSync(join(dir, 'a'), join(dir, 'to-folder'));
  symlinkSync(join(dir, 'none'), join(dir, 'to-nothing'));
  t.same(await listDirectory(dir), [
    { name: 'C', kind: 'file' },
    { name: 'a', kind: 'directory' },
    { name: 'b', kind: 'file' },
    { name: 'to-file', kind: 'file' },
    { name: 'to-folder', kind: 'directory' },
    { name: 'to-nothing', kind: 'other' },
  ]);
  const status = await statPath(join(dir, 'b'));
  t.match(status, { kind: 'file', size: 1 });
  t.ok(status.mtimeNs > 0n);
});
