/**
 * Measures sstash against Cassandra's own tools, in paired runs:
 *   npm run bench -- [--line 4.1|5.0|5.0-bti] [--table events|readings] [--rounds N] [--only NAME,...]
 *                    [--write] [--ours]
 * `--write` puts the table into bench/README.md, `--ours` leaves Cassandra out.
 * bench/data is made by `node bench/generate.mjs` when it is missing.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Baseline, dataPathOf, rawLength } from './baseline.mjs';
import { median } from './measure.mjs';
import { OPERATIONS } from './operations.mjs';
import { machineLine, resultTable, writeSection } from './report.mjs';
import { Replicas } from './validation.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const data = join(here, 'data');

const { values } = parseArgs({
  options: {
    line: { type: 'string', default: '5.0' },
    table: { type: 'string', default: 'events' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    ours: { type: 'boolean', default: false },
  },
});

if (!existsSync(join(data, values.line))) {
  execFileSync(process.execPath, [join(here, 'generate.mjs'), values.line], { stdio: 'inherit' });
}

const tableDirectory = (day, table) => {
  const keyspace = join(data, values.line, day, 'bench');
  const name = readdirSync(keyspace).find((entry) => entry.startsWith(`${table}-`));
  if (name === undefined) throw new Error(`no table ${table} in ${keyspace}`);
  return join(keyspace, name);
};

const [day1, day2] = ['day1', 'day2'].map((day) => tableDirectory(day, values.table));
let replicas;
const round = {
  program: join(here, '..', 'dist', 'cli', 'main.js'),
  work: mkdtempSync(join(data, 'work-')),
  table: values.table,
  day1,
  day2,
  data1: dataPathOf(day1),
  data2: dataPathOf(day2),
  baseline: new Baseline(values.line, join(data, `node-${values.line}`)),
  replicas: () => {
    replicas ??= Replicas.start(values.line, join(data, `replicas-${values.line}`), [day1]);
    return replicas;
  },
};

const wanted = values.only?.split(',');
const operations = OPERATIONS.filter(({ name }) => wanted?.includes(name) ?? true);
const machine = machineLine(round.baseline.install);
if (!values.ours) {
  await round.baseline.prepare(
    ['events', 'readings'].map((table) => tableDirectory('day1', table)),
  );
}
const costs = new Map(operations.map(({ name }) => [name, { ours: [], theirs: [] }]));
try {
  for (let i = 0; i < Number(values.rounds); i++) {
    for (const operation of operations) {
      const { ours, theirs } = costs.get(operation.name);
      ours.push(operation.ours(round));
      if (operation.theirs === undefined || values.ours) continue;
      theirs.push(await operation.theirs(round));
    }
    console.error(`round ${i + 1} of ${values.rounds} done`);
  }
} finally {
  await (await replicas)?.stop();
  rmSync(round.work, { recursive: true });
}

const results = operations.map(({ name, against, bytesOf = 'data1', rate = true }) => {
  const { ours, theirs } = costs.get(name);
  const raw = rate ? rawLength(round[bytesOf]) : undefined;
  const pair = theirs.length === 0 ? {} : { against, theirs: median(theirs) };
  return { name, raw, ours: median(ours), ...pair };
});
const title = `${values.table}, Cassandra ${values.line}`;
const command = `npm run bench -- --line ${values.line} --table ${values.table} --rounds ${values.rounds}`;
const text = `### ${title}\n\n\`${command}\`\n\n${machine}\n\n${resultTable(results)}`;
console.log(text);
if (values.write) writeSection(join(here, 'README.md'), `${values.table} ${values.line}`, text);
