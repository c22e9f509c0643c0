/** The built program: usage, exit codes, errors, pipes, full disks, signals. */
import { closeSync, cpSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { exitCode, PROGRAM, runCli, startCli } from './run-cli.js';

const wide = fixtureTable('cassandra-4.1', 'wide');
const [data] = wide.sstables.map(({ dataPath }) => dataPath);
if (data === undefined || !existsSync(PROGRAM)) throw new Error('run `npm run build` first');

t.test('help shows examples, of the program and of each command', async (t) => {
  const { code, stdout } = await runCli(['--help']);
  t.equal(code, 0);
  t.match(stdout, /Examples:\n {2}sstash ls/);
  for (const command of ['ls', 'info', 'dump', 'check']) {
    const help = await runCli([command, '--help']);
    t.equal(help.code, 0, command);
    t.match(help.stdout, new RegExp(`Examples:\\n {2}sstash ${command}`));
    t.match(help.stdout, '--json', 'global options are listed');
  }
});

t.test('the version names the kernels', async (t) => {
  t.match(await runCli(['--version']), { code: 0, stdout: /^sstash \d+\.\d+\.\d+ \(kernels: / });
  const { code, stdout } = await runCli(['--version', '--json']);
  t.equal(code, 0);
  t.match(JSON.parse(stdout), { version: /^\d/, kernels: 'webassembly' });
});

t.test('a restore in a process of its own has the compressor that backups load', async (t) => {
  const { directory } = fixtureTable('cassandra-4.1', 'compression_zstd');
  const repo = join(t.testdir(), 'repo');
  const run = (...args: string[]) => runCli([...args, '--repo', repo, '--workers', '2']);
  t.match(await runCli(['init', repo]), { code: 0 });
  const { stdout } = await run('backup', directory, '--json');
  t.match(JSON.parse(stdout), { plainSSTables: 0 }, 'rows, not bytes');
  t.match(await run('restore', 'latest', '--to', `${repo}-out`), { code: 0 });
});

t.test('a backup where only paths go is named as such', async (t) => {
  for (const command of ['ls', 'info', 'dump', 'check', 'get', 'tree', 'partitions']) {
    for (const backup of ['some/repo::latest', '::latest:ks.t']) {
      const key = command === 'get' ? ['--key', '1'] : [];
      const { code, stdout, stderr } = await runCli([command, backup, ...key]);
      t.equal(code, 2, command);
      t.equal(stdout, '');
      t.match(stderr, new RegExp(`${command} takes paths, no backups.*Backups are taken by diff`));
    }
  }
  t.match(await runCli(['ls', 'some/repo']), { code: 3, stderr: /no such file/ });
});

t.test('wrong usage is exit code 2 with a hint', async (t) => {
  const cases: Record<string, RegExp> = {
    lss: /unknown command 'lss'.*Did you mean ls/,
    'ls --nonsense x': /unknown option '--nonsense'/,
    ls: /missing required argument/,
    'ls --workers none x': /whole number/,
    'dump --format xml x': /Allowed choices are json/,
    'dump x --token a:b': /not a token/,
    'dump x --key-hex 0': /not bytes in hex/,
    'check --quick --deep x': /cannot be used with/,
    'restore latest': /required option '--to <dir>'/,
    'dump x --lines --format jsonl': /goes with --format json alone\. The format jsonl has a line/,
    'backups --node n': /no repository is named\. Give --repo REPO, or set SSTASH_REPO\. See/,
  };
  for (const [line, message] of Object.entries(cases)) {
    const { code, stdout, stderr } = await runCli(line.split(' '));
    t.equal(code, 2, line);
    t.equal(stdout, '', line);
    t.match(stderr, message, line);
    const [command] = line.split(' ');
    t.match(
      stderr,
      command === 'lss' ? 'See `sstash --help`.' : `See \`sstash ${command} --help\`.`,
    );
  }
  t.match(await runCli([]), { code: 2, stderr: /Usage: sstash/ });
});

t.test('global options stand before or behind the command', async (t) => {
  for (const args of [
    ['--json', 'ls', data],
    ['ls', data, '--json'],
    ['ls', '--json', data],
  ]) {
    const { code, stdout } = await runCli(args);
    t.equal(code, 0);
    t.match(JSON.parse(stdout), { tables: [{ keyspace: 'shapes', table: 'wide' }] });
  }
});

t.test('what cannot be read is exit code 3', async (t) => {
  const missing = join(t.testdir(), 'nothing');
  const plain = await runCli(['dump', missing]);
  t.equal(plain.code, 3);
  t.match(plain.stderr, `sstash: there is no such file or directory: ${missing}. `);
  const json = await runCli(['dump', missing, '--json']);
  t.equal(json.code, 3);
  t.equal(json.stdout, '');
  t.match(JSON.parse(json.stderr), { error: { code: 'PATH_NOT_FOUND', file: missing } });
});

t.test('damage: everything before it, an unfinished array, exit code 3', async (t) => {
  const directory = t.testdir();
  cpSync(wide.directory, directory, { recursive: true });
  const path = join(directory, 'nb-1-big-Data.db');
  const whole = await runCli(['dump', data]);
  const bytes = readFileSync(path);
  const at = bytes.length - 100;
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
  const { code, stdout, stderr } = await runCli(['dump', path, '--json']);
  t.equal(code, 3);
  t.throws(() => JSON.parse(stdout));
  t.ok(whole.stdout.startsWith(stdout.trimEnd()), 'the beginning is printed');
  const { error } = JSON.parse(stderr);
  t.match(error, { code: 'SSTABLE_CHECKSUM', file: path, component: 'Data.db', offset: Number });
  const checked = await runCli(['check', path, '--json']);
  t.equal(checked.code, 1);
  t.match(JSON.parse(checked.stdout), {
    sound: false,
    faults: [{ code: String, file: path, component: 'Data.db', message: String }],
  });
});

t.test('a sound SSTable', async (t) => {
  const { code, stdout } = await runCli(['check', wide.directory, '--json']);
  t.equal(code, 0);
  t.match(JSON.parse(stdout), { sound: true, faults: [] });
  t.match(await runCli(['check', wide.directory]), { code: 0, stdout: /^sound: / });
  const quick = await runCli(['check', wide.directory, '--quick', '--json']);
  t.match(JSON.parse(quick.stdout), { sound: true, mode: 'quick', rowsRead: false });
  const text = /^sound as far as read: \d+ SSTables?, rows were not read\n$/;
  t.match(await runCli(['check', wide.directory, '--quick']), { code: 0, stdout: text });
});

t.test('keys', async (t) => {
  const keys: string[][] = JSON.parse((await runCli(['dump', data, '--keys'])).stdout);
  const [[key = ''] = []] = keys;
  const { stdout } = await runCli(['dump', '--key', key, data]);
  t.match(JSON.parse(stdout), [{ partition: { key: [key] } }], 'the path may stand behind the key');
  const rest = JSON.parse((await runCli(['dump', data, '--keys', '-x', key])).stdout);
  t.strictSame(rest, keys.slice(1));
  const none = await runCli(['dump', data, '--key', '123456789']);
  t.match(none, { code: 0, stdout: '[ ]\n', stderr: /none of the keys.*: 123456789/ });
  const one = await runCli(['dump', data, '--key', key, '123456789']);
  t.match(one, { code: 0, stderr: /not in these SSTables: 123456789\n/ });
  t.match(await runCli(['dump', data, '--key', 'no number']), { code: 2, stdout: '' });
});

t.test('a reader that closes the pipe early is no error', async (t) => {
  const child = startCli(['dump', data]);
  child.stdout?.once('data', () => child.stdout?.destroy());
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => {
    child.on('exit', (status, signal) => resolve(exitCode(status, signal)));
  });
  t.equal(code, 0);
  t.equal(stderr, '');
});

t.test('a disk that fills is one', { skip: !existsSync('/dev/full') }, async (t) => {
  for (const args of [['dump', data], ['ls', data], ['info', data, '--json'], ['--help']]) {
    const full = openSync('/dev/full', 'w');
    const { code, stderr } = await runCli(args, { stdout: full });
    closeSync(full);
    t.equal(code, 4, args.join(' '));
    t.match(stderr, /no space left/);
  }
});

t.test('signals end it at once, also while nobody reads', async (t) => {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    // More text than a pipe holds, so it waits for its reader.
    const child = startCli(['dump', wide.directory, '--format', 'annotate']);
    await new Promise((resolve) => child.stdout?.once('readable', resolve));
    const ended = new Promise((resolve) => {
      child.on('exit', (status, signal) => resolve(exitCode(status, signal)));
    });
    child.kill(name);
    t.equal(await ended, code, name);
    child.stdout?.destroy();
  }
});
