/**
 * Bundles the program and the entry file of its worker threads into dist: a start then opens a
 * handful of files instead of two hundred. The library (dist/index.js) stays as tsc makes it.
 *
 * Imports through a folder's index.ts are led to the files behind it. esbuild would otherwise load
 * whatever any command takes from a folder with every command that takes something from it.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
/** The packages that are bundled; the others have files of their own or are seldom needed. */
const BUNDLED = ['cli-progress', 'cli-table3', 'commander'];
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

const dist = join(root, 'dist');
rmSync(join(dist, 'chunks'), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts', 'src/tasks/worker.ts'],
  outbase: 'src',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
  // Bundled packages in CommonJS ask for Node's own modules by it.
  banner: { js: 'const require = process.getBuiltinModule;' },
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  plugins: [pastIndexes],
});
writeFileSync(join(dist, 'chunks', 'LICENSES.txt'), licences(metafile.inputs));
chmodSync(join(dist, 'cli', 'main.js'), 0o755);
