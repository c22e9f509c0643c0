/**
 * What Cassandra's `sstableverify -e` and sstash's `check` say about the same damaged SSTables: a real
 * node writes a table, copies of it are damaged one way each, and both look at them.
 *
 *     node bench/damage.mjs [--write]       --write: into docs/check.md
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../fixtures/harness/cql.mjs';
import { startNode } from '../fixtures/harness/node.mjs';
import { runTools, TOOL } from '../fixtures/harness/tools.mjs';
import { DAMAGES } from './damages.mjs';

const KEYSPACE = 'damage';
const root = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = join(root, 'dist/cli/main.js');
const SETS = [
  { version: 'nb', line: '4.1', format: 'big' },
  { version: 'oa', line: '5.0', format: 'big' },
  {
    version: 'da',
    line: '5.0',
    format: 'bti',
    settings: { sstable: '{ selected_format: bti }' },
  },
];

const tableName = (i) => `d${String(i).padStart(2, '0')}`;

/** One SSTable with what the damages need: large partitions, deletions of every kind, TTLs. */
async function writeTables(node, count) {
  const session = await connect(node);
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await session.execute(`CREATE KEYSPACE ${KEYSPACE} WITH replication = ${replication}`);
  for (let i = 0; i < count; i++) {
    await session.execute(
      `CREATE TABLE ${KEYSPACE}.${tableName(i)} (k int, c int, v text, s text static, PRIMARY KEY (k, c))
       WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}
       AND compression = {'class': 'LZ4Compressor', 'chunk_length_in_kb': 4}`,
    );
  }
  const table = `${KEYSPACE}.${tableName(0)}`;
  const text = (i) => `${i} `.repeat(400).slice(0, 800);
  const statements = [];
  for (let c = 0; c < 250; c++) {
    statements.push([
      `INSERT INTO ${table} (k, c, v) VALUES (?, ?, ?) USING TIMESTAMP ?`,
      [1, c, text(c), 1700000000000000 + c],
    ]);
  }
  for (let k = 2; k < 40; k++) {
    for (let c = 0; c < 5; c++) {
      const values = [k, c, `value ${k} ${c}`, 1700000000001000 + k];
      statements.push([
        `INSERT INTO ${table} (k, c, v) VALUES (?, ?, ?) USING TIMESTAMP ?`,
        values,
      ]);
    }
  }
  await session.executeAll(statements);
  await session.executeAll(
    [
      `DELETE FROM ${table} USING TIMESTAMP 1700000000002000 WHERE k = 5`,
      `DELETE FROM ${table} USING TIMESTAMP 1700000000002000 WHERE k = 6 AND c > 1 AND c < 4`,
      `INSERT INTO ${table} (k, c, v) VALUES (7, 9, 'x') USING TIMESTAMP 1700000000002000 AND TTL 300000000`,
      `INSERT INTO ${table} (k, s) VALUES (8, 'static') USING TIMESTAMP 1700000000002000`,
    ],
    true,
  );
  await session.close();
  node.nodetool('flush', KEYSPACE);
}

function check(dataPath, flags) {
  const args = [PROGRAM, 'check', '--json', ...flags, dataPath];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const faults = status === 3 ? [JSON.parse(stderr).error] : JSON.parse(stdout).faults;
  return { status, faults };
}

/** One line of what a tool said. */
function firstWords(text) {
  const line = text
    .split('\n')
    .filter((each) => !each.includes('LEAK DETECTED'))
    .find((each) => /Error|Exception|corrupt|Invalid|mismatch|Cannot|missing/i.test(each));
  return (line ?? '')
    .replace(/^.*?(?:Exception|Error): /, '')
    .replace(/\/\S+\//g, '')
    .trim();
}

/** Another node may take the same address at the same moment. */
async function startedNode(options) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startNode(options);
    } catch (error) {
      if (attempt === 4) throw error;
    }
  }
}

async function compare({ version, line, settings, format }) {
  const directory = mkdtempSync(join(tmpdir(), 'sstash-damage-'));
  const damages = DAMAGES.filter(
    (damage) => damage.format === undefined || damage.format === format,
  );
  try {
    const node = await startedNode({
      line,
      directory,
      ...(settings === undefined ? {} : { settings }),
    });
    try {
      await writeTables(node, damages.length + 1);
    } finally {
      await node.stop();
    }
    const folders = Array.from({ length: damages.length + 1 }, (_, i) =>
      node.tableDirectory(KEYSPACE, tableName(i)),
    );
    const base = readdirSync(folders[0])
      .find((file) => file.endsWith('-Data.db'))
      .replace(/-Data\.db$/, '');
    for (const [i, damage] of damages.entries()) {
      const folder = folders[i + 1];
      for (const file of readdirSync(folders[0])) {
        if (file.startsWith(`${base}-`)) cpSync(join(folders[0], file), join(folder, file));
      }
      await damage.apply(join(folder, base));
    }
    const jobs = folders.map((_, i) => ({
      tool: TOOL.sstableverify,
      args: ['-e', '-f', KEYSPACE, tableName(i)],
    }));
    const before = folders.map((folder) => ({
      full: check(join(folder, `${base}-Data.db`), []),
      deep: check(join(folder, `${base}-Data.db`), ['--deep']),
    }));
    const verified = runTools(node.install, directory, jobs);
    return [{ what: 'nothing' }, ...damages].map(({ what }, i) => ({
      what,
      version,
      verify: verified[i].status,
      words: firstWords(`${verified[i].stderr}\n${verified[i].stdout}`),
      ...before[i],
    }));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300);

/** `nothing`, or `nb, oa: nothing; da: exit 1`: what the SSTables have in common is said once. */
function together(results, say) {
  const bySaying = new Map();
  for (const result of results) {
    const text = say(result);
    bySaying.set(text, [...(bySaying.get(text) ?? []), result.version]);
  }
  if (bySaying.size === 1) return [...bySaying.keys()][0];
  return [...bySaying].map(([text, versions]) => `${versions.join(', ')}: ${text}`).join('; ');
}

/** What the tool says of an SSTable, without the name of its file. */
function verdict({ verify, words }) {
  if (verify === 0) return 'nothing';
  const text = words
    .replace(/^WARNING: /, '')
    .replace(/(?: for)? *\b(?:nb|oa|da)-\S+?-(?:big|bti)(?:-\w+\.db)?/g, '')
    .replace(/:? \d+ != \d+/, '')
    .replace(/[:\s]+$/, '');
  return text === '' ? `exit ${verify}` : text;
}

const found = ({ status, faults }) => (status === 0 ? 'nothing' : String(faults.length));

/** The fault that says most of what was done: in the words for it, or else in the file. */
function telling(what, faults) {
  const [component, , done = ''] = what.split(/([:,].*?:|:)/);
  const words = done.split(/\W+/).filter((word) => word.length > 4 && word !== 'wrong');
  const score = ({ component: at, message }) =>
    2 * words.filter((word) => message.includes(word)).length +
    (at === component.replace('rows', 'Data.db') ? 1 : 0);
  return faults.toSorted((a, b) => score(b) - score(a))[0];
}

/** One row per damage. */
function markdown(results) {
  const lines = [
    '| Damage | `sstableverify -e` says | Faults: `check` | `check --deep` | One of these, of the last SSTable |',
    '|---|---|---|---|---|',
  ];
  for (const what of new Set(results.map((result) => result.what))) {
    const same = results.filter((result) => result.what === what);
    const fault = telling(what, same.at(-1).deep.faults);
    const cells = [
      what,
      together(same, verdict),
      together(same, ({ full }) => found(full)),
      together(same, ({ deep }) => found(deep)),
      fault === undefined ? '' : `${fault.component}: ${fault.message}`,
    ];
    lines.push(`| ${cells.map(cell).join(' | ')} |`);
  }
  return lines.join('\n');
}

const results = [];
for (const set of SETS) results.push(...(await compare(set)));
const order = ['nothing', ...DAMAGES.map(({ what }) => what)];
results.sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what));
const table = markdown(results);
if (process.argv.includes('--write')) {
  const path = join(root, 'docs/check.md');
  const text = readFileSync(path, 'utf8');
  const [begin, end] = ['<!-- side by side -->', '<!-- end of side by side -->'];
  const before = text.slice(0, text.indexOf(begin) + begin.length);
  writeFileSync(path, `${before}\n\n${table}\n\n${text.slice(text.indexOf(end))}`);
} else {
  process.stdout.write(`${table}\n`);
}
