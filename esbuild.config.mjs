/**
 * Bundles the program and the entry file of its worker threads into dist: a start then opens a
 * handful of files instead of two hundred (docs/decisions/007-start.md). The library (dist/index.js)
 * stays as tsc makes it.
 *
 *   dist/cli/main.js         src/cli/start.ts: starts the program with the code that was kept of it
 *   dist/cli/program.js      src/cli/main.ts and all that it takes, one file of CommonJS
 *   dist/cli/program.code    what V8 made of it
 *   dist/tasks/worker.js     the worker, with what its tasks take in dist/chunks
 *
 * Imports through a folder's index.ts are led to the files behind it. esbuild would otherwise load
 * whatever any command takes from a folder with every command that takes something from it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
/** The packages that are bundled; the others have files of their own or are seldom needed. */
const BUNDLED = ['cli-progress', 'commander', 'string-width'];
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const RE_EXPORT = /export (?:\* from|\{([^}]*)\} from) '([^']+)\.js';/g;
const INDEX_IMPORT = /(import|export) \{([^}]*)\} from '([^']+\/index)\.js';/g;

/** `[name, local name]` of what a list of names says, types left out. */
function valueNames(list) {
  const names = list.split(',').map((name) => name.trim());
  return names
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(' as '))
    .map(([name, local = name]) => [name, local]);
}

const indexes = new Map();

/** Where the values that an index exports are: name → [file, its name there]. */
function originsOf(index) {
  const known = indexes.get(index);
  if (known !== undefined) return known;
  const origins = new Map();
  indexes.set(index, origins);
  for (const [, list, from] of readFileSync(index, 'utf8').matchAll(RE_EXPORT)) {
    const file = join(dirname(index), `${from}.ts`);
    const behind = from.endsWith('/index') ? originsOf(file) : new Map();
    const names = list === undefined ? [...behind.keys()].map((name) => [name, name]) : valueNames(list);
    for (const [name, local] of names) origins.set(local, behind.get(name) ?? [file, name]);
  }
  return origins;
}

const pastIndexes = {
  name: 'past-indexes',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(INDEX_IMPORT, (_, verb, list, from) => {
        const index = join(dirname(path), `${from}.ts`);
        const statements = valueNames(list).map(([name, local]) => {
          const [file, own] = originsOf(index).get(name) ?? [index, name];
          return `${verb} { ${own} as ${local} } from ${JSON.stringify(file)};`;
        });
        // On as many lines as before, so that errors in the source keep their line numbers.
        return statements.join(' ') + '\n'.repeat(list.split('\n').length - 1);
      });
      return { contents, loader: 'ts' };
    });
  },
};

/** The licences of the packages whose code is in the bundle. */
function licences(inputs) {
  const folders = Object.keys(inputs).map((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const texts = [...new Set(folders)].sort().flatMap((folder) => {
    if (folder === undefined) return [];
    const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${folder} has no licence`);
    const text = readFileSync(join(root, folder, file), 'utf8');
    return [`${folder.slice('node_modules/'.length)}\n\n${text}`];
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** Commander starts programs where a command is a file of its own: not here, so it takes no time. */
const noChildProcess = {
  name: 'no-child-process',
  setup(builder) {
    builder.onResolve({ filter: /^node:child_process$/ }, () => ({ path: 'none', namespace: 'none' }));
    builder.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '' }));
  },
};

const dist = join(root, 'dist');
rmSync(join(dist, 'chunks'), { recursive: true, force: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  plugins: [pastIndexes, noChildProcess],
};

const worker = await build({
  ...common,
  entryPoints: ['src/tasks/worker.ts'],
  outbase: 'src',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  format: 'esm',
});

// In CommonJS, since Node takes 5 ms to make its loader of modules ready.
const commonjs = {
  ...common,
  format: 'cjs',
  define: { 'import.meta.url': 'moduleUrl' },
  // V8 forgets how functions that it made earlier import; what they import can be required.
  supported: { 'dynamic-import': false },
};
mkdirSync(join(dist, 'cli'), { recursive: true });
writeFileSync(join(dist, 'cli', 'package.json'), '{ "type": "commonjs" }\n');
const program = await build({
  ...commonjs,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/cli/program.js',
  banner: { js: '(function (require, moduleUrl) {' },
  footer: { js: '})' },
});
await build({
  ...commonjs,
  entryPoints: ['src/cli/start.ts'],
  outfile: 'dist/cli/main.js',
  banner: {
    js: "#!/usr/bin/env node\nconst moduleUrl = require('node:url').pathToFileURL(__filename).href;",
  },
});
const main = join(dist, 'cli', 'main.js');
writeFileSync(
  join(dist, 'cli', 'LICENSES.txt'),
  licences({ ...worker.metafile.inputs, ...program.metafile.inputs }),
);
chmodSync(main, 0o755);

/** What a start and the short commands use; more code would take longer to load than to compile. */
const TABLES = ['fixtures/cassandra-5.0', 'fixtures/cassandra-5.0-bti'];
const USED = [['--version'], ['ls', ...TABLES], ['info', ...TABLES]];
for (const args of USED) {
  const { status } = spawnSync(process.execPath, ['--require', './keep-code.cjs', main, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`sstash ${args.join(' ')} ended with ${status}`);
}
