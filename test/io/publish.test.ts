import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import {
  type FileSystem,
  isTemporaryName,
  makeDirectory,
  nodeFileSystem,
  openAppend,
  publish,
  removeFile,
} from '../../src/io/index.js';
import { Crash, FaultyFileSystem } from '../helpers/faulty-file-system.js';

const text = (path: string): string => readFileSync(path, 'utf8');

t.test('writes, syncs, renames and syncs the directory, in this order', async (t) => {
  const dir = t.testdir({});
  const fs = new FaultyFileSystem();
  const path = join(dir, 'a');
  t.equal(await publish(path, Buffer.from('one'), { fs }), true);
  t.equal(text(path), 'one');
  const names = fs.calls.map((line) => line.split(' ')[0]);
  t.same(names, ['create', 'write', 'sync', 'rename', 'syncDirectory']);
  t.equal(await publish(path, [Buffer.from('tw'), Buffer.from('o')], { fs }), true);
  t.equal(text(path), 'two', 'it replaces what was there');
});

t.test('ifAbsent never replaces, and of many writers one wins', async (t) => {
  const dir = t.testdir({});
  const path = join(dir, 'a');
  const won = await Promise.all(
    ['w0', 'w1', 'w2', 'w3'].map((who) => publish(path, Buffer.from(who), { ifAbsent: true })),
  );
  t.equal(won.filter(Boolean).length, 1);
  t.equal(text(path), `w${won.indexOf(true)}`);
  t.same(readdirSync(dir), ['a'], 'no temporary file is left');
});

t.test('a file that is there already is durable when publish says so', async (t) => {
  const path = join(t.testdir({ a: 'one' }), 'a');
  const synced: string[] = [];
  const fs: FileSystem = {
    ...nodeFileSystem,
    syncDirectory: async (directory) => {
      synced.push(directory);
    },
  };
  t.equal(await publish(path, Buffer.from('two'), { ifAbsent: true, fs }), false);
  t.same(synced, [dirname(path)]);
  t.equal(text(path), 'one');
});

t.test('a function writes the file in parts, which may be used again', async (t) => {
  const dir = t.testdir({});
  const path = join(dir, 'a');
  await publish(path, async (writer) => {
    const part = Buffer.alloc(1000);
    for (let i = 0; i < 3000; i++) await writer.write(part.fill(i & 0xff));
    await writer.write(Buffer.alloc(2_000_000, 9));
    t.equal(writer.position, 5_000_000);
  });
  const bytes = readFileSync(path);
  t.equal(bytes.length, 5_000_000);
  t.ok(Array.from({ length: 3000 }, (_, i) => bytes[i * 1000 + 999] === (i & 0xff)).every(Boolean));
});

t.test(
  'stopped at any call, the name holds the old bytes or the new ones, never a part',
  async (t) => {
    const dir = t.testdir({});
    const path = join(dir, 'a');
    let stopped = 0;
    for (let at = 1; ; at++) {
      rmSync(path, { force: true });
      await publish(path, Buffer.from('old'));
      const fs = new FaultyFileSystem({ at, what: 'crash' });
      const outcome = await publish(path, Buffer.from('the new bytes'), { fs }).catch((e) => e);
      t.ok(['old', 'the new bytes'].includes(text(path)));
      const rest = readdirSync(dir).filter((name) => name !== 'a');
      t.ok(rest.every(isTemporaryName), 'leftovers are known by their name');
      for (const name of rest) rmSync(join(dir, name));
      if (!fs.crashed) {
        t.equal(outcome, true);
        break;
      }
      t.type(outcome, Crash);
      stopped++;
    }
    t.equal(stopped, 5);
  },
);

t.test('a refused call is an SstashError and leaves nothing behind', async (t) => {
  const dir = t.testdir({ a: 'old' });
  const path = join(dir, 'a');
  const cases = [
    ['ENOSPC', 'DISK_FULL'],
    ['EIO', 'WRITE_FAILED'],
    ['EACCES', 'WRITE_FAILED'],
    ['EROFS', 'WRITE_FAILED'],
  ] as const;
  for (const [what, code] of cases) {
    for (const at of [1, 2, 3, 4]) {
      const fs = new FaultyFileSystem({ at, what });
      await t.rejects(publish(path, Buffer.from('new'), { fs }), { code, file: path });
      t.equal(text(path), 'old');
      t.same(readdirSync(dir), ['a']);
    }
  }
  await t.rejects(publish(join(dir, 'no/a'), Buffer.from('x')), { code: 'WRITE_FAILED' });
});

t.test('makes nested directories, and says when a file is in the way', async (t) => {
  const dir = t.testdir({ file: '' });
  await makeDirectory(join(dir, 'x/y/z'));
  await makeDirectory(join(dir, 'x/y/z'));
  t.ok(existsSync(join(dir, 'x/y/z')));
  await t.rejects(makeDirectory(join(dir, 'file')), { code: 'WRITE_FAILED' });
  await t.rejects(makeDirectory(join(dir, 'file/under')), { code: 'WRITE_FAILED' });
  t.equal(await removeFile(join(dir, 'file')), true);
  t.equal(await removeFile(join(dir, 'file')), false);
});

t.test('a directory that no one can make is an error, not a loop', async (t) => {
  const dir = t.testdir({});
  const fs = new (class extends FaultyFileSystem {
    override async makeDirectory(path: string): Promise<void> {
      if (!path.endsWith('never')) return super.makeDirectory(path);
      throw Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });
    }
  })();
  const path = join(dir, 'a/never');
  await t.rejects(makeDirectory(path, fs), { code: 'WRITE_FAILED', file: path, hint: /folder/ });
});

t.test('an append file grows over openings', async (t) => {
  const path = join(t.testdir({}), 'ledger');
  for (const part of ['one\n', 'two\n', 'three\n']) {
    const file = await openAppend(path);
    await file.append(Buffer.from(part));
    await file.sync();
    await file.close();
    await file.close();
  }
  t.equal(text(path), 'one\ntwo\nthree\n');
});
