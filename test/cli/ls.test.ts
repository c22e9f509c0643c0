/** `ls`: counts as in Statistics.db, and what is wrong with the set of files. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { readFacts, rowFacts, versionOf } from '../../src/cli/inspect/facts.js';
import { findTables } from '../../src/sstable/index.js';
import { runCli } from './run-cli.js';

const source = fixtureTable('cassandra-4.1', 'deletes');

async function factsIn(directory: string) {
  const [table] = await findTables([directory]);
  const [files] = table?.sstables ?? [];
  if (files === undefined) throw new Error('nothing found');
  return readFacts(files);
}

function copy(t: { testdir(): string }): string {
  const directory = join(t.testdir(), 'ks', 'deletes-00112233445566778899aabbccddeeff');
  cpSync(source.directory, directory, { recursive: true });
  rmSync(join(directory, 'expected'), { recursive: true });
  return directory;
}

t.test('counts and times', async (t) => {
  const facts = await factsIn(source.directory);
  t.match(facts, { sstable: 'nb-1-big', version: 'nb', format: 'big', generation: '1' });
  t.strictSame([facts.missing, facts.unexpected], [[], []]);
  const sizes = facts.components.reduce((sum, { bytes }) => sum + bytes, 0);
  t.equal(facts.bytes, sizes);
  if (facts.statistics === null) throw new Error('no statistics');
  const rows = rowFacts(facts.statistics, versionOf(facts));
  const path = source.sstables[0]?.metadataPath ?? '';
  const total = /^totalRows: (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1];
  t.equal(String(rows.rows), total);
  t.ok(rows.partitions > 0n && rows.tombstones > 0n);
});

t.test('components that are missing or that nobody listed', async (t) => {
  const directory = copy(t);
  rmSync(join(directory, 'nb-1-big-Filter.db'));
  renameSync(join(directory, 'nb-1-big-Summary.db'), join(directory, 'nb-1-big-Summary2.db'));
  const facts = await factsIn(directory);
  t.strictSame(facts.missing, ['Filter.db', 'Summary.db']);
  t.strictSame(facts.unexpected, ['Summary2.db']);
  const { code, stdout } = await runCli(['ls', directory]);
  t.equal(code, 0);
  t.match(stdout, 'missing Filter.db');
});

t.test('without a table of contents nothing is unexpected', async (t) => {
  const directory = copy(t);
  rmSync(join(directory, 'nb-1-big-TOC.txt'));
  const facts = await factsIn(directory);
  t.strictSame([facts.missing, facts.unexpected], [['TOC.txt'], []]);
});

t.test('damage of one does not hide the others, and is exit code 3', async (t) => {
  const directory = copy(t);
  const path = join(directory, 'nb-1-big-Statistics.db');
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, 100));
  const { code, stdout, stderr } = await runCli(['ls', directory, '--json']);
  t.equal(code, 3);
  t.match(JSON.parse(stderr).error, { component: 'Statistics.db', file: path });
  const [table] = JSON.parse(stdout).tables;
  t.equal(table.table, 'deletes');
  t.match(table.sstables[0], { sstable: 'nb-1-big', error: { code: String } });
  t.equal(table.sstables.length, source.sstables.length);
});

t.test('a whole data directory', async (t) => {
  const directory = copy(t);
  const { code, stdout } = await runCli(['ls', join(directory, '../..')]);
  t.equal(code, 0);
  t.match(stdout, /^ks\.deletes {2}\d SSTables?, /);
  t.match(stdout, basename(directory));
  t.match(stdout, /2023-11-14T22:13:20\.\d{6}Z/);
});
