/**
 * Daily backups of scripted workloads by sstash, beside a store of whole files (computed), restic and
 * borg on the same snapshots:
 *   npm run bench:dedup -- [WORKLOAD...] [--scale N] [--write] [--report] [--ours]
 * Missing snapshots are made first, by generate.mjs.
 *   --scale     shrinks the tables
 *   --write     puts results into bench/dedup/results.md, and their summary into bench/README.md
 *   --report    takes the results of earlier runs instead of measuring again
 *   --ours      leaves the other programs out
 *   --program   main.js of another build
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installCassandra } from '../../fixtures/harness/install.mjs';
import { machineLine, writeSection } from '../report.mjs';
import { DATA, generate, snapshotsFolder } from './generate.mjs';
import { measureWorkload } from './measure-workload.mjs';
import { summary, workloadReport } from './report.mjs';
import { Borg, Restic, Sstash } from './tools.mjs';
import { WORKLOADS, workloadsNamed } from './workloads/index.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    ours: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    program: { type: 'string', default: join(here, '..', '..', 'dist', 'cli', 'main.js') },
  },
});

const others = values.ours ? [] : [Restic, Borg];
const present = others.filter((Tool) => Tool.version() !== undefined);
const versions = others.map((Tool) => Tool.version() ?? `${Tool.name} is not installed: left out`);
const makeTools = (work) => [
  new Sstash(values.program, work),
  ...present.map((Tool) => new Tool(work)),
];

/** Results are kept, so that the summary can be made of workloads measured one by one. */
const results = `${DATA}-results`;
mkdirSync(results, { recursive: true });
const resultPath = ({ name }) => join(results, `${name}.json`);

async function measured(workload) {
  await generate(workload, Number(values.scale));
  const machine = [machineLine(installCassandra('5.0')), ...versions].join('; ');
  console.error(`${workload.name}:`);
  const snapshots = { folder: snapshotsFolder(workload), keyspace: workload.keyspace };
  const result = await measureWorkload(snapshots, `${DATA}-work`, makeTools);
  const scale = values.scale === '1' ? '' : ` --scale ${values.scale}`;
  const command = `npm run bench:dedup -- ${workload.name}${scale}`;
  return { command, machine, scale: values.scale, ...result };
}

function kept(workload) {
  if (!existsSync(resultPath(workload))) return undefined;
  const result = JSON.parse(readFileSync(resultPath(workload), 'utf8'));
  return result.scale === values.scale ? result : undefined;
}

for (const workload of workloadsNamed(positionals)) {
  const result = values.report ? kept(workload) : await measured(workload);
  if (result === undefined) continue;
  if (!values.report) writeFileSync(resultPath(workload), JSON.stringify(result));
  const text = workloadReport(workload, result);
  console.log(`${text}\n`);
  if (values.write) writeSection(join(here, 'results.md'), workload.name, text);
}

const all = WORKLOADS.map((workload) => ({ workload, result: kept(workload) }));
const text = summary(all.filter(({ result }) => result !== undefined));
console.log(text);
if (values.write) writeSection(join(here, '..', 'README.md'), 'dedup', text);
