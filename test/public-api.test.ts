import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { daySnapshot } from '../fixtures/index.js';

const root = new URL('..', import.meta.url).pathname;
const run = promisify(execFile);

t.test('the names of the library', async (t) => {
  const library = await import('../src/index.js');
  t.same(Object.keys(library).sort(), [
    'ERROR_CODES',
    'Repository',
    'SSTable',
    'SstashError',
    'TableReader',
    'backup',
    'cacheDirectory',
    'createExecutor',
    'diffTables',
    'findTables',
    'isSstashError',
    'keyText',
    'openLocalTables',
    'openStore',
    'pairTables',
    'parseKeyText',
    'repositoryStats',
    'restore',
    'sourceTables',
    'tableSum',
    'valueText',
  ]);
});

t.test("the README's example runs as it stands, on the package that is built", async (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  t.match(example, "from 'sstash'");
  const folder = mkdtempSync(join(tmpdir(), 'sstash-readme-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, 'example.mjs');
  writeFileSync(script, example.replace("from 'sstash'", `from '${join(root, 'dist/index.js')}'`));
  const { stdout } = await run(process.execPath, [
    script,
    daySnapshot('orders', 'day1').directory,
    daySnapshot('orders', 'day2').directory,
    join(folder, 'repository'),
    join(folder, 'restored'),
  ]);
  t.match(stdout, /^1100 rows, first key \d+$/m);
  t.match(stdout, /^onlyB \d+$/m);
  t.match(stdout, /^changed \d+$/m);
  t.match(stdout, /^backup [0-9a-f]{32}: [1-9]\d* bytes stored$/m);
  t.match(stdout, /^[1-9]\d* bytes written\n0 bytes written$/m);
});
