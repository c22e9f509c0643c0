/** The shape of the source tree, held as data: layers, cycles, sizes and banned calls. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';
import { LIMITS } from '../src/limits.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');

/** A folder imports only folders of a smaller number, through their index.ts. */
const LAYERS: Record<string, number> = {
  binary: 1,
  io: 1,
  parallel: 1,
  codec: 2,
  store: 2,
  cql: 3,
  merkle: 3,
  repository: 3,
  components: 4,
  canonical: 5,
  sstable: 6,
  table: 7,
  backup: 8,
  tasks: 9,
  cli: 10,
};
const ROOT_FILES = ['errors.ts', 'limits.ts', 'index.ts'];

/** Edges that the numbers would allow but the design does not. */
const FORBIDDEN: [from: string, to: string, why: string][] = [
  ['components', 'io', 'a component parser takes bytes, it never opens a file'],
  ['components', 'store', 'components know nothing of storage'],
  ['merkle', 'io', 'trees are pure'],
  ['repository', 'cql', 'the repository is content-agnostic'],
  ['repository', 'merkle', 'the repository is content-agnostic'],
];

/** Banned text, where it is allowed, and what to use instead. */
const BANNED: [pattern: RegExp, allowed: RegExp, instead: string][] = [
  [
    /\.read(U?Int|Float|Double|Big)\w*\(/,
    /^$/,
    'ByteReader or DataView (Buffer.readX is 10 times slower)',
  ],
  [/\bconsole\./, /^$/, 'the output of the command context'],
  [/process\.(exit|stdout|stderr)\b/, /^cli\//, 'return an exit code; only cli/ prints or exits'],
  [/Math\.random\(/, /^$/, 'node:crypto'],
  // Kernels are loaded at the first call, which is synchronous; src/io reads asynchronously.
  [/from 'node:fs/, /^(io|cli)\/|^codec\/kernels\.ts$/, 'src/io'],
  [/native-bindings|from '(lz4-napi|xxhash-addon)'/, /^codec\//, 'src/codec'],
  [/from 'node:worker_threads'|from 'piscina'/, /^(parallel|tasks)\//, 'an Executor'],
];

const LINES_MAX = 600;
const MEDIAN_MAX = 150;
const FUNCTION_LINES_MAX = 70;

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  /** Files this one imports, with whether a value (not only a type) crosses. */
  readonly imports: { readonly to: string; readonly value: boolean }[];
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause;
    if (node.isTypeOnly) return true;
    return clause !== undefined && ts.isNamedExports(clause)
      ? clause.elements.every((element) => element.isTypeOnly)
      : false;
  }
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}

function load(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Source['imports'] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier) &&
      node.moduleSpecifier.text.startsWith('.')
    ) {
      const to = resolve(dirname(path), node.moduleSpecifier.text.replace(/\.js$/, '.ts'));
      imports.push({ to, value: !isTypeOnly(node) });
    }
    const argument = ts.isCallExpression(node) ? node.arguments[0] : undefined;
    if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      argument !== undefined &&
      ts.isStringLiteral(argument) &&
      argument.text.startsWith('.')
    ) {
      const to = resolve(dirname(path), argument.text.replace(/\.js$/, '.ts'));
      imports.push({ to, value: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return { path, text, ast, imports };
}

const sources = new Map(walk(src).map((path) => [path, load(path)]));
const name = (path: string): string => relative(src, path).replaceAll('\\', '/');
const folderOf = (path: string): string => {
  const [folder] = name(path).split('/');
  return folder === undefined || folder.endsWith('.ts') ? '' : folder;
};

t.test('every folder of src has a layer and an index that says what it is for', async (t) => {
  for (const entry of readdirSync(src, { withFileTypes: true })) {
    if (!entry.isDirectory()) {
      t.ok(ROOT_FILES.includes(entry.name), `src/${entry.name} is one of the root files`);
      continue;
    }
    t.ok(LAYERS[entry.name], `src/${entry.name} has a layer`);
    const index = join(src, entry.name, entry.name === 'cli' ? 'main.ts' : 'index.ts');
    t.ok(existsSync(index), `${name(index)} exists`);
    if (!existsSync(index)) continue;
    const text = readFileSync(index, 'utf8').replace(/^#!.*\n/, '');
    t.match(text, /^\/\*\*/, `${name(index)} begins by saying what it is for`);
  }
});

t.test('imports go down only, through the index of the other folder', async (t) => {
  for (const source of sources.values()) {
    const from = folderOf(source.path);
    for (const { to } of source.imports) {
      const target = folderOf(to);
      if (!to.startsWith(src) || target === from) continue;
      const label = `${name(source.path)} imports ${name(to)}`;
      if (from === '' && name(source.path) === 'index.ts') continue;
      const [low, high] = [LAYERS[target] ?? 0, LAYERS[from] ?? 0];
      if (low >= high) t.fail(`${label}: layer ${low} is not below ${high}`);
      if (target !== '' && !to.endsWith('/index.ts')) t.fail(`${label}: not through its index.ts`);
      const rule = FORBIDDEN.find(([a, b]) => a === from && b === target);
      if (rule) t.fail(`${label}: ${rule[2]}`);
    }
  }
  t.ok(sources.size > 0);
});

t.test('no cycles of value imports', async (t) => {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (path: string, trail: string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      t.fail(`cycle: ${[...trail.slice(trail.indexOf(path)), path].map(name).join(' -> ')}`);
      return;
    }
    state.set(path, 'open');
    for (const edge of sources.get(path)?.imports ?? []) {
      if (edge.value) visit(edge.to, [...trail, path]);
    }
    state.set(path, 'done');
  };
  for (const path of sources.keys()) visit(path, []);
  t.ok(state.size > 0);
});

t.test('no file is left that nothing imports', async (t) => {
  const used = new Set([...sources.values()].flatMap((source) => source.imports.map((i) => i.to)));
  const entries = new Set(['index.ts', 'cli/main.ts', 'cli/start.ts', 'tasks/worker.ts']);
  for (const path of sources.keys()) {
    if (!used.has(path) && !entries.has(name(path))) t.fail(`${name(path)} is not imported`);
  }
  t.ok(used.size > 0);
});

t.test('files and functions stay small', async (t) => {
  const lengths: number[] = [];
  for (const source of sources.values()) {
    const lines = source.text.split('\n').length;
    lengths.push(lines);
    if (lines > LINES_MAX) t.fail(`${name(source.path)} has ${lines} lines`);
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
        const first = source.ast.getLineAndCharacterOfPosition(node.getStart()).line;
        const last = source.ast.getLineAndCharacterOfPosition(node.getEnd()).line;
        if (last - first + 1 > FUNCTION_LINES_MAX) {
          t.fail(`${name(source.path)}:${first + 1} is a function of ${last - first + 1} lines`);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source.ast);
  }
  lengths.sort((a, b) => a - b);
  const median = lengths[lengths.length >> 1] ?? 0;
  t.ok(median <= MEDIAN_MAX, `median file has ${median} lines`);
});

t.test('banned calls are not used', async (t) => {
  for (const source of sources.values()) {
    const lines = source.text.split('\n');
    for (const [pattern, allowed, instead] of BANNED) {
      if (allowed.test(name(source.path))) continue;
      lines.forEach((line, i) => {
        if (/^\s*(\*|\/\/|\/\*)/.test(line)) return;
        if (pattern.test(line)) t.fail(`${name(source.path)}:${i + 1}: use ${instead}`);
      });
    }
  }
  t.ok(BANNED.length > 0);
});

t.test('every limit is used', async (t) => {
  const rest = [...sources.values()].filter((s) => name(s.path) !== 'limits.ts').map((s) => s.text);
  for (const limit of Object.keys(LIMITS)) {
    t.ok(
      rest.some((text) => text.includes(limit)),
      `limit ${limit} is used`,
    );
  }
});
