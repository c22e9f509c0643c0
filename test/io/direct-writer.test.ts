import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  type FileSystem,
  isTemporaryName,
  nodeFileSystem,
  type PublishData,
  publish,
} from '../../src/io/index.js';
import { LocalStore } from '../../src/store/index.js';
import { Crash, type Fault, FaultyFileSystem } from '../helpers/faulty-file-system.js';

const MiB = 1024 * 1024;
const HALF = MiB;
const BLOCK = 4096;

/** Takes 'direct' on every machine, with the kernel's rule for lengths; notes them. */
class BlockFileSystem extends FaultyFileSystem {
  readonly lengths: number[] = [];

  constructor(fault: Fault | null = null) {
    super(fault, {
      ...nodeFileSystem,
      open: async (path, mode) => {
        const handle = await nodeFileSystem.open(path, mode === 'direct' ? 'create' : mode);
        if (mode !== 'direct') return handle;
        const write = async (bytes: Uint8Array): Promise<void> => {
          if (bytes.length % BLOCK !== 0 || bytes.byteOffset % BLOCK !== 0) throw refused();
          this.lengths.push(bytes.length);
          await handle.write(bytes);
        };
        return { ...handle, write };
      },
    });
  }

  /** Names of the calls so far. */
  get names(): string[] {
    return this.calls.map((line) => line.split(' ')[0] ?? '');
  }
}

function refused(): Error {
  return Object.assign(new Error('invalid argument'), { code: 'EINVAL' });
}

/** No two blocks of it are the same. */
function bytesOf(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

const pool = bytesOf(5 * HALF);

/** Writes `bytes` in pieces of `step`, out of one array that is used again. */
function inPieces(bytes: Uint8Array, step: number): PublishData {
  return async (writer) => {
    const piece = new Uint8Array(step);
    for (let at = 0; at < bytes.length; at += step) {
      const part = bytes.subarray(at, at + step);
      piece.set(part);
      await writer.write(piece.subarray(0, part.length));
      piece.fill(0xee);
    }
  };
}

function isSame(path: string, bytes: Uint8Array): boolean {
  return Buffer.compare(readFileSync(path), bytes) === 0;
}

const LENGTHS = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, MiB, HALF - 1, HALF, HALF + 1].concat([
  HALF + BLOCK,
  2 * HALF - 1,
  2 * HALF,
  2 * HALF + 1,
  4 * HALF + 3 * BLOCK + 5,
]);

t.test('every length is written exactly, in one piece and in many', async (t) => {
  const path = join(t.testdir({}), 'a');
  for (const length of LENGTHS) {
    const bytes = pool.subarray(0, length);
    for (const fs of [nodeFileSystem, new BlockFileSystem()]) {
      for (const step of [Math.max(1, length), 300_007]) {
        await publish(path, inPieces(bytes, step), { fs, bytes: MiB });
        t.ok(isSame(path, bytes), `${length} bytes in pieces of ${step}`);
        t.equal(statSync(path).nlink, 1);
      }
    }
  }
});

t.test('whole blocks go past the page cache, the rest the ordinary way', async (t) => {
  const path = join(t.testdir({}), 'a');
  const fs = new BlockFileSystem();
  const bytes = pool.subarray(0, HALF + 2 * BLOCK + 7);
  await publish(path, [bytes.subarray(0, 100), bytes.subarray(100)], { fs });
  t.same(fs.lengths, [HALF, 2 * BLOCK]);
  const order = ['direct', 'write', 'write', 'append', 'write', 'sync', 'rename', 'syncDirectory'];
  t.same(fs.names, order);
  t.ok(isSame(path, bytes));
});

t.test('small files, and functions that do not say how much comes, go as before', async (t) => {
  const path = join(t.testdir({}), 'a');
  const fs = new BlockFileSystem();
  await publish(path, pool.subarray(0, MiB - 1), { fs });
  await publish(path, inPieces(pool, MiB), { fs });
  t.notOk(fs.names.includes('direct'));
  t.ok(isSame(path, pool));
});

t.test('where the file system opens no file so, the file is written as usual', async (t) => {
  const dir = t.testdir({});
  const path = join(dir, 'a');
  for (const leaves of [false, true]) {
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: async (name, mode) => {
        if (mode !== 'direct') return nodeFileSystem.open(name, mode);
        if (leaves) await (await nodeFileSystem.open(name, 'create')).close();
        throw refused();
      },
    };
    // More often than there is memory to write from: it must be given back.
    for (let i = 1; i <= 6; i++) {
      const bytes = pool.subarray(i, i + 3 * MiB);
      t.equal(await publish(path, bytes, { fs }), true);
      t.ok(isSame(path, bytes), leaves ? 'the refused open left a file' : 'it left none');
    }
  }
  t.same(readdirSync(dir), ['a']);
});

t.test('where a write is refused, the file goes on the ordinary way', async (t) => {
  const dir = t.testdir({});
  const path = join(dir, 'a');
  for (const at of [1, 2, 3]) {
    // Half of its bytes are written by then.
    const fs = new BlockFileSystem({ at, what: 'EINVAL', only: ['write'] });
    const bytes = pool.subarray(0, 2 * HALF + 3 * BLOCK + 1);
    await publish(path, inPieces(bytes, 1_000_003), { fs, bytes: bytes.length });
    t.ok(isSame(path, bytes), `write ${at}`);
    t.ok(fs.lengths.length <= at);
  }
  t.same(readdirSync(dir), ['a']);
});

t.test('more large files at once than there is memory for', async (t) => {
  const dir = t.testdir({});
  const fs = new BlockFileSystem();
  for (let round = 0; round < 2; round++) {
    const names = Array.from({ length: 9 }, (_, i) => `f${i}`);
    await Promise.all(
      names.map((name, i) => {
        const bytes = pool.subarray(i, HALF + 100_000 * i);
        return publish(join(dir, name), inPieces(bytes, 70_001 + i), { fs, bytes: bytes.length });
      }),
    );
    for (const [i, name] of names.entries()) {
      t.ok(isSame(join(dir, name), pool.subarray(i, HALF + 100_000 * i)), name);
    }
  }
  t.ok(fs.names.includes('create') && fs.names.includes('direct'), 'some each way');
});

t.test('any other error is told as ever, and leaves nothing behind', async (t) => {
  const dir = t.testdir({ a: 'old' });
  const path = join(dir, 'a');
  const bytes = pool.subarray(0, 2 * HALF + 9);
  const cases = [
    ['ENOSPC', 'DISK_FULL'],
    ['EIO', 'WRITE_FAILED'],
  ] as const;
  for (const [what, code] of cases) {
    for (let at = 1; at <= 7; at++) {
      const fs = new BlockFileSystem({ at, what });
      await t.rejects(publish(path, bytes, { fs }), { code, file: path }, `${what} at ${at}`);
      t.equal(readFileSync(path, 'utf8'), 'old');
      t.same(readdirSync(dir), ['a']);
    }
  }
  const fails = publish(
    path,
    async (writer) => {
      await writer.write(bytes);
      throw new RangeError('no more');
    },
    { fs: new BlockFileSystem(), bytes: bytes.length },
  );
  await t.rejects(fails, RangeError);
  t.same(readdirSync(dir), ['a']);
});

for (const make of [(fault: Fault) => new FaultyFileSystem(fault), blocks]) {
  t.test('a store stopped at any call has the whole blob or none', async (t) => {
    const root = t.testdir({});
    const key = 'packs/ab/x';
    const bytes = pool.subarray(0, HALF + 5000);
    let stopped = 0;
    for (let at = 1; ; at++) {
      rmSync(join(root, 'packs'), { recursive: true, force: true });
      const fs = make({ at, what: 'crash' });
      const outcome = await new LocalStore(root, fs).put(key, [bytes]).catch((error) => error);
      const store = new LocalStore(root);
      const found = await store.head(key);
      if (found !== null) t.ok(isSame(join(root, key), bytes), `stopped at call ${at}`);
      t.equal(await store.put(key, [bytes]), found === null);
      const names = readdirSync(join(root, 'packs/ab')).filter((name) => name !== 'x');
      t.ok(names.every(isTemporaryName), 'leftovers are known by their name');
      if (!fs.crashed) {
        t.equal(outcome, true);
        break;
      }
      t.type(outcome, Crash);
      stopped++;
    }
    t.ok(stopped >= 8, `${stopped} calls`);
  });
}

function blocks(fault: Fault): FaultyFileSystem {
  return new BlockFileSystem(fault);
}
