/**
 * A tour of sstash on bundled SSTables of a real node: a small shop on two days. Each step prints
 * the command, what it says, and is checked; the first one that is not as promised ends the tour
 * with exit code 1. Everything is written to a folder of its own, which is removed at the end.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'dist', 'cli', 'main.js');
const shop = join('fixtures', 'days', 'shop');
const work = mkdtempSync(join(tmpdir(), 'sstash-demo-'));
const [repo, restored] = [join(work, 'repository'), join(work, 'restored')];

const tables = readdirSync(join(root, shop)).sort();
const snapshots = (day) => tables.map((table) => join(shop, table, 'snapshots', day));
const table = (name, day) => snapshots(day).find((path) => path.includes(`${name}-`));

function fail(message) {
  console.error(`\nThe demo failed: ${message}`);
  process.exitCode = 1;
  throw new Error(message);
}

function execute(args) {
  const env = { ...process.env, SSTASH_CACHE_DIR: join(work, 'cache') };
  const result = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (result.error) fail(String(result.error));
  return result;
}

/** Shortens what a person would not read: folders of this run, and lines after the first `most`. */
function show(text, most) {
  const plain = text.replaceAll(work, '…').replaceAll(`${root}/`, '');
  const lines = plain.trimEnd().split('\n');
  for (const line of lines.slice(0, most)) console.log(`  ${line}`);
  if (lines.length > most) console.log(`  … ${lines.length - most} more lines`);
}

/** Runs one command, shows it and its output, and holds it to its exit code and words. */
function step(title, args, { exit = 0, says = [], most = 14 } = {}) {
  const words = args.map((arg) => arg.replaceAll(work, '…').replace(/-5e1f\w+/, '-*'));
  console.log(`\n# ${title}\n$ sstash ${words.join(' ')}`);
  const { status, stdout, stderr } = execute(args);
  show(stdout + stderr, most);
  if (status !== exit) fail(`exit code ${status}, not ${exit}`);
  for (const text of says) {
    if (!(stdout + stderr).includes(text)) fail(`it does not say "${text}"`);
  }
}

/** One command with --json, for a figure to hold against the promise. */
function json(args) {
  const { status, stdout, stderr } = execute([...args, '--json']);
  if (status !== 0) fail(stderr);
  return JSON.parse(stdout);
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Every file of day 2 against its restored copy, byte by byte. */
function compareWithOriginals() {
  console.log('\n# Every restored file against its original, byte by byte');
  let bytes = 0;
  const originals = snapshots('day2').flatMap((path) => files(join(root, path)));
  const copies = new Map(files(restored).map((path) => [relative(restored, path), path]));
  for (const original of originals) {
    const table = basename(dirname(dirname(dirname(original))));
    const copy = copies.get(join('shop', table, basename(original)));
    if (copy === undefined) fail(`${basename(original)} was not restored`);
    const content = readFileSync(original);
    if (!content.equals(readFileSync(copy))) fail(`${copy} differs`);
    bytes += content.length;
  }
  console.log(`  ${originals.length} files, ${bytes} bytes: all equal`);
}

function tour() {
  step('What is here?', ['ls', ...snapshots('day1')], { says: ['shop', 'orders', 'oa'] });
  step('What does one SSTable say of itself?', ['info', table('orders', 'day1')], { says: ['LZ4'] });
  step('One partition: customer 1015', [
    ...['dump', table('customers', 'day1'), '--key', '1015'],
  ]);
  step('Is every byte sound?', ['check', ...snapshots('day1')]);
  step(
    'What changed from day 1 to day 2?',
    ['diff', table('orders', 'day1'), table('orders', 'day2'), '--limit', '3'],
    { exit: 1, most: 40 },
  );
  step('A table that was compacted overnight holds the same rows', [
    ...['diff', '--level', 'table', table('products', 'day1'), table('products', 'day2')],
  ]);
  step('A place for backups', ['init', repo]);
  step('Back up day 1', ['backup', ...snapshots('day1'), '--repo', repo, '--tag', 'day1']);
  step('Back up day 2: only what is new is stored', [
    ...['backup', ...snapshots('day2'), '--repo', repo, '--tag', 'day2'],
  ]);
  const again = json(['backup', ...snapshots('day2'), '--repo', repo, '--dry-run']);
  if (again.bytes.stored !== 0) fail('a third backup of the same files would store bytes');
  step('All backups', ['backups', '--repo', repo], { says: ['day1', 'day2'] });
  step('Is the repository sound?', ['verify', '--read-data', '--repo', repo]);
  step('Restore day 2', ['restore', 'latest', '--to', restored, '--repo', repo]);
  step('Restore it again: nothing is written', [
    ...['restore', 'latest', '--to', restored, '--repo', repo],
  ]);
  const second = json(['restore', 'latest', '--to', restored, '--repo', repo]);
  if (second.bytesWritten !== 0) fail(`a repeated restore wrote ${second.bytesWritten} bytes`);
  step('The backup compared with the restored files, row by row', [
    ...['diff', `${repo}::latest`, restored],
  ]);
  compareWithOriginals();
}

try {
  tour();
  console.log('\nAll as promised.');
} catch (error) {
  if (process.exitCode !== 1) throw error;
} finally {
  rmSync(work, { recursive: true, force: true });
}
