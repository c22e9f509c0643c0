/**
 * One byte of a repository changed at a time, and its files cut short: a restore gives the same files or
 * an error, and a verification that reads the data finds what a restore stumbles over. A seeded sample by
 * default; with SSTASH_DAMAGE=full every byte and many lengths.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { isSstashError } from '../../src/errors.js';
import { randomNumbers } from '../codec/seeded.js';
import {
  newRepository,
  openRepository,
  runBackup,
  runRestore,
  runVerify,
  tableFiles,
} from './harness.js';

const { SSTASH_DAMAGE } = process.env;
const full = SSTASH_DAMAGE === 'full';
const SAMPLE = full ? Infinity : 14;
const MEMORY_MAX = 256 * 1024 * 1024;

const sources = [
  fixtureTable('cassandra-4.1', 'statics').directory,
  fixtureTable('cassandra-5.0', 'compression_none').directory,
];

type Outcome = 'same' | 'other' | 'error';

/** What a restore of `id` gives. */
async function restored(
  directory: string,
  id: string,
  target: string,
  wanted: ReadonlyMap<string, Buffer>,
): Promise<Outcome> {
  try {
    await runRestore(await openRepository(directory), id, target, { layout: 'cassandra' });
  } catch (error) {
    if (isSstashError(error)) return 'error';
    throw error;
  }
  const found = tableFiles(target);
  const same =
    found.size === wanted.size &&
    [...wanted].every(([name, bytes]) => found.get(name)?.equals(bytes) === true);
  return same ? 'same' : 'other';
}

/** Whether a verification finds everything as it should be; false where it cannot even begin. */
async function sound(directory: string): Promise<boolean> {
  try {
    return (await runVerify(directory)).sound;
  } catch (error) {
    if (isSstashError(error)) return false;
    throw error;
  }
}

t.setTimeout(full ? 0 : 240_000);

t.test('no damage of a repository is taken for data', { timeout: 0 }, async (t) => {
  const root = t.testdir({});
  const original = join(root, 'repo');
  const report = await runBackup(await newRepository(original), sources);
  const first = join(root, 'first');
  mkdirSync(first);
  await runRestore(await openRepository(original), report.id, first, { layout: 'cassandra' });
  const wanted = tableFiles(first);
  t.ok(wanted.size > 15, `${wanted.size} files`);
  t.equal(await sound(original), true);
  const files = readdirSync(original, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(original, join(entry.parentPath, entry.name)))
    .sort();
  const next = randomNumbers(4);
  const before = process.resourceUsage().maxRSS * 1024;
  const wrong: string[] = [];
  for (const file of files) {
    const bytes = readFileSync(join(original, file));
    const count = Math.min(SAMPLE, bytes.length);
    for (let i = 0; i < count; i++) {
      const at = full ? i : next() % bytes.length;
      const cut = i % 5 === 4;
      const changed = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
      if (!cut) changed[at] = (changed[at] ?? 0) ^ (1 << (next() % 8));
      const directory = join(root, 'damaged');
      cpSync(original, directory, { recursive: true });
      writeFileSync(join(directory, file), changed);
      const target = join(root, 'out');
      mkdirSync(target);
      const what = `${file.replace(/[0-9a-f]{16,}/g, '…')} ${cut ? 'cut at' : 'byte'} ${at}`;
      const outcome = await restored(directory, report.id, target, wanted);
      if (outcome === 'other') wrong.push(`${what}: other files without an error`);
      if (outcome === 'error' && (await sound(directory)))
        wrong.push(`${what}: verify sees nothing`);
      rmSync(directory, { recursive: true });
      rmSync(target, { recursive: true });
    }
  }
  t.same(wrong, []);
  const more = process.resourceUsage().maxRSS * 1024 - before;
  t.ok(more < MEMORY_MAX, `${more} bytes of memory more`);
});
