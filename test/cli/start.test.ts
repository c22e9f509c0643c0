/** The built program starts from the code that was kept of it, or without where it is not of use. */
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { PROGRAM } from './run-cli.js';

const run = promisify(execFile);
const root = join(dirname(PROGRAM), '../..');
const { directory } = fixtureTable('cassandra-4.1', 'statics');

/** Standard output of `info`; `nodeOptions` come before the program. */
async function info(program: string, nodeOptions: readonly string[] = []): Promise<string> {
  const args = [...nodeOptions, program, 'info', '--json', directory];
  const { stdout } = await run(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return stdout.replace(/"estimatedDroppableTombstones": [\d.]+/g, '');
}

t.test('the code that was kept is of no use where it is damaged, short or missing', async (t) => {
  const copy = t.testdir({});
  cpSync(dirname(PROGRAM), join(copy, 'dist/cli'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  const program = join(copy, 'dist/cli/main.js');
  const file = join(copy, 'dist/cli/program.code');
  const code = readFileSync(file);
  const sound = await info(PROGRAM);
  t.match(sound, /"sstable": "nb-/);
  t.equal(await info(program), sound);
  const flipped = Uint8Array.from(code);
  flipped.fill(0x41, code.length >> 1, (code.length >> 1) + 4096);
  for (const bytes of [flipped, code.subarray(0, code.length >> 1), new Uint8Array(0)]) {
    writeFileSync(file, bytes);
    t.equal(await info(program), sound, `${bytes.length} bytes`);
  }
  rmSync(file);
  t.equal(await info(program), sound, 'no file');
});

t.test('V8 refuses it where it was made under other circumstances', async (t) => {
  t.equal(await info(PROGRAM, ['--no-opt']), await info(PROGRAM));
});

t.test('V8 takes it', async (t) => {
  const check = `
    const vm = require('node:vm');
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options);
        if (this.cachedDataRejected !== false) throw new Error('it was refused');
      }
    };`;
  const preload = join(t.testdir({ 'preload.cjs': check }), 'preload.cjs');
  t.match(await info(PROGRAM, ['--require', preload]), /"sstable": "nb-/);
});
