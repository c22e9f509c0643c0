/** `dump` from the command line: formats, shapes of releases, keys. */
import t from 'tap';
import { fixtureTable, readDump } from '../../fixtures/index.js';
import { runCli } from './run-cli.js';

function sstable(set: Parameters<typeof fixtureTable>[0], table: string) {
  const [first] = fixtureTable(set, table).sstables;
  if (first === undefined) throw new Error(`no SSTable of ${table}`);
  return first;
}

t.test('json is what the official tool of the version printed', async (t) => {
  for (const set of ['cassandra-3.11', 'cassandra-5.0-bti'] as const) {
    const { dataPath, dumpPath } = sstable(set, 'statics');
    const { code, stdout } = await runCli(['dump', dataPath, '--at', '2026-11-25']);
    t.equal(code, 0);
    t.equal(stdout.trimEnd(), readDump(dumpPath ?? '').trimEnd(), set);
  }
});

t.test('one partition per line', async (t) => {
  const { dataPath } = sstable('cassandra-4.1', 'statics');
  const whole = JSON.parse((await runCli(['dump', dataPath])).stdout);
  const { stdout } = await runCli(['dump', dataPath, '--lines']);
  const lines = stdout.trimEnd().split('\n');
  t.strictSame(
    lines.map((line) => JSON.parse(line)),
    whole,
  );
  t.equal((await runCli(['dump', dataPath, '--lines', '--format', 'text'])).code, 2);
});

t.test('keys alone, as an array and on lines', async (t) => {
  const { dataPath } = sstable('cassandra-4.1', 'key_composite');
  const { stdout } = await runCli(['dump', dataPath, '--keys']);
  const keys: string[][] = JSON.parse(stdout);
  t.ok(keys.length > 10);
  t.equal((await runCli(['dump', dataPath, '-e', '-l'])).stdout, stdout, 'as sstabledump -e -l');
  const jsonl = await runCli(['dump', dataPath, '--keys', '--format', 'jsonl']);
  const lines = jsonl.stdout.trimEnd().split('\n');
  t.strictSame(
    lines.map((line) => JSON.parse(line)),
    keys,
  );
  const text = await runCli(['dump', dataPath, '--keys', '--format', 'text']);
  t.equal(text.stdout.split('\n').length, keys.length + 1);
  const annotate = await runCli(['dump', dataPath, '--keys', '--format', 'annotate']);
  t.equal(annotate.code, 2);
  t.match(annotate.stderr, /--keys does not go with --format annotate/);
});

t.test('tokens outside of the ring are refused, ranges over its end are not', async (t) => {
  const { dataPath } = sstable('cassandra-4.1', 'statics');
  const whole = JSON.parse((await runCli(['dump', dataPath, '-e'])).stdout);
  const min = '-9223372036854775808';
  const around = await runCli(['dump', dataPath, '-e', `--token=${min}:9223372036854775807`]);
  t.same(JSON.parse(around.stdout), whole);
  const over = JSON.parse((await runCli(['dump', dataPath, '-e', '--token=5:1'])).stdout);
  t.same(over, whole, 'all but the tokens 2 to 5');
  for (const token of ['99999999999999999999', '1:9223372036854775808', '-9223372036854775809:1']) {
    const { code, stdout, stderr } = await runCli(['dump', dataPath, `--token=${token}`]);
    t.equal(code, 2, token);
    t.equal(stdout, '');
    t.match(
      stderr,
      /is no token of Murmur3Partitioner.*-9223372036854775808 to 9223372036854775807/,
    );
  }
});

t.test('the shape of another release', async (t) => {
  const { dataPath } = sstable('cassandra-5.0', 'key_text');
  const [own] = JSON.parse((await runCli(['dump', dataPath])).stdout);
  t.equal(own['table kind'], 'REGULAR');
  const [older] = JSON.parse((await runCli(['dump', dataPath, '--shape', '4'])).stdout);
  t.equal(older['table kind'], undefined);
  t.equal(older.partition.position, 0);
  const counters = sstable('cassandra-3.11', 'counters');
  const { stdout } = await runCli(['dump', counters.dataPath, '--shape', '3.0']);
  t.match(JSON.parse(stdout)[0].rows[0].cells[0].value, /^0001/, 'every value is a text');
  t.equal((await runCli(['dump', dataPath, '--shape', '2'])).code, 2);
});

t.test('lines of sstabledump -d with raw times', async (t) => {
  const { dataPath } = sstable('cassandra-4.1', 'deletes');
  const { stdout } = await runCli(['dump', dataPath, '--format', 'text', '-t', '--key', '1']);
  const lines = stdout.trimEnd().split('\n');
  t.ok(lines.length > 2);
  for (const line of lines) {
    t.match(line, /^\[1\]@\d+ Row\[info=\[ts=-?\d+\]( del=deletedAt=\d+, localDeletion=\d+)? \]: /);
  }
  t.equal((await runCli(['dump', dataPath, '-d', '--key', '1'])).stdout, stdout);
  const keys = await runCli(['dump', dataPath, '-d', '-e', '--key', '1']);
  t.same(JSON.parse(keys.stdout), [['1']], 'as sstabledump -d -e');
  for (const other of [['-f', 'annotate'], ['-f', 'jsonl'], ['-l'], ['--json']]) {
    const { code, stderr } = await runCli(['dump', dataPath, '-d', ...other]);
    t.equal(code, 2, other.join(' '));
    t.match(stderr, /does not go with|goes with --format json/);
  }
});

t.test('keys of custom types, as the dump prints them', async (t) => {
  const { dataPath } = sstable('cassandra-5.0-bti', 'custom_keys');
  const all = JSON.parse((await runCli(['dump', dataPath])).stdout);
  for (const { partition } of all.slice(0, 4)) {
    const { stdout } = await runCli(['dump', dataPath, '--key', ...partition.key]);
    t.strictSame(JSON.parse(stdout)[0].partition, partition);
  }
});
