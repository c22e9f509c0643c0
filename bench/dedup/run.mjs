/**
 * Daily backups of scripted workloads by sstash, beside a store of whole files (computed), restic and
 * borg on the same snapshots:
 *   npm run bench:dedup -- [WORKLOAD...] [--scale N] [--write] [--ours]
 * `--scale` shrinks the tables, `--write` puts the results into bench/README.md and bench/dedup/results.md,
 * `--ours` leaves the other programs out, `--program` is another build's main.js. Missing snapshots are made first, by
 * generate.mjs.
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

for (const workload of workloadsNamed(positionals)) {
  await generate(workload, Number(values.scale));
  const machine = [machineLine(installCassandra('5.0')), ...versions].join('; ');
  console.error(`${workload.name}:`);
  const snapshots = { folder: snapshotsFolder(workload), keyspace: workload.keyspace };
  const measured = await measureWorkload(snapshots, `${DATA}-work`, makeTools);
  const scale = values.scale === '1' ? '' : ` --scale ${values.scale}`;
  const command = `npm run bench:dedup -- ${workload.name}${scale}`;
  const result = { command, machine, scale: values.scale, ...measured };
  writeFileSync(resultPath(workload), JSON.stringify(result));
  const text = workloadReport(workload, result);
  console.log(`${text}\n`);
  if (values.write) writeSection(join(here, 'results.md'), workload.name, text);
}

const measured = WORKLOADS.filter((workload) => existsSync(resultPath(workload)))
  .map((workload) => {
    return { workload, result: JSON.parse(readFileSync(resultPath(workload), 'utf8')) };
  })
  .filter(({ result }) => result.scale === values.scale);
const text = summary(measured);
console.log(text);
if (values.write) writeSection(join(here, '..', 'README.md'), 'dedup', text);
