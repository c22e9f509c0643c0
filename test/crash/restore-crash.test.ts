/**
 * A restore that ends at any single change to the disk: no file under its final name is anything but
 * whole (invariant 8), and running it again finishes what is missing.
 */

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import {
  newRepository,
  quickFileSystem,
  runBackup,
  runRestore,
  sameFiles,
  tableFiles,
  withLargeFile,
} from '../backup/harness.js';
import { Crash, FaultyFileSystem } from '../helpers/faulty-file-system.js';

const source = fixtureTable('cassandra-5.0', 'statics').directory;

async function prepare(root: string, isLarge: boolean) {
  const repository = await newRepository(join(root, 'repo'));
  const table = isLarge ? withLargeFile(source, join(root, 'table')) : source;
  const { id } = await runBackup(repository, [table]);
  const fs = new FaultyFileSystem(null, quickFileSystem);
  await runRestore(repository, id, join(root, 'whole'), { layout: 'flat', fs });
  const isDirect = fs.calls.some((call) => call.startsWith('direct '));
  return { repository, id, changes: fs.counted, wanted: tableFiles(table), isDirect };
}

/** Files under their final names that are not what they should be. */
function wrong(out: string, wanted: ReadonlyMap<string, Buffer>): string[] {
  if (!existsSync(out)) return [];
  const found = [...tableFiles(out)].filter(([name]) => !name.startsWith('.'));
  return found.flatMap(([name, bytes]) => (wanted.get(name)?.equals(bytes) ? [] : [name]));
}

for (const [what, isLarge] of [
  ['crash', true],
  ['ENOSPC', false],
] as const) {
  t.test(`a restore that meets ${what} at any change`, async (t) => {
    const root = t.testdir();
    const out = join(root, 'out');
    const { repository, id, changes, wanted, isDirect } = await prepare(root, isLarge);
    t.equal(isDirect, isLarge);
    t.ok(changes > wanted.size * 4, `${changes} changes`);
    for (let at = 1; at <= changes; at++) {
      const label = `change ${at}`;
      const fs = new FaultyFileSystem({ at, what }, quickFileSystem);
      try {
        await runRestore(repository, id, out, { layout: 'flat', fs });
        t.fail(`${label}: the fault was not noticed`);
      } catch (error) {
        const isExpected = what === 'crash' ? error instanceof Crash : isFull(error);
        if (!isExpected) t.fail(`${label}: ${error}`);
      }
      const bad = wrong(out, wanted);
      if (bad.length > 0) t.fail(`${label}: ${bad}`);
      const report = await runRestore(repository, id, out, { layout: 'flat' });
      if (report.files !== wanted.size) t.fail(`${label}: ${report.files} files`);
      const left = [...tableFiles(out).keys()].filter((name) => name.endsWith('.tmp'));
      if (left.length > 0) t.fail(`${label} leaves ${left}`);
      if (at % 10 === 1) sameFiles(t, tableFiles(out), wanted, label);
      else if (wrong(out, wanted).length > 0) t.fail(`${label}: not mended`);
      const last = await runRestore(repository, id, out, { layout: 'flat' });
      if (last.filesWritten !== 0) t.fail(`${label}: the third run writes`);
      await rm(out, { recursive: true });
    }
  });
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'DISK_FULL';
}
