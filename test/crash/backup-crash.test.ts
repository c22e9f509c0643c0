/**
 * A backup that ends at any single change to the disk, or meets a full one there: what was committed
 * before is whole (invariants 1 to 3), what was not is invisible, and running it again succeeds.
 */
import { readdirSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import {
  newRepository,
  openRepository,
  quickFileSystem,
  runBackup,
  runRestore,
  runVerify,
  sameFiles,
  tableFiles,
  withLargeFile,
} from '../backup/harness.js';
import { CHANGES, Crash, type Fault, FaultyFileSystem } from '../helpers/faulty-file-system.js';

const before = fixtureTable('cassandra-4.1', 'counters').directory;
const after = fixtureTable('cassandra-4.1', 'statics').directory;

/** A repository with one backup of `before`, copied for each try. */
async function prepare(root: string, packBytes = 16 * 1024): Promise<{ first: string }> {
  const repository = await newRepository(join(root, 'origin'), { packBytes });
  return { first: (await runBackup(repository, [before])).id };
}

function temporaryFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.tmp'));
}

async function attack(root: string, fault: Fault, table = after): Promise<unknown> {
  const fs = new FaultyFileSystem(fault, quickFileSystem);
  try {
    await runBackup(await openRepository(join(root, 'repo'), fs), [table]);
    return null;
  } catch (error) {
    return error;
  }
}

t.test('a backup killed at any change', async (t) => {
  const root = t.testdir();
  const { first } = await prepare(root);
  for (let at = 1; ; at++) {
    const label = `change ${at}`;
    await cp(join(root, 'origin'), join(root, 'repo'), { recursive: true });
    const error = await attack(root, { at, what: 'crash' });
    if (error === null) {
      t.ok(at > 30, `a whole backup makes ${at - 1} changes`);
      break;
    }
    if (!(error instanceof Crash)) t.fail(`${label}: ${error}`);
    const repository = await openRepository(join(root, 'repo'));
    const committed = (await repository.manifests()).map(({ id }) => id);
    if (committed[0] !== first) t.fail(`${label}: the first backup is gone`);
    const state = await runVerify(join(root, 'repo'));
    if (!state.sound) t.fail(`${label}: ${JSON.stringify(state.faults)}`);
    const again = await runBackup(repository, [after]);
    if (again.faults.length > 0) t.fail(`${label}: the second run has faults`);
    const whole = await runVerify(join(root, 'repo'));
    if (!whole.sound || whole.backups !== committed.length + 1) t.fail(`${label}: not whole`);
    if (at % 16 === 1) {
      for (const [id, source] of [
        [first, before],
        [again.id, after],
      ] as const) {
        await runRestore(repository, id, join(root, `out-${at}-${id}`), { layout: 'flat' });
        sameFiles(t, tableFiles(join(root, `out-${at}-${id}`)), tableFiles(source), label);
      }
    }
    await rm(join(root, 'repo'), { recursive: true });
  }
});

t.test('a disk that is full at any write', async (t) => {
  const root = t.testdir();
  await prepare(root);
  const only = ['create', 'write', 'sync', 'link', 'makeDirectory'];
  for (let at = 1; ; at++) {
    await cp(join(root, 'origin'), join(root, 'repo'), { recursive: true });
    const error = await attack(root, { at, what: 'ENOSPC', only });
    if (error === null) {
      t.ok(at > 20, `a whole backup writes ${at - 1} times`);
      break;
    }
    t.match(error, { code: 'DISK_FULL' }, `write ${at}`);
    t.same(temporaryFiles(join(root, 'repo')), [], `write ${at} leaves nothing half done`);
    t.ok((await runVerify(join(root, 'repo'))).sound, `write ${at}: sound`);
    await rm(join(root, 'repo'), { recursive: true });
  }
});

t.test('a large pack, killed at any change', async (t) => {
  const root = t.testdir();
  const large = withLargeFile(after, join(root, 'table'));
  const { first } = await prepare(root, 2 * 1024 * 1024);
  for (let at = 1; ; at++) {
    await cp(join(root, 'origin'), join(root, 'repo'), { recursive: true });
    const error = await attack(root, { at, what: 'crash' }, large);
    if (error === null) break;
    if (!(error instanceof Crash)) t.fail(`change ${at}: ${error}`);
    const fs = new FaultyFileSystem(null, quickFileSystem);
    const repository = await openRepository(join(root, 'repo'), fs);
    const again = await runBackup(repository, [large]);
    if (at === 1)
      t.ok(
        fs.calls.some((call) => call.startsWith('direct ')),
        'it is large',
      );
    const whole = await runVerify(join(root, 'repo'));
    if (!whole.sound) t.fail(`change ${at}: ${JSON.stringify(whole.faults)}`);
    if (at % 8 === 1) {
      await runRestore(repository, again.id, join(root, `out${at}`), { layout: 'flat' });
      sameFiles(t, tableFiles(join(root, `out${at}`)), tableFiles(large), `change ${at}`);
      await runRestore(repository, first, join(root, `first${at}`), { layout: 'flat' });
    }
    await rm(join(root, 'repo'), { recursive: true });
  }
});

t.test('what a killed backup stored is used by the next one', async (t) => {
  const root = t.testdir();
  await prepare(root);
  const fs = new FaultyFileSystem(null, quickFileSystem);
  await cp(join(root, 'origin'), join(root, 'repo'), { recursive: true });
  const whole = await runBackup(await openRepository(join(root, 'repo'), fs), [after]);
  const manifest = fs.calls.findIndex((call) => /^create .*manifests/.test(call));
  const at = fs.calls.slice(0, manifest + 1).filter((call) => {
    return (CHANGES as readonly string[]).includes(call.split(' ')[0] ?? '');
  }).length;
  await cp(join(root, 'origin'), join(root, 'killed'), { recursive: true });
  const faulty = new FaultyFileSystem({ at, what: 'crash' }, quickFileSystem);
  const killed = await openRepository(join(root, 'killed'), faulty);
  await t.rejects(runBackup(killed, [after]), Crash);
  const again = await runBackup(await openRepository(join(root, 'killed')), [after]);
  t.equal(again.chunks.new, 0);
  t.equal(again.bytes.stored, 0);
  t.ok(whole.chunks.new > 0);
});

t.test('two backups at the same time', async (t) => {
  const root = t.testdir();
  await newRepository(join(root, 'repo'), { packBytes: 16 * 1024 });
  const reports = await Promise.all(
    [before, after, before].map(async (path, i) =>
      runBackup(await openRepository(join(root, 'repo')), [path], { node: `n${i}` }),
    ),
  );
  const state = await runVerify(join(root, 'repo'));
  t.ok(state.sound);
  t.equal(state.backups, 3);
  const repository = await openRepository(join(root, 'repo'));
  for (const [i, { id }] of reports.entries()) {
    await runRestore(repository, id, join(root, `out${i}`), { layout: 'flat' });
    const source = i === 1 ? after : before;
    sameFiles(t, tableFiles(join(root, `out${i}`)), tableFiles(source), `backup ${i}`);
  }
});
